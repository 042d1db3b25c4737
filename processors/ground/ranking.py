"""Which passages answer a query best: BM25 over words and their stems."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SATURATION = 1.2
LENGTH_NORMALISATION = 0.75
"""The usual k1 and b (Robertson and Zaragoza, 2009)."""

MAX_QUERY_CHARACTERS = 2_000
_STEM_CHARACTERS = 4
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

Terms = Counter[str]


def content_words(text: str) -> list[str]:
    """Return a text's words without case, accents and function words."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return [word for word in _WORD.findall(bare) if word not in _FUNCTION_WORDS]


def terms(text: str) -> Terms:
    """Count a text's words and stems. A word's first four letters stand in for its stem, in any European language."""
    found = content_words(text)
    return Counter(found) + Counter(f"{word[:_STEM_CHARACTERS]}*" for word in found)


def bm25(query: Terms, candidates: Sequence[Terms]) -> list[float]:
    """Score each candidate. Frequencies are taken from these candidates only, so that no other text shows through."""
    if not candidates:
        return []
    lengths = [candidate.total() for candidate in candidates]
    mean = sum(lengths) / len(lengths) or 1.0
    rarity = {term: _rarity(term, candidates) for term in query}
    return [
        sum(rarity[term] * _saturated(candidate[term], length / mean) for term in query if candidate[term])
        for candidate, length in zip(candidates, lengths, strict=True)
    ]


def _rarity(term: str, candidates: Sequence[Terms]) -> float:
    holding = sum(1 for candidate in candidates if candidate[term])
    return math.log(1 + (len(candidates) - holding + 0.5) / (holding + 0.5))


def _saturated(count: int, relative_length: float) -> float:
    room = SATURATION * (1 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * relative_length)
    return count * (SATURATION + 1) / (count + room)
