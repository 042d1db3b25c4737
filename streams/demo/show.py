"""The demonstration as a person sees it: live progress, then what the sample became, then what to type next."""

import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self
from uuid import UUID

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape

from processors.tasks.shop_support.sample import load as load_sample
from schemas.errors import Fatal
from sinks.clickhouse.answer import Reads
from sinks.clickhouse.story import story
from streams.cli.terminal import Exit, show_json
from streams.clock import SystemClock
from streams.conservation import Conservation, Kind, final
from streams.demo.examples import example
from streams.demo.figures import Figures, figures, wait_for_record
from streams.demo.run import Run, run
from streams.embedded.stack import Stack
from streams.printing import lines, table, titled
from streams.reading import open_reader
from streams.settings import Settings
from streams.storytelling import told

_LABELS = {
    Kind.ACTION: "actions",
    Kind.REVIEW: "reviews",
    Kind.DEAD_LETTER: "dead letters",
    Kind.DUPLICATE: "duplicates",
}
_PLAIN_SECONDS = 5.0
_REASONS_TOLD = 6


def demonstrate(settings: Settings, *, external: bool, timeout: float, as_json: bool) -> int:
    """Run the sample through a line of its own, show what became of it, and return the exit code."""
    console = Console(stderr=as_json)
    started = time.monotonic()
    now = SystemClock().now()
    sample = load_sample(now, mark=f"-{now:%Y%m%d%H%M%S}" if external else "")
    console.print("Starting broker, model, store and workers ...")
    with Stack(settings, own_broker=not external) as stack:
        console.print(f"{len(sample)} requests published while the workers get ready ...", highlight=False)
        with Progress(console) as progress:
            result = run(stack, sample, progress.show, started=started, timeout=timeout)
        ended = stack.failed()
        if ended is not None:
            raise Fatal("process_ended", f"{ended}; see {stack.logs / ended}.log")
        wait_for_record(stack.settings, result.conservation)
        with open_reader(stack.settings) as reader:
            found = figures(reader, stack)
            _report(console, reader, result, found)
    if as_json:
        show_json(found.document(result))
    return Exit.OK if result.exact else Exit.FAILED


class Progress:
    """Says how far the requests are: in place on a terminal, elsewhere in a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = (
            Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        )
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        self._entered: AbstractContextManager[object] = self._live or nullcontext()
        self._entered.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._entered.__exit__(None, None, None)

    def show(self, seen: Conservation) -> None:
        """Show how many requests have ended, and how."""
        if self._live is not None:
            self._live.update(_progress(seen))
        elif time.monotonic() - self._said >= _PLAIN_SECONDS:
            self._said = time.monotonic()
            self._console.print(_progress(seen), highlight=False, soft_wrap=True)


def _progress(seen: Conservation) -> str:
    ended, counts = len(seen.published) - len(seen.lost), seen.outcomes()
    told = ", ".join(f"{name} {counts[kind]}" for kind, name in _LABELS.items() if counts[kind])
    return f"{ended} of {len(seen.published)} requests have ended" + (f": {told}" if told else "")


def _report(console: Console, reader: Reads, result: Run, found: Figures) -> None:
    console.print()
    console.print(_outcomes(result.conservation))
    console.print()
    console.print(titled("Who decided, and at what price", table(found.tiers.columns, found.tiers.rows)))
    console.print()
    console.print(titled("How long the stages took", table(found.latency.columns, found.latency.rows)))
    console.print()
    console.print("[bold]One of each[/bold]")
    console.print(
        lines(line for kind in (Kind.ACTION, Kind.REVIEW, Kind.DEAD_LETTER) for line in example(result, kind))
    )
    console.print()
    _one_story(console, reader, result)
    console.print()
    _verdict(console, result, found)


def _outcomes(seen: Conservation) -> Group:
    counts, by_reason = seen.outcomes(), seen.reasons()
    rows: list[tuple[object, ...]] = [
        (name, counts[kind], _listed({reason: n for (of, reason), n in by_reason.items() if of is kind}))
        for kind, name in _LABELS.items()
    ]
    if seen.lost:
        rows.append(("not ended", len(seen.lost), ""))
    title = f"What became of {len(seen.published)} requests"
    return titled(title, table(("ended as", "requests", "which, or why"), rows))


def _listed(reasons: Mapping[str, int]) -> str:
    """Name reasons with their counts, the most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{reason} {count}" for reason, count in ordered[:_REASONS_TOLD]]
    rest = [f"{len(ordered) - _REASONS_TOLD} other reasons"] if len(ordered) > _REASONS_TOLD else []
    return ", ".join(told + rest)


def _one_story(console: Console, reader: Reads, result: Run) -> None:
    request = _interesting(result)
    if request is not None:
        told(story(reader, request), console)


def _interesting(result: Run) -> UUID | None:
    """Return the request that did most: a review if there is one."""
    lasts = [final(endings) for endings in result.conservation.endings.values()]
    by_kind = {last.kind: last for last in lasts if last.request_id is not None}
    last = by_kind.get(Kind.REVIEW) or by_kind.get(Kind.ACTION)
    return last.request_id if last else None


def _verdict(console: Console, result: Run, found: Figures) -> None:
    seen = result.conservation
    for message, ending in result.unexpected:
        console.print(
            f"[yellow]Unexpected:[/yellow] {escape(message.note)} ended as {ending.kind} {ending.reason}",
            highlight=False,
        )
    state = "[bold green]kept[/bold green]" if result.exact else "[bold red]broken[/bold red]"
    console.print(
        f"Conservation {state}: {len(seen.published)} in, {len(seen.lost)} lost, {len(seen.doubled)} doubled, "
        f"{seen.duplicate_actions} duplicate actions.",
        highlight=False,
    )
    first = f"{result.first_action_seconds:.1f} s" if result.first_action_seconds is not None else "none"
    console.print(
        f"{result.seconds:.1f} s in all, first action after {first}; {found.model_calls} model calls, "
        f"{found.tokens} tokens, ${found.cost_usd:f} (at a notional price); peak memory {found.peak_mib} MiB.",
        highlight=False,
    )
    console.print("[bold]Next[/bold]")
    for command in (
        f"trace {_interesting(result)}",
        'query "SELECT outcome, reason, sum(requests) AS n FROM v_funnel GROUP BY ALL ORDER BY n DESC"',
        "dev",
    ):
        console.print(f"  {_program()} {command}", highlight=False, markup=False, soft_wrap=True)


def _program() -> str:
    """Return how to call the command line from here."""
    here, installed = Path.cwd(), Path(sys.executable).parent / "sluicegate"
    if shutil.which("sluicegate"):
        return "sluicegate"
    return str(installed.relative_to(here)) if installed.is_relative_to(here) else str(installed)
