"""One subject of the redaction benchmark, measured in a process of its own: time, memory, and what it found."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from tests.bench.processes import peak_mib
from tests.bench.redaction_corpus import LONG, long_texts, short_texts
from tests.bench.redaction_crafted import LENGTH, crafted
from tests.bench.redaction_files import sets
from tests.bench.redaction_probes import probes
from tests.bench.redaction_score import Labelled, Score, Stretch, score
from tests.bench.redaction_subjects import BATCH, STRICT, Find, finder

MADE_UP = ("short", "long")
"""Names of the sets that are made up."""

_LONG_SHARE = 20
_WARM_UP = 50
_CHARACTERS = 20
_GROWTH = (2, 10, 20)
_LONGER = 25
_UNUSED_SEEDS = 1_000_000

Corpus = tuple[list[Labelled], ...]
"""Texts for each lap; the first is the warm-up."""


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        size: short texts of a run; a twentieth of that are long ones. Below 200 long and crafted texts are shorter.
        data: folder with labelled texts of others.
        long: whether memory is followed over 25 times as many documents, and every probe taken.
    """

    size: int
    runs: int
    data: Path | None = None
    long: bool = False

    @property
    def marks(self) -> tuple[int, ...]:
        """After how many documents memory is looked at."""
        return tuple(self.size * times * (_LONGER if self.long else 1) for times in _GROWTH)

    def corpora(self) -> dict[str, Corpus]:
        """Return the sets of texts by name: each run has made-up texts of its own, and all of the others'."""
        laps = range(self.runs + 1)
        many, length = max(1, self.size // _LONG_SHARE), min(LONG, self.size * _CHARACTERS)
        others = sets(self.data) if self.data else {}
        shorter = tuple(short_texts(self.size, seed) for seed in laps)
        longer = tuple(long_texts(many, seed, length) for seed in laps)
        return {
            **dict(zip(MADE_UP, (shorter, longer), strict=True)),
            **{name: (texts[:_WARM_UP], texts) for name, texts in others.items()},
        }

    def probes(self) -> dict[str, list[Labelled]]:
        """Return texts with one value each to be covered whole: a choice, or all of them when it may take long."""
        return probes(None if self.long else self.size)

    def crafted(self) -> dict[str, str]:
        """Return the texts made to be slow."""
        return crafted(min(LENGTH, self.size * _CHARACTERS))


@dataclass(frozen=True)
class Pass:
    """One run over a set: CPU seconds with the texts one by one, and in batches; and how good it was."""

    documents: int
    single_seconds: float
    batched_seconds: float
    score: Score


@dataclass(frozen=True)
class Outcome:
    """What was measured of one subject.

    Attributes:
        steady_mib: resident memory after the sets, MiB.
        peak_mib: the most there was, MiB.
        probes: how many values of each set of probes were not wholly covered, as a document leak.
        crafted: CPU milliseconds of each crafted text, in each run of the strict profile, else once.
    """

    passes: Mapping[str, tuple[Pass, ...]]
    steady_mib: float
    peak_mib: float
    probes: Mapping[str, Score]
    crafted: tuple[Mapping[str, float], ...]


def measured(subject: str, plan: Plan) -> Outcome:
    """Measure a subject."""
    find, corpora = finder(subject), plan.corpora()
    passes = {name: tuple(_pass(find, texts) for texts in laps)[1:] for name, laps in corpora.items()}
    steady, peak = resident_mib(), peak_mib(os.getpid())
    probed = {name: _probed(find, texts) for name, texts in plan.probes().items()}
    runs = plan.runs if subject == STRICT else 1  # some of them take the others seconds
    slow = tuple(_each(find, plan.crafted()) for _ in range(runs))
    return Outcome(passes, steady, peak, probed, slow)


def _pass(find: Find, documents: Sequence[Labelled]) -> Pass:
    texts = [document.text for document in documents]
    single, _ = _timed(find, texts, 1)
    batched, found = _timed(find, texts, BATCH)
    return Pass(len(texts), single, batched, score(documents, found))


def _timed(find: Find, texts: Sequence[str], at_once: int) -> tuple[float, list[list[Stretch]]]:
    batches = [texts[start : start + at_once] for start in range(0, len(texts), at_once)]
    started = time.process_time()
    found = [stretches for batch in batches for stretches in find(batch)]
    return time.process_time() - started, found


def _probed(find: Find, documents: Sequence[Labelled]) -> Score:
    _, found = _timed(find, [document.text for document in documents], BATCH)
    return score(documents, found)


def _each(find: Find, texts: Mapping[str, str]) -> dict[str, float]:
    return {name: 1000 * _timed(find, [text], 1)[0] for name, text in texts.items()}


def growth(subject: str, plan: Plan) -> list[float]:
    """Return the resident memory after each mark's number of documents, all different, MiB."""
    find = finder(subject)
    return [_after(find, before, mark) for before, mark in pairwise((0, *plan.marks))]


def _after(find: Find, before: int, mark: int) -> float:
    for start in range(before, mark, BATCH):
        find([each.text for each in short_texts(min(BATCH, mark - start), seed=_UNUSED_SEEDS + start)])
    return resident_mib()


def resident_mib() -> float:
    """Return the resident memory of this process, MiB."""
    return float(psutil.Process().memory_info().rss) / 2**20
