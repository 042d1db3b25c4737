"""Postal addresses by their shape, in English, German, French and Spanish."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches, matches_at
from processors.redact.rules.telling import Stretch, Tells, around, tells, words
from schemas.ports import Span

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_LETTERS = r"{0,40}"  # of one word: without an end to it, a text without blanks takes time by the square of its length
_WORD = rf"[{_UPPER}](?:[\w'\u2019.-]{_LETTERS}\w)?"
_NUMBER = r"\d{1,5}(?:[ ]?[a-zA-Z](?!\w))?(?:[-/]\d{1,4})?"
_BLANK = r"[ \t\u00a0]"
_COMMA = rf"(?:,?{_BLANK}?\n?|{_BLANK})"
_PLACE = rf"{_WORD}(?:{_BLANK}(?:am|an der|de|du|des|del|la|upon|{_WORD})){{0,3}}"

_ENGLISH_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Terrace|Ter|Place|Pl|Square|Sq|"
    r"Way|Crescent|Cres|Close|Gardens|Grove|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Trail|Trl|Alley|Mews|Row|Walk|Hill|"
    r"Park|Plaza|Pike|Loop|Quay|Wharf)"
)
_ENGLISH = re.compile(
    rf"(?<![\w.])(?:\d{{1,6}}{_BLANK})?{_NUMBER}{_BLANK}(?:[NSEW]\.?{_BLANK})?(?:{_WORD}{_BLANK}|\d{{1,3}}(?:st|nd|rd|th){_BLANK}){{1,4}}"
    rf"{_ENGLISH_STREET}\b\.?(?:{_BLANK}[NSEW]{{1,2}}\b)?"
    rf"(?:{_COMMA}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|#)\.?{_BLANK}?#?\w{{1,6}})?"
    rf"(?:{_COMMA}{_PLACE}){{0,2}}(?:{_COMMA}[A-Z]{{2}})?(?:{_COMMA}(?:\d{{5}}(?:-\d{{4}})?|[A-Z]{{1,2}}\d[A-Z\d]?{_BLANK}?\d[A-Z]{{2}}))?"
)
_STREET_NAMED = re.compile(
    rf"(?<!\w)(?:{_WORD}{_BLANK}){{1,3}}(?:Street|Road|Avenue|Lane|Drive|Boulevard|Terrace|Crescent)\b"
)
_UNIT = re.compile(
    r"\b(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Apartado(?: de correos)?|Bo\u00eete postale|B\.P\.|Apt|Apartment|Suite|Flat|Unit|PSC|CMR)"
    rf"\.?{_BLANK}#?\d\w{{0,6}}\b(?:,?{_BLANK}Box{_BLANK}\d{{1,6}}\b)?",
    re.IGNORECASE,
)
_MILITARY = re.compile(
    r"(?<!\w)(?:(?:USS|USNS|USCGC|USNV)[ ][^\W\d_][\w'-]{1,24}(?:[ ][^\W\d_][\w'-]{1,24})?,?\s{1,2})?[ADF]PO,?[ ]A[AEP](?:[ ,]{1,2}\d{5}(?:-\d{4})?)?\b",
    re.IGNORECASE,
)
_GERMAN = re.compile(
    rf"(?<!\w)(?:(?:Am|An der|Auf der|Im|In der|Zum|Zur|Unter den|Alte[rn]?|Neue[rn]?){_BLANK})?"
    rf"(?:[{_UPPER}][\w.-]{_LETTERS}(?:stra\u00dfe|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|markt|hof|chaussee)"
    rf"|{_WORD}{_BLANK}(?:Stra\u00dfe|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Chaussee)"
    r"|(?:Am|An der|Unter den)[ ](?:(?:Alten|Neuen|Gro\u00dfen|Kleinen)[ ])?(?!(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Ende|Anfang)"
    rf"{_WORD})"
    rf"{_BLANK}?{_NUMBER}(?:{_COMMA}(?:(?:D|A|CH)-)?\d{{4,5}}{_BLANK}{_PLACE})?"
)
_LATIN_STREET = (
    r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Aa]ll\u00e9e|[Ii]mpasse|[Qq]uai|[Rr]oute|[Cc]ours|"
    r"[Cc]alle|C/|[Aa]venida|[Aa]vda\.?|[Pp]laza|[Pp]aseo|[Cc]arretera|[Cc]amino|[Rr]onda|[Vv]ia|[Vv]iale|[Pp]iazza)"
    rf"(?:{_BLANK}?(?:de|du|des|del|dell[aeo]|dei|degli|delle|la|las|los|le|les|el|y|et|d[eu']|l['\u2019])){{0,3}}{_BLANK}?"
    rf"{_WORD}(?:[ -](?:de|du|des|del|la|{_WORD})){{0,4}}"
)
_TOWN = rf"(?:{_COMMA}\d{{5}}{_BLANK}{_PLACE})?"
_LATIN = re.compile(
    rf"(?<!\w)(?:{_NUMBER}(?:{_BLANK}(?:bis|ter))?,?{_BLANK}{_LATIN_STREET}"
    rf"|{_LATIN_STREET},?{_BLANK}(?:n[\u00ba\u00b0o.]*{_BLANK}?)?{_NUMBER}){_TOWN}"
)
_POSTCODE = re.compile(
    rf"(?<!\w)(?:(?:[DAFIEL]|CH|NL|BE)-\d{{4,5}}(?:{_BLANK}{_PLACE})?"
    rf"|\d{{5}}{_BLANK}(?!(?:EUR|USD|GBP|CHF|Euro)){_PLACE}"
    r"|(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY])"
    r"[ ]\d{5}(?:-\d{4})?"
    r"|(?:GIR|[A-Z]{1,2}\d[A-Z\d]?)[ ]?\d[ABD-HJLNP-UW-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z][ ]?\d[A-Z]\d)(?!\w)"
)
_LABELLED = re.compile(
    r"\b(?:zip(?:[ -]?code)?|post(?:al)?[ -]?code|plz|postleitzahl|code postal|c\u00f3digo postal)\b"
    r"[^\w\n]{0,3}(?:(?:is|ist|est|es)\b)?[^\w\n]{0,3}"
    r"(?P<value>\d{2,5}(?:[ -]\d{2,4})?|[A-Z]{1,2}\d[A-Z0-9]?[ ]?\d[A-Z]{2})\b",
    re.IGNORECASE,
)
_SUFFIXED = re.compile(
    r"(?<!\w)(?:\d{1,6}[ ,]{1,2}){0,2}[^\W\d_][\w'\u2019-]{1,40}"
    r"(?:vej|vejen|gade|gata|gatan|gaten|v\u00e4gen|veien|vegen|katu|tie|kuja|laan|straat|weg|plein|kade|dreef|singel|gr\u00e4nd|"
    r"t\u00e4nav|gasse|str\u00e6de|all\u00e9|backen|stra\u00dfe|strasse|str\.)[ ]\d{1,5}[a-z]?(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_SPELT = words(
    "aleja avda avenue blvd bulevardul caddesi calea calle carrer cesta corso estrada jalan jl k\u00f6r\u00fat k\u00f6z krt largo "
    "leoforos n\u00e1m\u011bst\u00ed odos passeig piazza place pra\u00e7a rkp rua rue r\u00faa sokak str strada tere travessa trg t\u00e9r ul "
    "ulica ulice utca via vicolo \u00fat \u00fatja \u03bb\u03b5\u03c9\u03c6\u03cc\u03c1\u03bf\u03c2 \u03bf\u03b4\u03cc\u03c2"
)
_DOTTED = words("al av cad mah n\u00e1m os pl sok str u ul")
_DESIGNATOR = rf"(?:(?:{'|'.join(sorted(_DOTTED))})\.|(?:{'|'.join(sorted(_SPELT))})\b\.?)"
_NAMED = r"(?!(?:a|an|and|at|by|for|from|i|in|is|it|live|lives|me|my|near|of|on|our|the|this|to|was|your)\b)[^\W\d_][\w'\u2019.-]{0,30}"
_DESIGNATED = re.compile(
    rf"(?<!\w)(?:\d{{1,6}}[ ,]{{1,2}})?(?:{_DESIGNATOR}[ ]{_NAMED}(?:[ ]{_NAMED}){{0,4}}|{_NAMED}(?:[ ]{_NAMED}){{0,2}}[ ]{_DESIGNATOR})"
    r"[ ]\d{1,5}(?!\d)\.?(?:/\d{1,4})?[a-z]?(?![\w])"
    rf"|(?<![\w.,])\d{{1,5}}[a-z]?(?:[ ](?:bis|ter))?,?[ ](?:rue|avenue|calle|rua|avda|ulica|ul\.)[ ]{_NAMED}(?:[ ]{_NAMED}){{0,3}}",
    re.IGNORECASE,
)
_AT_HOME = re.compile(
    r"(?i:\b(?:I live (?:in|at)|living in|lives (?:in|at)|wohne in|wohnhaft in|j'habite (?:\u00e0|au|en)|vivo en|"
    r"(?:address|adresse|anschrift|direcci\u00f3n)(?: de livraison| de env\u00edo)?(?: is| ist| lautet| est| es)?|"
    r"(?:send|ship|shipped|deliver|delivered|moved?|moving) (?:it |them )?to))[ \t:]{1,3}\n?(?P<value>[^\n;!?]{2,80})"
)
_STARTS_PLACE = re.compile(rf"(?:{_NUMBER}{_BLANK})?{_WORD}(?:{_COMMA}(?:{_WORD}|{_NUMBER}))*")


_STREETS = words(
    "street st road rd avenue ave av lane ln drive dr court ct boulevard blvd terrace ter place pl square sq way crescent "
    "cres close gardens grove highway hwy parkway pkwy circle cir trail trl alley mews row walk hill park plaza pike loop "
    "quay wharf"
)
_NAMED_STREETS = words("street road avenue lane drive boulevard terrace crescent")
_UNITS = words("box postfach apartado bo\u00eete b apt apartment suite flat unit psc cmr")
_POSTS = words("apo fpo dpo")
_GERMAN_ENDINGS = (
    "stra\u00dfe",
    "strasse",
    "str",
    "weg",
    "platz",
    "allee",
    "gasse",
    "ring",
    "damm",
    "ufer",
    "steig",
    "markt",
    "hof",
    "chaussee",
)
_GERMAN_STARTS = words("am an unter")
_LATIN_STREETS = words(
    "rue avenue boulevard bd place chemin all\u00e9e impasse quai route cours calle c avenida avda plaza paseo carretera camino "
    "ronda via viale piazza"
)
_ENDINGS = (
    "vej",
    "vejen",
    "gade",
    "gata",
    "gatan",
    "gaten",
    "v\u00e4gen",
    "veien",
    "vegen",
    "katu",
    "tie",
    "kuja",
    "laan",
    "straat",
    "weg",
    "plein",
    "kade",
    "dreef",
    "singel",
    "gr\u00e4nd",
    "t\u00e4nav",
    "gasse",
    "str\u00e6de",
    "all\u00e9",
    "backen",
    "stra\u00dfe",
    "strasse",
    "str",
)
_DESIGNATORS = _DOTTED | _SPELT
_POSTAL = words("zip zipcode post postal postalcode postcode plz postleitzahl code c\u00f3digo")
_DWELLING = words(
    "i j live living lives wohne wohnhaft habite vivo address adresse anschrift direcci\u00f3n send ship shipped deliver delivered "
    "move moved moving"
)


def find(text: str, told: Tells | None = None) -> Iterator[Span]:
    """Yield addresses and their parts that betray a place."""
    told = told or tells(text)
    for pattern, stretches in _worthwhile(told):
        yield from matches(pattern, text, "LOCATION", 0.7, stretches)
    if told.digits:
        yield from _numbered(text, told)
    if told.any_of(_DWELLING):
        yield from _homes(text, told)


def _worthwhile(told: Tells) -> Iterator[tuple[re.Pattern[str], Iterator[Stretch]]]:
    """Yield the patterns for which the text has the words and the digits, and where a match would be."""
    yield from ((pattern, told.near(telling, *reach)) for telling, pattern, reach in _NAMED_SO)
    if told.digits:
        yield from ((pattern, told.near(telling, *reach)) for telling, pattern, reach in _NUMBERED)
        if told.any_of(_GERMAN_STARTS) or told.any_ending(_GERMAN_ENDINGS):
            yield _GERMAN, around(told.numbers, *_GERMAN_REACH)
        if told.any_ending(_ENDINGS):
            yield _SUFFIXED, around(told.numbers, *_SUFFIXED_REACH)
    if told.digits >= _FEWEST_OF_POSTCODE:
        yield _POSTCODE, around(told.numbers, *_POSTCODE_REACH)


def _numbered(text: str, told: Tells) -> Iterator[Span]:
    if told.any_of(_STREETS):
        yield from matches_at(_ENGLISH, text, told.numbers, "LOCATION", 0.7)
    yield from matches_at(_LABELLED, text, told.at(_POSTAL), "LOCATION", 0.7)


def _homes(text: str, told: Tells) -> Iterator[Span]:
    reached = 0
    for place in told.at(_DWELLING):
        match = _AT_HOME.match(text, place) if place >= reached else None
        home = match and _STARTS_PLACE.match(text, match.start("value"), match.end("value"))
        reached = match.end() if match else reached
        if home:
            yield Span(home.start(), home.end(), "LOCATION", 0.7)


_FEWEST_OF_POSTCODE = 2
_NAMED_SO = ((_NAMED_STREETS, _STREET_NAMED, (136, 24)), (_POSTS, _MILITARY, (72, 32)))
_NUMBERED = (
    (_UNITS, _UNIT, (8, 64)),
    (_LATIN_STREETS, _LATIN, (24, 512)),
    (_DESIGNATORS, _DESIGNATED, (160, 224)),
)
"""Characters that a match has at most before and after the beginning of the word that tells of it."""

_GERMAN_REACH, _SUFFIXED_REACH, _POSTCODE_REACH = (144, 256), (80, 16), (8, 208)
"""Likewise for the beginning of one of its numbers."""
