"""Redaction in each profile against Presidio as it comes, with the same language model: how well, how fast, how large.

`REDACTION_DATA` names a folder with labelled texts of others to measure on as well (see `redaction_files`);
`REDACTION_LONG=1` follows memory over 25 times as many documents, 100,000 by default, and takes all secrets and
evasions instead of some.
"""

import math
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from tests.bench.figures import Measure, Report, rates
from tests.bench.processes import alone
from tests.bench.redaction_measuring import MADE_UP, Outcome, Pass, Plan, growth, measured
from tests.bench.redaction_score import Score, Share
from tests.bench.redaction_subjects import BATCH, STOCK, STRICT, SUBJECTS

DATA_VARIABLE, LONG_VARIABLE = "REDACTION_DATA", "REDACTION_LONG"
SPEED = "documents/CPU s"
MOST_LABELS, SLOWEST = 12, 8

Outcomes = Mapping[str, Outcome]
Passes = Mapping[str, Sequence[Pass]]


@dataclass(frozen=True)
class RedactReport(Report):
    """A report whose command says what else was asked for."""

    plan: Plan = field(kw_only=True)

    @property
    def command(self) -> str:
        """What repeats it."""
        data = f"{DATA_VARIABLE}={shlex.quote(str(self.plan.data))} " if self.plan.data else ""
        return data + (f"{LONG_VARIABLE}=1 " if self.plan.long else "") + super().command


def measure(size: int, runs: int) -> Report:
    """Search `size` short texts a run, a twentieth as many long ones, and the sets of the folder, if one is named."""
    folder = os.environ.get(DATA_VARIABLE)
    plan = Plan(size, runs, Path(folder) if folder else None, os.environ.get(LONG_VARIABLE, "") == "1")
    outcomes = {subject: alone(measured, subject, plan) for subject in SUBJECTS}
    measures = (*compared(outcomes), *grown(plan, alone(growth, STRICT, plan)))
    return RedactReport("redact", size, runs, measures, tuple(_notes(plan, outcomes)), plan=plan)


def compared(outcomes: Outcomes) -> Iterator[Measure]:
    """Yield what was measured of each subject, compared to stock."""
    yield from _sets(outcomes)
    yield from _probes(outcomes)
    yield from _memory(outcomes)
    yield from _crafted(outcomes)


def _sets(outcomes: Outcomes) -> Iterator[Measure]:
    for name in outcomes[STOCK].passes:
        passes = {subject: outcome.passes[name] for subject, outcome in outcomes.items()}
        yield from _quality(name, passes)
        yield from _speed(name, passes)


def _quality(name: str, passes: Passes) -> Iterator[Measure]:
    for figure, (unit, share) in _FIGURES.items():
        percents = {
            subject: tuple(100 * share(each.score).value for each in taken)
            for subject, taken in passes.items()
        }
        if all(map(math.isfinite, percents[STOCK])):
            yield from _compared(f"{name}: {figure}", unit, percents)


def _speed(name: str, passes: Passes) -> Iterator[Measure]:
    """Everything is compared to Presidio as it comes, which takes one text at a time."""
    single = {subject: _rates(taken, _single_seconds) for subject, taken in passes.items()}
    batched = {subject: _rates(taken, _batched_seconds) for subject, taken in passes.items()}
    stock = Measure(f"{name}: singly, {STOCK}", SPEED, single.pop(STOCK))
    yield stock
    for way, found in (("singly", single), (f"{BATCH} at once", batched)):
        yield from (
            Measure(f"{name}: {way}, {subject}", SPEED, samples, stock) for subject, samples in found.items()
        )


def _rates(taken: Sequence[Pass], seconds: Callable[[Pass], float]) -> tuple[float, ...]:
    return tuple(rate for each in taken for rate in rates(each.documents, [seconds(each)]))


def _single_seconds(taken: Pass) -> float:
    return taken.single_seconds


def _batched_seconds(taken: Pass) -> float:
    return taken.batched_seconds


