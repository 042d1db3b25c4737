"""The words of a question that tell what it is about."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]{2,}")
_FUNCTION_WORDS = frozenset(
    """
    an and any are as at be been but by can could did do does for from had has have he her how if in into is it its
    me more my no not of on one or our out please she so some than that the their them then there these they this to
    up us was we were what when where which who will with would you your
    aber als am auch auf aus bei bin bis das dass dem den der des die du durch ein eine einem einen einer er es fur
    gibt haben hat ich ihr ihre im in ist kann kein keine konnen man mein meine mich mir mit nach nicht noch oder
    sein sich sie sind um und uns von vor war was wenn wer wie wir wird wo zu zum zur
    ai au aux avec avez ce ces cette comment dans de des dois du elle en est et etre il ils je la le les leur lui ma
    mais mes mon ne nos notre nous on ou par pas pour puis quand que quel quelle quelles quels qui sa se ses son sont
    sur ta te tu un une vos votre vous
    al como con cual cuales cuando cuanto de del desde donde el ella en es esta este ha hay la las le les lo los me mi
    mis muy nos para pero por puede puedo que quien se ser si sin sobre son su sus te tengo tienen un una uno unos y yo
    """.split()  # noqa: SIM905 - words are easier to read than a list of literals
)


def content_words(text: str) -> list[str]:
    """Return a text's words without case, accents and function words."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return [word for word in _WORD.findall(bare) if word not in _FUNCTION_WORDS]
