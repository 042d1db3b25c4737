"""Letters told by words that begin with them (`tango alpha mike`, `T as in Tango`), read as those letters."""

import re
from collections.abc import Iterable, Iterator

from processors.redact.readings.reading import Change

_ENGLISH = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey whisky xray x-ray yankee zulu"
)
_POLICE = (
    "adam boy charles david edward frank george henry ida john king lincoln mary nora ocean paul queen robert sam tom union "
    "victor william young zebra able baker dog easy fox how item jig love nan oboe peter roger sugar tare uncle yoke"
)
_GERMAN = (
    "anton berta c\u00e4sar caesar dora emil friedrich gustav heinrich ida julius kaufmann konrad ludwig martha nordpol otto "
    "paula quelle richard samuel siegfried theodor ulrich viktor wilhelm xanthippe ypsilon zacharias zeppelin"
)
_FRENCH = (
    "anatole berthe c\u00e9lestin d\u00e9sir\u00e9 eug\u00e8ne fran\u00e7ois gaston henri irma joseph kl\u00e9ber louis marcel nicolas oscar pierre "
    "quintal raoul suzanne th\u00e9r\u00e8se ursule victor william xavier yvonne zo\u00e9"
)
_NAMES = dict(
    zip(
        [
            "ay",
            "bee",
            "cee",
            "see",
            "dee",
            "ee",
            "eff",
            "gee",
            "aitch",
            "haitch",
            "eye",
            "jay",
            "kay",
            "ell",
            "em",
            "en",
            "oh",
            "pee",
            "cue",
            "queue",
            "ar",
            "ess",
            "tee",
            "tea",
            "you",
            "yew",
            "vee",
            "ex",
            "why",
            "wye",
            "zee",
            "zed",
        ],
        "abccdefghhijklmnopqqrsttuuvxyyzz",
        strict=True,
    )
)
"""What letters are called in English, except `double-you`."""

_WORDS = frozenset(f"{_ENGLISH} {_POLICE} {_GERMAN} {_FRENCH}".split())
_PLAIN = str.maketrans("\u00e0\u00e2\u00e4\u00e9\u00e8\u00f6\u00fc", "aaaeeou")
_SIGNS = {
    "at": "@", "dot": ".", "point": ".", "punkt": ".", "dash": "-", "hyphen": "-", "minus": "-", "underscore": "_", "space": " ",
    "plus": "+", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_NOTHING = frozenset(
    {
        "capital",
        "upper",
        "uppercase",
        "lower",
        "lowercase",
        "small",
        "big",
        "letter",
        "gro\u00df",
        "klein",
        "then",
        "and",
    }
)
_TOKEN = re.compile(r"[^\W_]+(?:-ray)?")
_GAP = re.compile(r"[\s,.;:/\u2026_-]{1,5}")
_EXPLAINED = re.compile(
    r"(?<!\w)(?:(?P<letter>[^\W_])[ ,]{1,2}(?:as in|like in|like|for|wie(?: in)?|comme|como(?: en)?|come|van)[ ][\"']?(?P<word>[^\W\d_]{2,16})[\"']?"
    r"(?:[\s,;.]{1,3}(?:and |then |und |et |y )?(?=\w[ ,]|[\"']?\w+[ ])|(?!\w))){3,64}",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"(?<!\w)([^\W_])[ ,]{1,2}(?:as in|like in|like|for|wie(?: in)?|comme|como(?: en)?|come|van)[ ]",
    re.IGNORECASE,
)
_ALL = _WORDS.union(_NAMES)
_BETWEEN = _NOTHING | _SIGNS.keys() | {"ray"}
_FEWEST = 4
_TELLING, _NAMING, _ENOUGH = 3, 2, 12
"""Four words of an alphabet are enough, or six names of letters, which are words too (`see`, `you`)."""


def spelt_letters(text: str) -> Iterator[Change]:
    """Yield the letters in place of the words that stand for them; changes may overlap."""
    yield from _rows(text)
    for match in _EXPLAINED.finditer(text):
        yield Change(match.start(), match.end(), "".join(_ONE.findall(match[0])))


def has_spelt_letters(text: str, words: Iterable[str]) -> bool:
    """Whether it is worth looking: enough words in a row stand for letters, or are said to be examples of one.

    Args:
        words: those of the text, in lower case and in order.
    """
    return _has_row(words) or len(_ONE.findall(text)) >= _FEWEST - 1


def _has_row(words: Iterable[str]) -> bool:
    telling = 0
    for word in words:
        if word in _ALL:
            telling += _weight(word)
            if telling >= _ENOUGH:
                return True
        elif len(word) > 1 and word not in _BETWEEN:
            telling = 0
    return False


def _rows(text: str) -> Iterator[Change]:
    row: list[tuple[int, int, str, int]] = []
    for match in _TOKEN.finditer(text):
        said = _letter(match[0].lower())
        if row and (said is None or not _GAP.fullmatch(text, row[-1][1], match.start())):
            yield from _read(row)
            row = []
        if said is not None:
            row.append((match.start(), match.end(), said, _weight(match[0].lower())))
    yield from _read(row)


def _letter(word: str) -> str | None:
    if word in _NAMES:
        return _NAMES[word]
    if word in _WORDS:
        return word[0].translate(_PLAIN)
    if word in _NOTHING:
        return ""
    return word if len(word) == 1 else _SIGNS.get(word)


def _weight(word: str) -> int:
    if word in _WORDS:
        return _TELLING
    return _NAMING if word in _NAMES else 0


def _read(row: list[tuple[int, int, str, int]]) -> Iterator[Change]:
    if sum(weight for *_, weight in row) >= _ENOUGH:
        yield Change(row[0][0], row[-1][1], "".join(said for _, _, said, _ in row))
