"""Persons by the words around their names: titles, greetings, introductions, signatures; ages and dates of birth."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches
from schemas.ports import Span

UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100\u0106\u010c\u0141\u0150\u0158\u015a\u0160\u0179\u017b\u017d"
_WORD = rf"[{UPPER}](?:[\w'\u2019-]*\w|\.)"
_PARTICLE = r"(?:van der|van den|van|von der|von|zu|de la|de los|de|del|di|da|dos|le|el|al|bin|ibn)"
_NAME = rf"{_WORD}(?:[ \u00a0]{_PARTICLE})?(?:[ \u00a0]{_WORD}){{0,3}}"
_ADDRESSED = (
    "team|support|service|shop|all|everyone|everybody|there|sir|madam|sirs|customer|customers|kundenservice|kundendienst|"
    "damen|herren|zusammen|leute|equipe|\u00e9quipe|monsieur|madame|equipo|se\u00f1ores|se\u00f1or|se\u00f1ora|to|tous|"
    "folks|guys|again|friend|friends|help|please|i|my|the|we|dear|ladies|gentlemen|store|sales|tout|todos|herr|frau"
)

UNSURE = 0.4
"""Score of a person that may be an ordinary word (`ich bin Kunde`): a vocabulary has to decide."""

_TITLED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Mx|Miss|Mister|Dr|Prof|Professor|Sir|Lady|Herrn?|Frau|Fr\u00e4ulein|Monsieur|Madame|"
    r"Mademoiselle|Mme|Mlle|M\.|Sr|Sra|Srta|Se\u00f1orita|Se\u00f1ora?|Don|Do\u00f1a)\.?"
    rf"[ \u00a0](?:(?:Dr|Prof)\.?[ ])?(?P<value>{_PARTICLE}[ ]{_WORD}|{_NAME})"
)
_INTRODUCED = re.compile(
    r"(?i:\b(?:my (?:full )?name(?: is|'s|:)|name's|ich hei\u00dfe|ich heisse|(?:mein )?name ist|"
    r"hier spricht|je m'appelle|mon nom est|je me nomme|me llamo|mi nombre es|"
    rf"mi chiamo|namens|signed|from:|name:|nom:|nombre:))[ \t]{{1,3}}(?P<value>{_NAME})"
)
_PRESENTED = re.compile(
    r"(?i:\b(?:this is|i am|i'm|it's|ich bin|hier ist|je suis|c'est|soy|habla|called|ask for|spoke (?:to|with)))"
    rf"[ \t]{{1,3}}(?P<value>{_NAME})"
)
_STATED = re.compile(
    r"\b(?:my (?:full )?name is|my name's|ich hei(?:\u00df|ss)e|mein name ist|je m'appelle|mon nom est|me llamo|"
    rf"mi nombre es)[ \t]{{1,3}}(?P<value>[^\W\d_][\w'\u2019-]+(?:[ ](?!{_PARTICLE}\b|and\b|und\b|et\b|y\b|i\b|my\b|"
    r"but\b|aber\b|mais\b|pero\b|from\b|aus\b|je\b|ich\b)[^\W\d_][\w'\u2019-]+)?)",
    re.IGNORECASE,
)
_GREETED = re.compile(
    r"(?i:(?:^|[\n.!?][ \t]{0,3})(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|liebe[rs]?|moin|"
    r"sehr geehrte[rs]?(?: frau| herrn?)?|guten (?:tag|morgen|abend)|bonjour|bonsoir|salut|ch\u00e8?ere?|cher|hola|"
    r"estimad[oa]s?|querid[oa]|buen[oa]s (?:d\u00edas|tardes|noches)|ciao|salve))[ ,]{1,2}"
    rf"(?!(?i:{_ADDRESSED})\b)(?P<value>{_NAME})(?=[ ]{{0,2}}(?:[,!.:;\n-]|$))"
)
_SIGNED = re.compile(
    r"(?i:\b(?:regards|sincerely|cheers|thanks|thank you|thx|best|yours(?: truly| faithfully)?|respectfully|gr\u00fc\u00dfen?|"
    r"gr\u00fcssen?|gru\u00df|danke|dank|mfg|vg|lg|cordialement|merci|salutations|bien \u00e0 vous|sinc\u00e8rement|saludos|"
    r"gracias|atentamente|un saludo|cordialmente))(?:[ ]?[,.!-]{0,2}[ ]?\n{1,2}[ ]{0,3}|,[ ])"
    rf"(?!(?i:{_ADDRESSED})\b)(?P<value>{_NAME})(?=[ ]{{0,2}}(?:[,.!\n]|$))"
)
_BORN = re.compile(
    r"\b(?:born|birth(?:day|date)?|dob|d\.o\.b\.?|geboren|geburtsdatum|geb\.|n\u00e9e?|naissance|nacid[oa]|nacimiento|nato)\b"
    r"[^\n\d]{0,24}(?P<value>\d{1,4}[./ -]\d{1,2}[./ -]\d{1,4}|\d{1,2}\.?[ ][^\W\d_]{3,12}\.?,?[ ]\d{4}|"
    r"[^\W\d_]{3,12}[ ]\d{1,2}(?:st|nd|rd|th)?,?[ ]\d{4}|(?:19|20)\d{2})\b",
    re.IGNORECASE,
)
_AGED = re.compile(
    r"\b(?:I am|I'm|she is|he is|she's|he's|ich bin|j'ai|tengo|aged?|im Alter von)[ ](?P<value>\d{1,3})"
    r"(?=[ ](?:years?|yrs?|Jahre|ans|a\u00f1os)\b|[,.!?\n]|$)",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Span]:
    """Yield persons, dates of birth and ages that the wording gives away."""
    for pattern in (_TITLED, _INTRODUCED, _STATED, _GREETED, _SIGNED):
        yield from matches(pattern, text, "PERSON", 0.75)
    yield from matches(_PRESENTED, text, "PERSON", UNSURE)
    yield from matches(_BORN, text, "DATE_OF_BIRTH", 0.8)
    yield from matches(_AGED, text, "AGE", 0.7)