def _probes(outcomes: Outcomes) -> Iterator[Measure]:
    for name in outcomes[STOCK].probes:
        covered = {
            subject: (100 - 100 * outcome.probes[name].document_leak.value,)
            for subject, outcome in outcomes.items()
        }
        yield from _compared(f"{name}: covered", "% of values", covered, lower_is_better=False)


def _memory(outcomes: Outcomes) -> Iterator[Measure]:
    steady = {subject: (outcome.steady_mib,) for subject, outcome in outcomes.items()}
    peak = {subject: (outcome.peak_mib,) for subject, outcome in outcomes.items()}
    yield from _compared("memory after these", "MiB", steady)
    yield from _compared("memory at its peak", "MiB", peak)


def _crafted(outcomes: Outcomes) -> Iterator[Measure]:
    slowest = {
        subject: tuple(max(run.values()) for run in outcome.crafted) for subject, outcome in outcomes.items()
    }
    yield from _compared("slowest crafted text", "CPU ms", slowest)


def grown(plan: Plan, memory: Sequence[float]) -> Iterator[Measure]:
    """Yield the memory after each mark, compared the other way round: 1.1 x is a tenth more than after the first."""
    samples = zip(plan.marks, memory, strict=True)
    first, *later = (Measure(f"memory after {mark:,} documents", "MiB", (mib,)) for mark, mib in samples)
    yield first
    yield from (replace(each, baseline=first) for each in later)


def _compared(
    name: str, unit: str, found: Mapping[str, tuple[float, ...]], *, lower_is_better: bool = True
) -> Iterator[Measure]:
    """Yield a measure for each subject. Where one is nought, there is no ratio."""
    stock = Measure(f"{name}, {STOCK}", unit, found[STOCK], lower_is_better=lower_is_better)
    yield stock
    for subject, samples in found.items():
        if subject != STOCK:
            baseline = stock if median(samples) and stock.median else None
            yield Measure(f"{name}, {subject}", unit, samples, baseline, lower_is_better)


def _notes(plan: Plan, outcomes: Outcomes) -> Iterator[str]:
    yield f"{STOCK}: Presidio as it comes with the same language model, one text at a time unless said otherwise"
    yield _told(plan, outcomes[STOCK])
    for name, taken in outcomes[STRICT].passes.items():
        yield f"{name}: leak by label, {STRICT}: {_by_label(sum((each.score for each in taken), Score()))}"
    for name, found in outcomes[STRICT].probes.items():
        missed = found.document_leak
        yield f"{name}: {missed.part} of {missed.whole} values not wholly covered, {STRICT}: {_by_label(found)}"
    yield from (
        f"slowest crafted texts, {subject}, CPU ms: {_slowest(outcomes[subject])}"
        for subject in (STRICT, STOCK)
    )


def _told(plan: Plan, outcome: Outcome) -> str:
    others = [
        f"{name} ({taken[0].documents} texts)"
        for name, taken in outcome.passes.items()
        if name not in MADE_UP
    ]
    read = (
        f"those of others: {', '.join(others)}"
        if others
        else f"{DATA_VARIABLE} names a folder of others to add"
    )
    return f"{' and '.join(MADE_UP)} texts are made up by the rules' own authors, which flatters; {read}"


def _by_label(found: Score) -> str:
    """Say of each label what share leaks, those first that leak the most characters."""
    leaking = sorted(
        (label for label in found.labels.items() if label[1].part), key=lambda item: -item[1].part
    )
    return ", ".join(f"{label} {100 * share.value:.1f} %" for label, share in leaking[:MOST_LABELS])


def _slowest(outcome: Outcome) -> str:
    last = sorted(outcome.crafted[-1].items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in last[:SLOWEST])


_FIGURES: Mapping[str, tuple[str, Callable[[Score], Share]]] = {
    "leak": ("% of gold", lambda found: found.leak),
    "core leak": ("% of gold", lambda found: found.core_leak),
    "document leak": ("% of texts", lambda found: found.document_leak),
    "over-redaction": ("% of the rest", lambda found: found.over),
}
