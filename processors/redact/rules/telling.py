"""What a text would have to hold for a rule to find anything: looked up once, so that most rules are never tried."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Tells:
    """What there is in a text.

    Attributes:
        words: its words in lower case, cut at apostrophes and hyphens.
        digits: how many it has.
    """

    words: frozenset[str]
    digits: int

    def any_of(self, words: frozenset[str]) -> bool:
        """Whether one of these words is in the text."""
        return not self.words.isdisjoint(words)

    def any_ending(self, endings: tuple[str, ...]) -> bool:
        """Whether a word of the text ends in one of these ways."""
        return any(word.endswith(endings) for word in self.words)


def tells(text: str) -> Tells:
    """Return what there is in a text."""
    return Tells(frozenset(_WORD.findall(text.lower())), len(_DIGIT.findall(text)))


def words(listed: str) -> frozenset[str]:
    """Return words that are listed with blanks or line ends between them."""
    return frozenset(listed.split())
