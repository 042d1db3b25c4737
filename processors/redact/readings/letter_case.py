"""Names in another case than usual (`JANE DOE`, `jane doe`, `janeDoe`, `jane_doe`), read as names are written."""

import re
from collections.abc import Iterable, Iterator, Sequence

from processors.redact.readings.reading import Change
from processors.redact.vocabulary.familiar import FAMILIAR, GIVEN_NAMES, WORDLIKE_NAMES
from processors.redact.vocabulary.standing import is_frequent

_UPPER = r"[A-Z\u00c0-\u00d6\u00d8-\u00de]"
_SHOUTED = re.compile(
    rf"(?<![\w@./-]){_UPPER}{{2,}}(?:['\u2019-]{_UPPER}+)*(?:[ ,;/|]{{1,2}}{_UPPER}+(?:['\u2019-]{_UPPER}+)*)+(?![\w@/])"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_SMALL = re.compile(r"(?<![\w@./+-])[a-z\u00df-\u00ff]{2,}(?![\w@]|[./+-]\w)")
_JOINED = re.compile(r"(?<![\w@])\w+(?:[._-]\w+)*(?![\w@])")
_PART = re.compile(r"[^\W\d_](?:[^\W\d_A-Z]+|[A-Z]+(?![a-z]))?")
_HUMP = re.compile(r"[a-z][A-Z]|[^\W\d_][._-][^\W\d_]")
_FOLLOWING = re.compile(r"[ ]([^\W\d_]{2,})(?![\w@])")
_SHORTEST = 3
_NAMES = GIVEN_NAMES - WORDLIKE_NAMES


def recased(text: str) -> Iterator[Change]:
    """Yield names as they are usually written; changes may overlap."""
    yield from _shouted(text)
    if _HUMP.search(text):
        yield from _joined(text)
    yield from _murmured(text)


def _shouted(text: str) -> Iterator[Change]:
    """Yield the words of rows in capitals: the frequent ones small, the others as names."""
    for row in _SHOUTED.finditer(text):
        words = list(_WORD.finditer(text, row.start(), row.end()))
        if sum(len(word[0]) >= _SHORTEST for word in words) > 1:
            yield from _quietened(words)


def _quietened(words: Iterable[re.Match[str]]) -> Iterator[Change]:
    after_name = False
    for match in words:
        word = match[0].lower()
        if word not in FAMILIAR and len(word) > 1:
            small = is_frequent(word, "en") and not after_name
            yield Change(match.start(), match.end(), word if small else word.title())
        after_name = word in GIVEN_NAMES


def _joined(text: str) -> Iterator[Change]:
    """Yield words joined to one, apart, if one of them is a usual first name."""
    for match in _JOINED.finditer(text):
        if _is_one(match[0]):
            continue
        parts = list(_PART.finditer(text, match.start(), match.end()))
        if len(parts) > 1 and has_names(part[0].lower() for part in parts):
            yield from _apart(parts)


def _is_one(word: str) -> bool:
    """Whether a word has one part, as nearly every word has."""
    return word.isalpha() and (word[1:].islower() or (word.isascii() and word.isupper()))


def _apart(parts: Sequence[re.Match[str]]) -> Iterator[Change]:
    end = parts[0].start()
    for part in parts:
        touches = part.start() == end and part is not parts[0]
        if part.start() == end + 1:
            yield Change(end, part.start(), " ")
        yield Change(part.start(), part.end(), " " * touches + part[0].title())
        end = part.end()


def _murmured(text: str) -> Iterator[Change]:
    """Yield first names that begin small as if they did not, and the word that follows, unless it is a frequent one."""
    for match in _SMALL.finditer(text):
        if match[0] in _NAMES:
            yield Change(match.start(), match.end(), match[0].title())
            following = _FOLLOWING.match(text, match.end())
            if following and len(following[1]) >= _SHORTEST and not is_frequent(following[1], "en"):
                yield Change(following.start(1), following.end(1), following[1].title())


def has_names(words: Iterable[str]) -> bool:
    """Whether a usual first name is among the words, in lower case."""
    return not GIVEN_NAMES.isdisjoint(words)
