"""The form in which words are scanned and passed on: NFKC, without invisible or control characters."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import regex  # type: ignore[import-untyped]

from processors.redact.readings.reading import Change, View, reread, unchanged

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_HEAPED = regex.compile(r"(?<=[\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+")
"""Marks beyond the thirty on one letter that Unicode's stream-safe format allows: sorting them takes quadratic time."""

_COMBINING = regex.compile(r"[\p{M}\u1160-\u11ff\uff9e-\uffdf]")
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as it goes on.

    Attributes:
        hidden: characters nobody can see were taken out between visible ones.
    """

    text: str
    hidden: bool


def normalise(text: str) -> Normalised:
    """Return the text in NFKC without invisible, control and unpaired surrogate characters, lines ended alike."""
    visible = _INVISIBLE.sub("", text)
    clean = _CONTROL.sub("", _BREAK.sub("\n", visible))
    if clean.isascii():
        return Normalised(clean, hidden=_hides(text, visible))
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _HEAPED.sub("", clean)))
    return Normalised(_HEAPED.sub("", folded), hidden=_hides(text, visible))


def normalised_view(text: str) -> View:
    """Return what `normalise` makes of a text, with the way back to it."""
    view = unchanged(text)
    for changes in STEPS:
        found = list(changes(view.text))
        view = reread(view, found) if found else view
    return view


def is_plain(text: str) -> bool:
    """Whether a text is what a reader sees: without control characters, and with nothing hidden inside its words."""
    return not (_CONTROL.search(text) or _HIDDEN_IN_WORDS.search(text))


def _hides(text: str, visible: str) -> bool:
    """Joiners and variation selectors inside emoji are ordinary; what follows or precedes a letter is not."""
    return len(visible) != len(text) and bool(_HIDDEN_IN_WORDS.search(text))


_HIDDEN_IN_WORDS = re.compile(
    "[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}"
    "|(?<=[^\\W_])[\u00ad\u200b\u200c\u200d\u2060\ufeff]+(?=[^\\W_])"
)


def _without_invisible(text: str) -> Iterator[Change]:
    return (Change(*match.span(), "") for match in _INVISIBLE.finditer(text))


def _broken_alike(text: str) -> Iterator[Change]:
    return (Change(*match.span(), "\n") for match in _BREAK.finditer(text))


def _without_control(text: str) -> Iterator[Change]:
    return (Change(*match.span(), "") for match in _CONTROL.finditer(text))


def _unheaped(text: str) -> Iterator[Change]:
    return (Change(match.start(), match.end(), "") for match in _HEAPED.finditer(text))


def _folded(text: str) -> Iterator[Change]:
    """Nothing composes across the left edge of an ASCII character, so what stands between those is folded by itself."""
    for match in _BEYOND_ASCII.finditer(text):
        if not unicodedata.is_normalized("NFKC", match[0]):
            yield from _run(match[0], match.start())


def _run(run: str, start: int) -> Iterator[Change]:
    """Yield the changes character by character with its marks; of all together where they cannot be told apart."""
    whole = unicodedata.normalize("NFKC", run)
    if len(whole) == len(run) and not _COMBINING.search(run):
        yield Change(start, start + len(run), whole)
        return
    bounds = [0, *(place for place, character in enumerate(run) if place and _begins(character)), len(run)]
    clusters = [
        (left, right, unicodedata.normalize("NFKC", run[left:right])) for left, right in pairwise(bounds)
    ]
    if "".join(folded for _, _, folded in clusters) != whole:
        clusters = [(0, len(run), whole)]
    for left, right, folded in clusters:
        if folded != run[left:right]:
            yield Change(start + left, start + right, folded)


def _begins(character: str) -> bool:
    """Whether no character before it combines with this one: marks do, and the later letters of a Hangul syllable."""
    first = unicodedata.normalize("NFKD", character)[0]
    later_jamo = "\u1161" <= first <= "\u11ff"
    return not (later_jamo or unicodedata.category(first).startswith("M"))


STEPS = (
    _without_invisible,
    _broken_alike,
    _without_control,
    _unheaped,
    _folded,
    _without_invisible,
    _unheaped,
)
"""Readings that one after another make of a text what `normalise` does."""
