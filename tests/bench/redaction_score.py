"""How well redaction did against a gold standard, counted in characters.

- leak: share of the gold characters that no span covers, whatever the span's type;
- core leak: the same for the labels that a redactor is normally promised to find (all but `NON_CORE`);
- document leak: share of the documents with core spans in which at least one core character leaks;
- over-redaction: share of the characters outside all gold spans that a span covers.

White space never counts, a character in several spans counts once, and a label nobody supports counts as any other.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Stretch = tuple[int, int]
"""Start and end, in code points."""

NON_CORE = frozenset(
    {
        *("ORGANIZATION", "TITLE", "PREFIX", "AGE", "NRP", "DATE_TIME", "GPE", "LOCATION"),
        *("ORG", "DEM", "DATETIME", "QUANTITY", "MISC", "LOC", "location"),
    }
)
"""Labels, as public sets write them, of what says little about a person by itself."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A stretch of personal data."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text whose personal data is known."""

    text: str
    gold: tuple[Gold, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float:
        """Between 0 and 1; not a number when there was nothing to count."""
        return self.part / self.whole if self.whole else math.nan

    def __add__(self, other: "Share") -> "Share":
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True)
class Score:
    """The four shares of some documents, and the leak of each label by itself."""

    leak: Share = Share()
    core_leak: Share = Share()
    document_leak: Share = Share()
    over: Share = Share()
    labels: Mapping[str, Share] = field(default_factory=dict)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.leak + other.leak,
            self.core_leak + other.core_leak,
            self.document_leak + other.document_leak,
            self.over + other.over,
            _added(self.labels, other.labels),
        )


def score(documents: Iterable[Labelled], found: Iterable[Sequence[Stretch]]) -> Score:
    """Compare what was found in each document with what there was."""
    pairs = zip(documents, found, strict=True)
    return sum((score_one(document, stretches) for document, stretches in pairs), Score())


def score_one(document: Labelled, found: Iterable[Stretch]) -> Score:
    """Compare what was found in one document with what there was."""
    visible = {place for place, character in enumerate(document.text) if not character.isspace()}
    covered = visible & _places(found)
    core = [gold for gold in document.gold if gold.label not in NON_CORE]
    everything, essential = visible & _gold(document.gold), visible & _gold(core)
    return Score(
        Share(len(everything - covered), len(everything)),
        Share(len(essential - covered), len(essential)),
        Share(int(not essential <= covered), 1) if core else Share(),
        Share(len(covered - everything), len(visible - everything)),
        _by_label(document.gold, visible, covered),
    )


def _by_label(gold: Iterable[Gold], visible: set[int], covered: set[int]) -> dict[str, Share]:
    labels: dict[str, Share] = {}
    for each in gold:
        places = visible & _gold([each])
        labels = _added(labels, {each.label: Share(len(places - covered), len(places))})
    return labels


def _places(stretches: Iterable[Stretch]) -> set[int]:
    return {place for start, end in stretches for place in range(start, end)}


def _gold(gold: Iterable[Gold]) -> set[int]:
    return _places((each.start, each.end) for each in gold)


def _added(one: Mapping[str, Share], other: Mapping[str, Share]) -> dict[str, Share]:
    return {label: one.get(label, Share()) + other.get(label, Share()) for label in {**one, **other}}
