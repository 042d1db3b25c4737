"""What a text would have to hold for a rule to find anything, and where: looked up once, so that most rules are never tried."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Stretch = tuple[int, int]

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Tells:
    """What there is in a text.

    Attributes:
        words: its words in lower case, cut at apostrophes and hyphens, with the places where they begin.
        numbers: where its runs of digits begin.
        digits: how many it has.
    """

    words: Mapping[str, Sequence[int]]
    numbers: Sequence[int]
    digits: int

    def any_of(self, words: frozenset[str]) -> bool:
        """Whether one of these words is in the text."""
        return not self.words.keys().isdisjoint(words)

    def any_ending(self, endings: tuple[str, ...]) -> bool:
        """Whether a word of the text ends in one of these ways."""
        return any(word.endswith(endings) for word in self.words)

    def at(self, words: frozenset[str]) -> list[int]:
        """Return where these words begin, in order: the only places at which a rule that begins with one can match."""
        if not self.any_of(words):
            return []
        return sorted(place for word in self.words.keys() & words for place in self.words[word])

    def starting(self, beginnings: tuple[str, ...]) -> list[int]:
        """Return where words begin that begin in one of these ways, in order."""
        return sorted(
            place for word, places in self.words.items() if word.startswith(beginnings) for place in places
        )

    def near(self, words: frozenset[str], before: int, after: int) -> Iterator[Stretch]:
        """Yield what is near these words; of a match that holds one of them, at most so much may be on either side of its beginning."""
        return around(self.at(words), before, after)


def tells(text: str) -> Tells:
    """Return what there is in a text."""
    words: dict[str, list[int]] = {}
    for match in _WORD.finditer(lowered(text)):
        words.setdefault(match[0], []).append(match.start())
    runs = [match.span() for match in _NUMBER.finditer(text)]
    return Tells(words, [start for start, _ in runs], sum(end - start for start, end in runs))


def lowered(text: str) -> str:
    """Return a text in lower case, character by character: a few become two, which would shift what follows."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def around(places: Iterable[int], before: int, after: int) -> Iterator[Stretch]:
    """Yield the stretches around some ascending places; where they overlap, as one."""
    start = end = 0
    for place in places:
        if place - before > end:
            if end:
                yield start, end
            start = place - before
        end = place + after
    if end:
        yield start, end


def words(listed: str) -> frozenset[str]:
    """Return words that are listed with blanks or line ends between them."""
    return frozenset(listed.split())
