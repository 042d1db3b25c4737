"""What a benchmark found: samples of repeated runs, their median and spread, and how they compare to a baseline."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from pydantic import JsonValue


@dataclass(frozen=True)
class Measure:
    """One figure, measured once in every run.

    Attributes:
        samples: one value a run, the warm-up left out.
        baseline: what it is to be compared with.
        lower_is_better: for times; else the figure is a rate.
    """

    name: str
    unit: str
    samples: tuple[float, ...]
    baseline: "Measure | None" = None
    lower_is_better: bool = False

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def ratio(self) -> float | None:
        """How many times as good as the baseline, by the medians."""
        if self.baseline is None:
            return None
        ours, theirs = self.median, self.baseline.median
        return theirs / ours if self.lower_is_better else ours / theirs

    def document(self) -> dict[str, JsonValue]:
        """Return the measure for `--json`."""
        ratio = self.ratio
        return {
            "name": self.name,
            "unit": self.unit,
            "median": rounded(self.median),
            "low": rounded(min(self.samples)),
            "high": rounded(max(self.samples)),
            "samples": [rounded(sample) for sample in self.samples],
            "baseline": self.baseline.name if self.baseline else None,
            "ratio": None if ratio is None else rounded(ratio),
        }


@dataclass(frozen=True)
class Report:
    """What one benchmark found.

    Attributes:
        size: how much was measured in each run, in the benchmark's own unit.
        notes: what a reader must know to judge the figures.
    """

    bench: str
    size: int
    runs: int
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What repeats it."""
        return f"python -m tests.bench {self.bench} --size {self.size} --runs {self.runs}"

    def document(self) -> dict[str, JsonValue]:
        """Return the report for `--json`."""
        return {
            "command": self.command,
            "size": self.size,
            "runs": self.runs,
            "measures": [measure.document() for measure in self.measures],
            "notes": list(self.notes),
        }


def rates(count: int, seconds: Iterable[float]) -> tuple[float, ...]:
    """Return how many a second each duration means."""
    return tuple(count / max(each, 1e-9) for each in seconds)


def rounded(value: float) -> float:
    """Return the value with three significant digits, which is more than a benchmark can tell apart."""
    return float(f"{value:.3g}")
