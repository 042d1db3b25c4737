"""A request's story for people on a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from sinks.clickhouse.story import Run, Story


def told(story: Story, console: Console) -> None:
    """Print a request in all its generations."""
    for run in story.runs:
        title = f"request {story.request_id}, generation {run.ending.generation}"
        console.print(Panel("\n".join(_asked(run)), title=title, title_align="left"))
        console.print(_steps(run))
        for line in (*_evidence(run), *_calls(run), *_decided(run), *_ended(run)):
            console.print(line, highlight=False)


def _asked(run: Run) -> Iterator[str]:
    asked = run.asked
    if asked is None:
        yield "It was never redacted, so nothing of its content is kept."
        return
    roles = ", ".join(asked.roles) or "no role"
    yield f"{escape(asked.principal_id)} ({escape(roles)}) of {asked.tenant}, through {escape(asked.source)}"
    yield f"received {asked.received_at:%Y-%m-%d %H:%M:%S}, deadline {asked.deadline:%H:%M:%S} UTC"
    yield f"[italic]{escape(_short(asked.text, 400))}[/italic]"
    if asked.findings:
        found = ", ".join(f"{count} {entity}" for entity, count in asked.findings.items())
        yield f"redacted: {escape(found)}"
    if asked.signals:
        yield f"[yellow]signs of injection: {escape(', '.join(asked.signals))}[/yellow]"


def _steps(run: Run) -> Table:
    table = Table("stage", "wrote", "ms", "noted", title="What the stages did", title_justify="left")
    table.columns[2].justify = "right"
    for step in run.steps:
        noted = ", ".join(f"{name}={value}" for name, value in {**step.notes, **step.facts}.items())
        table.add_row(step.stage, step.topic, f"{step.wall_us / 1000:.1f}", escape(_short(noted, 160)))
    return table


def _evidence(run: Run) -> Iterator[str]:
    for use in run.uses:
        verb = "could read" if use.permitted else "could not read"
        yield f"evidence  {verb} {escape(use.chunk_id)} (score {use.score:.2f}): {escape(use.permitted_by)}"


def _calls(run: Run) -> Iterator[str]:
    for call in run.calls:
        tokens = f"{call.input_tokens}+{call.output_tokens} tokens"
        yield (
            f"model     {escape(call.model)} ({call.tier}) {call.purpose} attempt {call.attempt}: {call.status}, {tokens}, "
            f"${call.cost_usd.normalize():f}, {call.latency_ms} ms"
        )


def _decided(run: Run) -> Iterator[str]:
    for verdict in run.verdicts:
        rules = ", ".join(verdict.rules)
        yield f"policy    {verdict.ruling} {verdict.action_type} by {escape(rules)} of {verdict.policy_version[:12]}"
    for review in run.reviews:
        yield f"review    {review.review_id} opened, expires {review.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    for decision in run.decisions:
        yield f"reviewer  {escape(decision.reviewer_id)}: {decision.decision} ({escape(decision.reason)})"


def _ended(run: Run) -> Iterable[str]:
    for audit in run.audits:
        yield f"audit     {audit.stage}: {audit.kind}"
    for action in run.actions:
        yield f"action    {action.action_id} {escape(_short(action.action, 400))}"
    for letter in run.dead_letters:
        later = "a replay could end otherwise" if letter.retryable else "final"
        yield f"dead      in {letter.stage}: {letter.reason} ({later}) {escape(letter.detail)}"
    ending = run.ending
    yield (
        f"[bold]{ending.outcome}[/bold] {escape(ending.reason)}: {ending.model_calls} model calls, "
        f"{ending.input_tokens + ending.output_tokens} tokens, ${ending.cost_usd.normalize():f}"
    )


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 3] + "..."
