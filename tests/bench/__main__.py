"""`python -m tests.bench [NAME ...]`: measure, print a table or, with `--json`, a document."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench import dispatcher, knowledge, line, permissions, policy, redact, store
from tests.bench.figures import Measure, Report, rounded


@dataclass(frozen=True)
class Bench:
    """A benchmark with how much it measures in each run unless told otherwise."""

    measure: Callable[[int, int], Report]
    size: int
    unit: str


BENCHES = {
    "line": Bench(line.measure, 1000, "requests"),
    "redact": Bench(redact.measure, 200, "documents"),
    "dispatcher": Bench(dispatcher.measure, 5000, "messages"),
    "store": Bench(store.measure, 4000, "messages"),
    "policy": Bench(policy.measure, 1000, "verdicts"),
    "knowledge": Bench(knowledge.measure, 100_000, "passages"),
    "permissions": Bench(permissions.measure, 20_000, "queries"),
}
RUNS = 3
PLAIN_WIDTH = 132
"""Columns of a table that goes to a file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named, all without a name, and print what they found; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    names = options.names or list(BENCHES)
    if unknown := sorted(set(names) - BENCHES.keys()):
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    progress = Console(stderr=True)
    reports = []
    for name in names:
        started = time.monotonic()
        progress.print(f"{name} ...", end=" ")
        bench = BENCHES[name]
        reports.append(bench.measure(options.size or bench.size, options.runs))
        progress.print(f"{time.monotonic() - started:.0f} s", highlight=False)
    if options.json:
        print(json.dumps(document(reports), indent=2, ensure_ascii=False))
    else:
        show(reports, Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--size", type=int, help="how much to measure in each run; by default as each says")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs after the warm-up, by default {RUNS}")
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of a table")
    return parser


def document(reports: Sequence[Report]) -> dict[str, JsonValue]:
    """Return what `--json` prints."""
    return {"machine": _machine(), "benches": {report.bench: report.document() for report in reports}}


def _machine() -> dict[str, JsonValue]:
    return {
        "cores": os.cpu_count(),
        "load": [round(each, 1) for each in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def show(reports: Sequence[Report], console: Console) -> None:
    """Print one table for each report."""
    for report in reports:
        table = Table(title=report.command, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        table.add_column("what")
        table.add_column("unit")
        for column in ("median", "low", "high", "ratio"):
            table.add_column(column, justify="right")
        table.add_column("baseline")
        for measure in report.measures:
            table.add_row(*_row(measure))
        console.print(table)
        for note in report.notes:
            console.print(f"  {note}", highlight=False, soft_wrap=True)
    console.print(f"machine: {_machine()}", highlight=False)


def _row(measure: Measure) -> tuple[str, ...]:
    ratio = measure.ratio
    times = "" if ratio is None else f"{_number(ratio)} x"
    figures = (measure.median, min(measure.samples), max(measure.samples))
    baseline = measure.baseline.name if measure.baseline else ""
    return (measure.name, measure.unit, *map(_number, figures), times, baseline)


def _number(value: float) -> str:
    return f"{rounded(value):,.6g}"


if __name__ == "__main__":
    sys.exit(main())
