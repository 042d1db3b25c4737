"""Characters that look like Latin letters and digits, read as those."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from processors.redact.readings.reading import Change

_ALIKE = {
    "a": "\u0430\u03b1\u0251\u1d00\u0561",
    "b": "\u044c\u03b2\u0299",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u1d05",
    "e": "\u0435\u0451\u03b5\u1d07\u0454",
    "f": "\ua730\u017f",
    "g": "\u0261\u0262\u0581",
    "h": "\u043d\u04bb\u029c\u0570",
    "i": "\u0456\u0457\u03b9\u0131\u026a\u0269",
    "j": "\u0458\u03f3\u1d0a\u0575",
    "k": "\u043a\u03ba\u1d0b",
    "l": "\u04cf\u029f\u217c",
    "m": "\u043c\u1d0d",
    "n": "\u043f\u03b7\u0274\u0578",
    "o": "\u043e\u03bf\u03c3\u1d0f\u0585",
    "p": "\u0440\u03c1\u1d18",
    "q": "\u051b\u0566",
    "r": "\u0433\u0280",
    "s": "\u0455\ua731",
    "t": "\u0442\u03c4\u1d1b",
    "u": "\u03c5\u03bc\u1d1c\u057d",
    "v": "\u03bd\u0475\u1d20",
    "w": "\u051d\u0461\u03c9\u1d21",
    "x": "\u0445\u03c7",
    "y": "\u0443\u04af\u03b3\u028f",
    "z": "\u1d22\u03b6",
    "A": "\u0410\u0391\u13aa\ua4ee",
    "B": "\u0412\u0392\u13f4\ua4d0",
    "C": "\u0421\u03f9\u13df\ua4da",
    "D": "\u0500\u13a0\ua4d3",
    "E": "\u0415\u0401\u0395\u13ac\ua4f0",
    "F": "\u03dc\ua4dd",
    "G": "\u050c\u13c0\ua4d6",
    "H": "\u041d\u0397\u13bb\ua4e7",
    "I": "\u0406\u0407\u04c0\u0399\ua4f2",
    "J": "\u0408\u037f\u13ab\ua4d9",
    "K": "\u041a\u039a\u13e6\ua4d7",
    "L": "\u13de\ua4e1",
    "M": "\u041c\u039c\u13b7\ua4df",
    "N": "\u039d\ua4e0",
    "O": "\u041e\u039f\u0555\ua4f3",
    "P": "\u0420\u03a1\u13e2\ua4d1",
    "Q": "\u051a",
    "R": "\u13a1\ua4e3",
    "S": "\u0405\u13da\ua4e2",
    "T": "\u0422\u03a4\u13a2\ua4d4",
    "U": "\u057d\ua4f4",
    "V": "\u13d9\ua4e6",
    "W": "\u051c\u13b3\ua4ea",
    "X": "\u0425\u03a7\ua4eb",
    "Y": "\u04ae\u03a5\u0423\ua4ec",
    "Z": "\u0396\u13c3\ua4dc",
    "3": "\u0417\u0437",
    ".": "\u3002\u2022\u00b7\u2219\u2027",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043",
}
_PLAIN = {character: plain for plain, alike in _ALIKE.items() for character in alike}
_FRAMED = ((0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26))
"""Where circled, squared and regional letters begin, and how many there are."""

_CHINESE = dict(
    zip("\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d", "0123456789", strict=True)
)
_CHINESE_DIGITS = re.compile(f"[{''.join(_CHINESE)}\u96f6]{{5,}}")
_TOKEN = re.compile(r"\S+")
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_STACKED = re.compile("[\x20-\x7e][\u0300-\u036f\u0488\u0489\u20d0-\u20ff]+")
_LATIN, _OTHER = re.compile(r"[A-Za-z]"), re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]")
_NUMERIC = re.compile(
    r"(?<![^\W\d_])(?=[OoQlISBZ]{0,4}\d)[\dOoQlISBZ](?:[ .\-/()+|]{0,2}[\dOoQlISBZ])*(?![^\W\d_])"
)
_NUMERIC_LETTERS = re.compile(r"[OoQlI|SBZ]")
_DIGITS = str.maketrans("OoQlI|SBZ", "000111582")
_FEWEST_DIGITS = 6
_SHARE = 0.5


def without_stacked(text: str) -> Iterator[Change]:
    """Yield the ASCII characters on which marks are stacked, each to stand for its marks as well."""
    return (Change(match.start(), match.end(), match[0][0]) for match in _STACKED.finditer(text))


def lookalikes(text: str) -> Iterator[Change]:
    """Yield the letters, digits and signs that characters of other scripts look like.

    Digits always; letters in words that are then wholly Latin, and either partly were so before, or stand in an
    address or in a text that is Latin for the most part. A Russian word stays one.
    """
    if text.isascii():
        return
    latin = len(_LATIN.findall(text)) >= len(_OTHER.findall(text))
    for match in _TOKEN.finditer(text):
        if match[0].isascii() or not (len(match[0]) > 1 or match[0].isalnum()):
            continue
        folded = "".join(map(_digit, match[0]))
        plain = "".join(map(_plain, folded))
        if plain.isascii() and (latin or _is_mixed(match[0])):
            folded = plain
        yield from _differences(match, folded)
    yield from _chinese(text)


def _is_mixed(token: str) -> bool:
    return "@" in token or bool(_LATIN.search(token))


def _differences(match: re.Match[str], folded: str) -> Iterator[Change]:
    if folded != match[0]:
        yield Change(match.start(), match.end(), folded)


@lru_cache(maxsize=4096)
def _digit(character: str) -> str:
    if character.isascii():
        return character
    value = unicodedata.digit(character, None)
    return character if value is None else str(value)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character.isascii():
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    framed = (ord(character) - first for first, count in _FRAMED if 0 <= ord(character) - first < count)
    place = next(framed, None)
    return character if place is None else chr(ord("A") + place)


def _chinese(text: str) -> Iterator[Change]:
    for match in _CHINESE_DIGITS.finditer(text):
        yield Change(match.start(), match.end(), "".join(_CHINESE.get(digit, "0") for digit in match[0]))


def digits_in_disguise(text: str) -> Iterator[Change]:
    """Yield the digits for letters in numbers (`O171 l23`), where at least half of the characters are digits."""
    for match in _NUMERIC.finditer(text):
        letters = len(_NUMERIC_LETTERS.findall(match[0]))
        digits = sum(map(str.isdigit, match[0]))
        if letters and letters + digits >= _FEWEST_DIGITS and digits >= _SHARE * (letters + digits):
            yield Change(match.start(), match.end(), match[0].translate(_DIGITS))
