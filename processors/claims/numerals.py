"""Numbers as people write them: with either decimal sign, with thousands, and as words of four languages."""

import re
from collections.abc import Iterator
from decimal import Decimal

NUMBER = re.compile(r"\d{1,3}(?:[ '.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?")
_SEPARATOR = re.compile(r"[ '.,]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ère|e|ème|º|ª|o|a)(?!\w)")

_COUNTS = {
    "en": "one two three four five six seven eight nine ten eleven twelve",
    "de": "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "un dos tres cuatro cinco seis siete ocho nueve diez once doce",
}
_MORE: dict[str, dict[str, int]] = {
    "en": {
        "fourteen": 14, "fifteen": 15, "eighteen": 18, "twenty": 20, "twenty-four": 24, "thirty": 30, "thirty-six": 36,
        "forty": 40, "forty-eight": 48, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    },
    "de": {
        "eine": 1, "einen": 1, "einem": 1, "einer": 1, "eines": 1, "vierzehn": 14, "fünfzehn": 15, "achtzehn": 18,
        "zwanzig": 20, "vierundzwanzig": 24, "dreißig": 30, "dreissig": 30, "vierzig": 40, "achtundvierzig": 48,
        "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90, "hundert": 100,
    },
    "fr": {
        "une": 1, "quatorze": 14, "quinze": 15, "dix-huit": 18, "vingt": 20, "vingt-quatre": 24, "trente": 30,
        "quarante": 40, "quarante-huit": 48, "cinquante": 50, "soixante": 60, "cent": 100,
    },
    "es": {
        "una": 1, "uno": 1, "catorce": 14, "quince": 15, "dieciocho": 18, "veinte": 20, "veinticuatro": 24, "treinta": 30,
        "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100,
    },
}  # fmt: skip
WORDS: dict[str, dict[str, int]] = {
    language: {**{word: value for value, word in enumerate(counts.split(), start=1)}, **_MORE[language]}
    for language, counts in _COUNTS.items()
}
_ANYWHERE = {word: value for words in WORDS.values() for word, value in words.items()}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
ALSO_OTHER_WORDS = frozenset({"neuf", "cent"})
"""French for new, and a coin: numbers only where a unit follows."""


def readings(written: str) -> frozenset[Decimal]:
    """Return the values that digits may stand for: 1.500 is fifteen hundred, or one and a half."""
    parts = _SEPARATOR.split(written)
    if len(parts) == 1:
        return frozenset({Decimal(written)})
    whole = Decimal("".join(parts))
    decimal = Decimal(f"{''.join(parts[:-1])}.{parts[-1]}")
    signs = _SEPARATOR.findall(written)
    if signs[-1] in " '":
        return frozenset({whole})
    if len(parts[-1]) != 3:  # noqa: PLR2004
        return frozenset({decimal})
    if len(parts) > 2 and len(set(signs)) == 1:  # noqa: PLR2004
        return frozenset({whole})
    return frozenset({whole, decimal}) if len(set(signs)) == 1 else frozenset({decimal, whole})


def ordinal_end(text: str, end: int) -> int:
    """Return where a number ends with the letters that make it an ordinal."""
    match = _ORDINAL.match(text, end)
    return match.end() if match else end


def value_of(word: str) -> str:
    """Return the digits of a number written as a word in any of the languages; empty for another word."""
    return str(_ANYWHERE.get(word, ""))


def words(text: str, language: str | None) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and value of numbers written as words; of every language if none is named."""
    known = _ANYWHERE if language is None else WORDS.get(language, WORDS["en"])
    for match in _WORD.finditer(text):
        word = match[0]
        if word in known:
            yield match.start(), match.end(), known[word]
        else:
            head, _, tail = word.partition("-")
            if tail in known and head in known:  # thirty-one
                yield match.start(), match.end(), known[head] + known[tail]
            elif tail and head in known:  # two-year
                yield match.start(), match.start() + len(head), known[head]
