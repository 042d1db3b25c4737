"""Persons by the words around their names: titles, greetings, introductions, signatures; ages and dates of birth."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches, matches_at
from processors.redact.rules.telling import Tells, tells, words
from schemas.ports import Span

UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100\u0106\u010c\u0141\u0150\u0158\u015a\u0160\u0179\u017b\u017d"
_WORD = rf"[{UPPER}](?:[\w'\u2019-]{{0,40}}\w|\.)"
_PARTICLE = r"(?:van der|van den|van|von der|von|zu|de la|de los|de|del|di|da|dos|le|el|al|bin|ibn)"
_NAME = rf"{_WORD}(?:[ \u00a0](?:{_PARTICLE}[ \u00a0])?{_WORD}){{0,3}}"
_ADDRESSED = (
    "team|support|service|shop|all|everyone|everybody|there|sir|madam|sirs|customer|customers|kundenservice|kundendienst|"
    "damen|herren|zusammen|leute|equipe|\u00e9quipe|monsieur|madame|equipo|se\u00f1ores|se\u00f1or|se\u00f1ora|to|tous|"
    "folks|guys|again|friend|friends|help|please|i|my|the|we|dear|ladies|gentlemen|store|sales|tout|todos|herr|frau"
)

UNSURE = 0.4
"""Score of a person that may be an ordinary word (`ich bin Kunde`): a vocabulary has to decide."""

_TITLE = (
    r"(?:Mr|Mrs|Ms|Mx|Miss|Mister|Dr|Prof|Professor|Sir|Lady|Herrn?|Frau|Fr\u00e4ulein|Monsieur|Madame|Mademoiselle|Mme|"
    r"Mlle|MM?\.|Messrs|Sra?|Srta|Se\u00f1orita|Se\u00f1ora?|Don|Do\u00f1a|Me|Ma\u00eetre)"
)
_TITLED = re.compile(
    rf"(?<!\w){_TITLE}\.?[ \u00a0](?:(?:Dr|Prof|Ing|Dipl)\b\.?-?[ \u00a0]?){{0,3}}(?:{_PARTICLE}[ ]{_WORD}|{_NAME}|[A-Z](?!\w))(?:(?<=[A-Z]\.)[A-Z]\.|\.[A-Z](?!\w))*"
    r"(?:,?[ ](?:Jr|Sr|II|III|IV|PhD|MD|DDS|DVM|Esq)\b\.?)?"
)
_RANKED = re.compile(
    r"(?<!\w)(?:Judge|Justice|Lord|Lady|Constable|Sergeant|Inspector|Detective|Lieutenant|Captain|Corporal|Commander|Counsel|"
    r"Nurse|Sister|Father|Uncle|Aunt|Auntie|Reverend|Rabbi|Imam)[ \u00a0]"
    r"(?!(?:Justice|Chancellor|Advocate|Constable|Sergeant|Inspector|Commander|Department|Minister|General|Court|Company)\b)"
    rf"(?P<value>{_NAME})"
)
_OPPOSED = re.compile(
    rf"(?<!\w)(?P<value>{_WORD}(?:[ \u00a0,]{{1,2}}(?:(?:and|{_PARTICLE})[ ])?{_WORD}){{0,5}})(?=[ ](?:and others[ ])?v\.?s?\.?[ ](?:the[ ])?[{UPPER}])"
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
    r"sehr geehrte[rs]?(?: frau| herrn?)?|guten (?:tag|morgen|abend)|bonjour|bonsoir|salut|ch\u00e8re|chere?|hola|"
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
    r"\b(?:I am|I'm|I\u2019m|im|(?:s?he|who)(?:'s|\u2019s| is| was)?|they are|ich bin|j'ai|tengo|aged?|age is|age of|turn(?:s|ed|ing)?|"
    r"im Alter von|[\u00e2\u00e0]g\u00e9e? de|edad)(?:[ ](?:just|now|only|almost|about))?[ :]{1,2}(?P<value>\d{1,3})"
    r"(?=[ -]?(?:years?|yrs?|y/?o|Jahre|ans|a\u00f1os)\b|[ ]?[,.;!?\n)]|[ ](?:and|but|on|in|next|this|last)\b|$)",
    re.IGNORECASE,
)
_YEARS_OLD = re.compile(
    r"(?<![\w.,/])(?P<value>1[3-9]|[2-9]\d|1[01]\d)(?=(?:[ -]years?[ -]|[ -]yrs?[ -])old|[ ]?y[./]?o\b|[ ](?:Jahre alt|j\u00e4hrig)|"
    r"-j\u00e4hrig|[ ](?:ans|a\u00f1os)\b)"
)
TITLES = words(
    "mr mrs ms mx miss mister dr prof professor sir lady herr herrn frau fr\u00e4ulein monsieur madame mademoiselle mme mlle "
    "m mm messrs sr sra srta se\u00f1or se\u00f1ora se\u00f1orita don do\u00f1a me ma\u00eetre"
)
_RANKS = words(
    "judge justice lord lady constable sergeant inspector detective lieutenant captain corporal commander counsel nurse sister "
    "father uncle aunt auntie reverend rabbi imam"
)
_OPPOSING = words("v vs")
_OPPOSED_REACH = (368, 24)
"""Characters that a match has at most before and after the beginning of that word."""

_INTRODUCING = words("my name ich mein hier je mon me mi namens signed from nom nombre")
_STATING = words("my ich mein je mon me mi")
_PRESENTING = words("this i it ich hier je c soy habla called ask spoke")
_GREETING = words(
    "hi hello hey dear good hallo liebe lieber liebes moin sehr guten bonjour bonsoir salut ch\u00e8re ch\u00e8ere chere cher hola "
    "estimado estimada estimados estimadas querido querida buenos buenas ciao salve"
)
_SIGNING = words(
    "regards sincerely cheers thanks thank thx best yours respectfully gr\u00fc\u00dfe gr\u00fc\u00dfen gr\u00fcsse gr\u00fcssen gru\u00df danke dank "
    "mfg vg lg cordialement merci salutations bien sinc\u00e8rement saludos gracias atentamente un cordialmente"
)
_BIRTH = words(
    "born birth birthday birthdate dob d geboren geburtsdatum geb n\u00e9 n\u00e9e naissance nacido nacida nacimiento nato"
)
_YEARS = words(
    "i im he she who they ich j tengo age aged turn turns turned turning \u00e2g\u00e9 \u00e2g\u00e9e \u00e0g\u00e9 \u00e0g\u00e9e edad"
)


def find(text: str, told: Tells | None = None) -> Iterator[Span]:
    """Yield persons, with their titles, dates of birth and ages that the wording gives away."""
    told = told or tells(text)
    for beginning, pattern in _SURE:
        yield from matches_at(pattern, text, told.at(beginning), "PERSON", 0.75)
    yield from matches(_OPPOSED, text, "PERSON", 0.75, told.near(_OPPOSING, *_OPPOSED_REACH))
    yield from matches_at(_GREETED, text, _openings(text, told), "PERSON", 0.75)
    yield from matches_at(_PRESENTED, text, told.at(_PRESENTING), "PERSON", UNSURE)
    if told.digits:
        yield from matches_at(_BORN, text, told.at(_BIRTH), "DATE_OF_BIRTH", 0.8)
        yield from matches_at(_AGED, text, told.at(_YEARS), "AGE", 0.7)
        yield from matches_at(_YEARS_OLD, text, told.numbers, "AGE", 0.7)


def _openings(text: str, told: Tells) -> Iterator[int]:
    """Yield where greetings may begin: with the sign that ends what stands before them."""
    for place in told.at(_GREETING):
        sign = len(text[max(0, place - _BLANKS - 1) : place].rstrip(" \t"))
        yield max(0, place - _BLANKS - 1) + max(0, sign - 1) if place else 0


_BLANKS = 3
"""How many may stand between a sign and a greeting."""

_SURE = (
    (TITLES, _TITLED),
    (_RANKS, _RANKED),
    (_INTRODUCING, _INTRODUCED),
    (_STATING, _STATED),
    (_SIGNING, _SIGNED),
)
"""Patterns with the words they begin with."""
