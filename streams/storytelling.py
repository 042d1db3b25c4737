"""A request's story for people on a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from sinks.clickhouse.story import Run, Step, Story
from streams.printing import lines, table

Line = tuple[str, str]
"""What a line is about, and its text; no markup."""

_WORDS: Mapping[str, str] = {
    "values_replaced": "{} values replaced",
    "signals": "{} signs of injection",
    "hold_usd": "${} set aside",
    "chunks": "{} passages",
    "tools": "{}",
    "label": "intent {}",
    "because": "decided by {}",
    "chosen_type": "proposed {}",
}
_UNTOLD = frozenset({"classifier", "lookup_rounds", "tool", "tier"})
"""What a stage notes for analysis, and says again elsewhere."""

_TENTH = Decimal("0.1")
_NOTHING = frozenset({"", "0", "-1", "False"})


def told(story: Story, console: Console) -> None:
    """Print a request in all its generations."""
    for run in story.runs:
        console.print(f"[bold]Request {story.request_id}[/bold]", highlight=False)
        console.print(lines(_asked(run)))
        console.print()
        console.print(_steps(run))
        console.print()
        console.print(lines((*_evidence(run), *_calls(run), *_decided(run), *_ended(run))))


def _asked(run: Run) -> Iterator[Line]:
    if run.ending.generation:
        yield "replay", f"generation {run.ending.generation}"
    asked = run.asked
    if asked is None:
        yield "asked", "it was never redacted, so nothing of its content is kept"
        return
    roles = ", ".join(asked.roles) or "no role"
    yield "id", f"{asked.source_id}, through {asked.source}"
    yield "from", f"{asked.principal_id} ({roles}) of {asked.tenant}"
    yield "received", f"{asked.received_at:%Y-%m-%d %H:%M:%S}, deadline {asked.deadline:%H:%M:%S} UTC"
    yield "asked", _short(asked.text, 600)
    if asked.findings:
        yield "redacted", ", ".join(f"{count} {entity}" for entity, count in asked.findings.items())
    if asked.signals:
        yield "suspicion", f"signs of injection: {', '.join(asked.signals)}"


def _steps(run: Run) -> Table:
    """Return what the stages did. A stage carries along what others noted: each note is told once, where it is new."""
    seen: set[Line] = set()
    rows = []
    for steps in _works(run.steps):
        noted = ", ".join(filter(None, [_note(step, seen) for step in steps]))
        topics = ", ".join(dict.fromkeys(step.topic for step in steps))
        took = (Decimal(steps[0].wall_us) / 1000).quantize(_TENTH)
        rows.append((steps[0].stage, took, topics, noted))
    return table(("stage", "ms", "wrote", "noted"), rows)


def _works(steps: Iterable[Step]) -> list[list[Step]]:
    """Group what a stage wrote at once."""
    works: dict[tuple[object, ...], list[Step]] = {}
    for step in steps:
        works.setdefault((step.stage, step.started_at, step.attempt), []).append(step)
    return list(works.values())


def _note(step: Step, seen: set[Line]) -> str:
    noted = {**step.notes, **step.facts}
    fresh = [
        (name, value)
        for name, value in noted.items()
        if name not in _UNTOLD and value not in _NOTHING and (name, value) not in seen
    ]
    seen.update(fresh)
    return ", ".join(_worded(name, _short(value, 80)) for name, value in fresh)


def _worded(name: str, value: str) -> str:
    if name in _WORDS:
        return _WORDS[name].format(value)
    words = name.replace("_", " ")
    return words if value == "True" else f"{words} {value}"


def _evidence(run: Run) -> Iterator[Line]:
    """Tell what was retrieved and what was withheld, not all that could have been read."""
    for use in run.uses:
        if use.permitted and use.rank > 0:
            yield "evidence", f"{use.chunk_id}, score {use.score:.1f}, allowed by {use.permitted_by}"
    withheld = Counter(use.permitted_by for use in run.uses if not use.permitted)
    if withheld:
        reasons = ", ".join(
            f"{reason.replace('_', ' ')} {count}" for reason, count in sorted(withheld.items())
        )
        yield "withheld", f"{withheld.total()} documents: {reasons}"


def _calls(run: Run) -> Iterator[Line]:
    for call in run.calls:
        used = f"{call.input_tokens} tokens in, {call.output_tokens} out, ${call.cost_usd.normalize():f}, {call.latency_ms} ms"
        yield (
            "model",
            f"{call.model} ({call.tier}) for {call.purpose}, attempt {call.attempt}: {call.status}, {used}",
        )


def _decided(run: Run) -> Iterator[Line]:
    for verdict in run.verdicts:
        rules = ", ".join(verdict.rules) or "no rule"
        yield (
            "policy",
            f"{verdict.ruling} {verdict.action_type} by {rules}, version {verdict.policy_version[:12]}",
        )
    for review in run.reviews:
        yield "review", f"{review.review_id}, expires {review.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    for decision in run.decisions:
        yield "reviewer", f"{decision.reviewer_id}: {decision.decision} ({decision.reason})"


def _ended(run: Run) -> Iterator[Line]:
    for audit in run.audits:
        yield "noted", f"by {audit.stage}: {audit.kind} {audit.detail}".rstrip()
    for action in run.actions:
        yield "action", f"{action.action_id} {_short(action.action, 600)}"
    for letter in run.dead_letters:
        later = "a replay could end otherwise" if letter.retryable else "final"
        yield "dead letter", f"{letter.reason} in {letter.stage}, {later} {letter.detail}".rstrip()
    ending = run.ending
    tokens = ending.input_tokens + ending.output_tokens
    spent = f"{ending.model_calls} model calls, {tokens} tokens, ${ending.cost_usd.normalize():f}"
    yield "ended", f"{ending.outcome.replace('_', ' ')} ({ending.reason}); {spent}"


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 3] + "..."
