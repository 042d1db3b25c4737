"""How English words are written: names are the ones that hardly ever stand in lower case.

The counts come with the lookup tables of spaCy's own distribution: a million words as people write them, most frequent
first, upper and lower case apart, common misspellings included. Sorted hashes take an eighth of the words' memory.
"""

import gzip
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from schemas.errors import Fatal

_TABLE = ("spacy_lookups_data", "data/en_lexeme_prob.json.gz")
_ENTRIES = 350_000
"""So many of the most frequent entries are read; what is rarer is unknown, and unknown words are taken for names."""

_STEPS = 8
_MOST = 127
_FREQUENT = 2000


@dataclass(frozen=True)
class Lexicon:
    """What is known of English words.

    Attributes:
        hashes: of the words in lower case, ascending.
        leanings: for each, how much it leans to lower case, in eighths of a natural logarithm.
        frequent: the most frequent words.
    """

    hashes: "array[int]"
    leanings: "array[int]"
    frequent: frozenset[str]

    def leaning(self, word: str) -> float | None:
        """Return the logarithm of how much oftener a word in lower case stands so than capitalised; None if unknown."""
        wanted = hash(word)
        place = bisect_left(self.hashes, wanted)
        if place < len(self.hashes) and self.hashes[place] == wanted:
            return self.leanings[place] / _STEPS
        return None


@cache
def english() -> Lexicon:
    """Return the lexicon. Raises Fatal (`vocabulary_missing`) where its package is not installed."""
    small: dict[str, float] = {}
    capitalised: dict[str, float] = {}
    for word, frequency in _entries():
        if word.islower():
            small.setdefault(word, frequency)
        elif word.istitle():
            capitalised.setdefault(word.lower(), frequency)
    leanings = {
        hash(word): _eighths(small.get(word), capitalised.get(word))
        for word in small.keys() | capitalised.keys()
    }
    hashes = sorted(leanings)
    frequent = frozenset(islice((word for word in small if leanings[hash(word)] > 0), _FREQUENT))
    return Lexicon(array("q", hashes), array("b", map(leanings.__getitem__, hashes)), frequent)


def _eighths(small: float | None, capitalised: float | None) -> int:
    """A word that is seen in one form alone leans that way, however rare it is."""
    if small is None or capitalised is None:
        return _MOST if capitalised is None else -_MOST
    return max(-_MOST, min(_MOST, round((small - capitalised) * _STEPS)))


def _entries() -> Iterator[tuple[str, float]]:
    """Yield words and the logarithms of their frequencies: one entry a line, most frequent first."""
    package, path = _TABLE
    try:
        table = files(package).joinpath(path).open("rb")
    except (ModuleNotFoundError, FileNotFoundError):
        raise Fatal("vocabulary_missing", f"the package {package} is not installed") from None
    with table, gzip.open(table, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 1, _ENTRIES):
            word, _, frequency = line.partition('":')
            if word[3:].isalpha():
                yield word[3:], float(frequency.rstrip(",\n"))
