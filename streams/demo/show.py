"""The demonstration as a person sees it: live progress, then what the sample became, then what to type next."""

import json
import shutil
import time
from collections import Counter
from uuid import UUID

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from processors.tasks.shop_support.sample import load as load_sample
from schemas.errors import Fatal
from sinks.clickhouse.answer import Reads
from sinks.clickhouse.story import story
from streams.cli.terminal import Exit, show_json
from streams.clock import SystemClock
from streams.conservation import Conservation, Kind, final
from streams.demo.figures import Figures, figures, wait_for_record
from streams.demo.run import Run, run
from streams.embedded import session
from streams.embedded.stack import Stack
from streams.reading import open_reader
from streams.settings import Settings
from streams.storytelling import told

_LABELS = {
    Kind.ACTION: "actions",
    Kind.REVIEW: "reviews",
    Kind.DEAD_LETTER: "dead letters",
    Kind.DUPLICATE: "duplicates",
}


def demonstrate(settings: Settings, *, external: bool, timeout: float, as_json: bool) -> int:
    """Run the sample through a line of its own, show what became of it, and return the exit code."""
    console = Console(stderr=as_json)
    started = time.monotonic()
    if not external:
        _clear(settings)
    sample = load_sample(SystemClock().now())
    console.print(f"Starting the line and publishing {len(sample)} requests ...")
    with Stack(settings, own_broker=not external) as stack:
        session.remember(stack.settings)
        console.print(f"  the line is started after {time.monotonic() - started:.1f} s", highlight=False)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            result = run(
                stack,
                sample,
                lambda seen: live.update(_progress(seen)),
                started=started,
                timeout=timeout,
            )
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


def _clear(settings: Settings) -> None:
    """Remove the store of an earlier run: the embedded broker starts empty, and so must what is told of it."""
    shutil.rmtree(settings.state_dir / "store", ignore_errors=True)


def _progress(seen: Conservation) -> Table:
    table = Table.grid(padding=(0, 2))
    done, total = len(seen.published) - len(seen.lost), len(seen.published)
    counts = seen.outcomes()
    table.add_row(
        f"{done}/{total} requests have ended", *(f"{counts[kind]} {name}" for kind, name in _LABELS.items())
    )
    return table


def _report(console: Console, reader: Reads, result: Run, found: Figures) -> None:
    _funnel(console, result)
    _tables(console, found)
    for kind in (Kind.ACTION, Kind.DEAD_LETTER, Kind.REVIEW):
        _example(console, result, kind)
    _one_story(console, reader, result)
    _verdict(console, result, found)


def _funnel(console: Console, result: Run) -> None:
    table = Table(title=f"{len(result.sample)} requests in", title_justify="left", title_style="bold")
    table.add_column("outcome")
    table.add_column("reason")
    table.add_column("requests", justify="right")
    for (kind, reason), count in sorted(
        result.conservation.reasons().items(), key=lambda item: (item[0][0], -item[1])
    ):
        table.add_row(str(kind), reason, str(count))
    console.print(table)


def _tables(console: Console, found: Figures) -> None:
    for title, answer in (("Tokens and cost by tier", found.tiers), ("Latency by stage", found.latency)):
        table = Table(title=title, title_justify="left", title_style="bold")
        for column in answer.columns:
            table.add_column(column, justify="right" if column.endswith(("s", "d")) else "left")
        for row in answer.rows:
            table.add_row(*(str(value) for value in row))
        console.print(table)


def _example(console: Console, result: Run, kind: Kind) -> None:
    message = result.examples.get(kind)
    if message is None or message.value is None:
        return
    document = json.loads(message.value)
    names = {
        Kind.ACTION: ("id", "action", "tier", "rules", "policy_version", "signature"),
        Kind.DEAD_LETTER: ("stage", "reason", "retryable", "source", "detail"),
        Kind.REVIEW: ("review_id", "action", "verdict", "expires_at"),
    }[kind]
    shown = {name: document.get(name) for name in names}
    text = json.dumps(shown, indent=2, ensure_ascii=False)
    console.print(Panel(text.replace("[", r"\["), title=f"one of the {_LABELS[kind]}", title_align="left"))


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
            f"[yellow]unexpected:[/yellow] {message.note}: {ending.kind}:{ending.reason}", highlight=False
        )
    state = "[bold green]kept[/bold green]" if result.exact else "[bold red]broken[/bold red]"
    console.print(
        f"Conservation {state}: {len(seen.published)} in, {len(seen.lost)} lost, {len(seen.doubled)} doubled, "
        f"{seen.duplicate_actions} duplicate actions.",
    )
    first = f"{result.first_action_seconds:.1f} s" if result.first_action_seconds is not None else "none"
    console.print(
        f"{result.seconds:.1f} s in all; first action after {first}; {found.model_calls} model calls, "
        f"{found.tokens} tokens, ${found.cost_usd} (a notional price for the embedded model); "
        f"peak memory {found.peak_mib} MiB."
    )
    request = _interesting(result)
    console.print("Next:", style="bold")
    for command in (
        f"sluicegate trace {request}",
        'sluicegate query "SELECT outcome, reason, sum(requests) FROM v_funnel GROUP BY ALL ORDER BY 3 DESC"',
        "sluicegate dev",
    ):
        console.print(f"  .venv/bin/{command}", highlight=False, soft_wrap=True)


def unexpected_kinds(result: Run) -> Counter[str]:
    """Count unexpected endings by their note, for tests."""
    return Counter(message.note for message, _ in result.unexpected)
