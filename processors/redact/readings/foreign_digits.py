"""Digits written as words of further languages, or as Roman numerals, read as digits."""

import re
from collections.abc import Collection, Iterator

from processors.redact.readings.reading import Change

_LANGUAGES = (
    "zero jeden dwa trzy cztery pi\u0119\u0107 sze\u015b\u0107 siedem osiem dziewi\u0119\u0107",
    "nula jedna dva t\u0159i \u010dty\u0159i p\u011bt \u0161est sedm osm dev\u011bt",
    "nula jedan dva tri \u010detiri pet \u0161est sedam osam devet",
    "nula jeden dva tri \u0161tyri p\u00e4\u0165 \u0161es\u0165 sedem osem dev\u00e4\u0165",
    "noll ett tv\u00e5 tre fyra fem sex sju \u00e5tta nio",
    "nul en to tre fire fem seks syv otte ni",
    "null en to tre fire fem seks sju \u00e5tte ni",
    "nolla yksi kaksi kolme nelj\u00e4 viisi kuusi seitsem\u00e4n kahdeksan yhdeks\u00e4n",
    "s\u0131f\u0131r bir iki \u00fc\u00e7 d\u00f6rt be\u015f alt\u0131 yedi sekiz dokuz",
    "nulla egy kett\u0151 h\u00e1rom n\u00e9gy \u00f6t hat h\u00e9t nyolc kilenc",
    "zero unu doi trei patru cinci \u0219ase \u0219apte opt nou\u0103",
    "nol satu dua tiga empat lima enam tujuh delapan sembilan",
    "kosong satu dua tiga empat lima enam tujuh lapan sembilan",
    "\u043d\u043e\u043b\u044c \u043e\u0434\u0438\u043d \u0434\u0432\u0430 \u0442\u0440\u0438 \u0447\u0435\u0442\u044b\u0440\u0435 \u043f\u044f\u0442\u044c \u0448\u0435\u0441\u0442\u044c \u0441\u0435\u043c\u044c \u0432\u043e\u0441\u0435\u043c\u044c \u0434\u0435\u0432\u044f\u0442\u044c",
    "\u043d\u0443\u043b\u044c \u043e\u0434\u0438\u043d \u0434\u0432\u0430 \u0442\u0440\u0438 \u0447\u043e\u0442\u0438\u0440\u0438 \u043f'\u044f\u0442\u044c \u0448\u0456\u0441\u0442\u044c \u0441\u0456\u043c \u0432\u0456\u0441\u0456\u043c \u0434\u0435\u0432'\u044f\u0442\u044c",
    "\u03bc\u03b7\u03b4\u03ad\u03bd \u03ad\u03bd\u03b1 \u03b4\u03cd\u03bf \u03c4\u03c1\u03af\u03b1 \u03c4\u03ad\u03c3\u03c3\u03b5\u03c1\u03b1 \u03c0\u03ad\u03bd\u03c4\u03b5 \u03ad\u03be\u03b9 \u03b5\u03c0\u03c4\u03ac \u03bf\u03ba\u03c4\u03ce \u03b5\u03bd\u03bd\u03ad\u03b1",
    "zero hana dul set net daseot yeoseot ilgop yeodeol ahop",
    "zero ichi ni san yon go roku nana hachi kyuu",
    "ling yi er san si wu liu qi ba jiu",
    "shunya ek do teen chaar paanch chhah saat aath nau",
    "orez eno owt eerht ruof evif xis neves thgie enin",
    "nulla unus duo tres quattuor quinque sex septem octo novem",
)
_BY_WORD = tuple({word: str(digit) for digit, word in enumerate(each.split())} for each in _LANGUAGES)
_WORDS = frozenset(word for each in _BY_WORD for word in each)
_ROMAN = {
    numeral: str(digit)
    for digit, numeral in enumerate(["N", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"])
}
_ROMAN_ROW = re.compile(
    r"(?<!\w)(?:N|VI{0,3}|I[VX]|I{1,3})(?:[ ,./-]{1,3}(?:N|VI{0,3}|I[VX]|I{1,3})){5,40}(?!\w)"
)
_NUMERAL = re.compile(r"[NIVX]+")
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d")
_GAP = re.compile(r"[\W_]{1,4}")
_UNMISTAKABLE = _WORDS - frozenset(
    ["to", "do", "on", "go", "set", "en", "fire", "no", "six", "hat", "saat", "nine", "opt", "non", "un"]
)
_NOT_LATIN = re.compile(r"[\u0370-\u04ff]")
_FEWEST, _FEWEST_DIFFERENT = 6, 3


def foreign_digits(text: str) -> Iterator[Change]:
    """Yield the digits of rows of six or more, each told by a word of one language; changes may overlap."""
    for match in _ROMAN_ROW.finditer(text):
        numerals = _NUMERAL.findall(match[0])
        if numerals != [*_ROMAN][1 : len(numerals) + 1]:
            yield Change(match.start(), match.end(), "".join(_ROMAN[numeral] for numeral in numerals))
    for row in _rows(text):
        said = [each[0].lower() for each in row]
        if len(row) >= _FEWEST and not all(map(str.isdigit, said)):
            words = next(
                (each for each in _BY_WORD if all(word in each or word.isdigit() for word in said)), None
            )
            if words:
                yield Change(row[0].start(), row[-1].end(), "".join(words.get(word, word) for word in said))


def may_hold_digits(text: str, words: Collection[str]) -> bool:
    """Whether it is worth looking.

    Args:
        words: those of the text, in lower case.
    """
    telling = _UNMISTAKABLE.intersection(words)
    return len(telling) >= _FEWEST_DIFFERENT or bool(_NOT_LATIN.search(text)) or bool(_ROMAN_ROW.search(text))


def _rows(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield rows of words and figures that may be digits, with nothing but blanks and commas between them."""
    row: list[re.Match[str]] = []
    for match in _TOKEN.finditer(text):
        if match[0].lower() not in _WORDS and not match[0].isdigit():
            continue
        if row and not _GAP.fullmatch(text, row[-1].end(), match.start()):
            yield row
            row = []
        row.append(match)
    yield row
