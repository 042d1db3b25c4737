"""Commands for reviewers: `reviews list`, `reviews show`, `reviews approve`, `reviews refuse`."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Literal
from uuid import UUID

import typer

from schemas.base import derive_id
from schemas.codec import decode, encode
from schemas.endings import ActionPublished, Audited, DeadLettered
from schemas.envelope import Message
from schemas.errors import SluicegateError
from schemas.topics import Topic
from schemas.verdicts import REASONS, Decision, ReviewOpened
from schemas.wire import Inbound, Outbound
from streams.cli.line import running_line
from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json, show_table
from streams.publishing import publish
from streams.watching import read_to_end, watch

Review = Annotated[str, typer.Argument(help="Id of the review, or its first characters.", metavar="REVIEW")]
Reviewer = Annotated[str, typer.Option("--as", help="Your id, as the registry of reviewers has it.")]
Reason = Annotated[str, typer.Option(help=f"For the record: {', '.join(REASONS)}.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the outcome.", min=0)]

_CLASSES: dict[str, type[Message]] = {
    Topic.REVIEWS: ReviewOpened,
    Topic.ACTIONS: ActionPublished,
    Topic.DEAD_LETTERS: DeadLettered,
    Topic.AUDIT: Audited,
}
_ID_CHARACTERS = 8


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="See, approve and refuse what waits for a person.", no_args_is_help=True)
    group.command("list")(list_)
    for command in (show, approve, refuse):
        group.command()(command)
    app.add_typer(group, name="reviews", rich_help_panel="Decide and look into")


def list_(*, as_json: AsJson = False) -> None:
    """List the reviews that wait, those that expire first on top.

    Example: `sluicegate reviews list`
    """
    with reported():
        found = _waiting(running_line().broker.bootstrap).values()
    waiting = sorted(found, key=lambda review: (review.expires_at, review.review_id))
    if as_json:
        for review in waiting:
            show_json(_summary(review))
    elif waiting:
        columns = ("review", "request", "tenant", "action", "stopped by", "expires (UTC)")
        show_table(_count(len(waiting)), columns, [_row(review) for review in waiting])
    else:
        say("No review waits.")


def show(review: Review, *, as_json: AsJson = False) -> None:
    """Show all that a decision rests on: request, proposal, evidence and the rule that stopped it.

    Example: `sluicegate reviews show 3f2a`
    """
    with reported():
        found = _find(running_line().broker.bootstrap, review)
    if as_json:
        show_json(found.model_dump(mode="json", exclude={"vault", "work", "usage", "hold"}))
        return
    for line in _told(found):
        say(line)


def approve(
    review: Review,
    *,
    reviewer: Reviewer,
    reason: Reason = "checked",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Approve a review for the payload it shows, no other, and say what came of it.

    Exits with 1 when the decision was not accepted.

    Example: `sluicegate reviews approve 3f2a --as reviewer-anna`
    """
    _decide(review, reviewer, "approve", reason, wait, as_json=as_json)


def refuse(
    review: Review,
    *,
    reviewer: Reviewer,
    reason: Reason = "unstated",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Refuse a review: the request ends as a dead letter.

    Exits with 1 when the decision was not accepted.

    Example: `sluicegate reviews refuse 3f2a --as reviewer-anna --reason not_our_order`
    """
    _decide(review, reviewer, "refuse", reason, wait, as_json=as_json)


def _decide(
    review: str,
    reviewer: str,
    decision: Literal["approve", "refuse"],
    reason: str,
    wait_seconds: float,
    *,
    as_json: bool,
) -> None:
    if reason not in REASONS:
        fail(f"a reason is one of {', '.join(REASONS)}", Exit.USAGE)
    with reported():
        bootstrap = running_line().broker.bootstrap
        found = _find(bootstrap, review)
        made = Decision(
            decision_id=derive_id("decision", found.review_id, reviewer, decision),
            review_id=found.review_id,
            tenant=found.context.tenant,
            reviewer_id=reviewer,
            decision=decision,
            payload_digest=found.verdict.payload_digest,
            reason=reason,
        )
        places = publish(bootstrap, [Outbound(Topic.DECISIONS, made.tenant.encode(), encode(made))])
        outcome = _outcome(bootstrap, made, places[0], wait_seconds)
    if as_json:
        show_json({**made.model_dump(mode="json"), "outcome": _outcome_document(outcome)})
    else:
        say(f"{decision} {found.review_id}: {_outcome_text(outcome)}")
    if isinstance(outcome, Audited):
        raise typer.Exit(Exit.FAILED)


def _outcome(
    bootstrap: str, made: Decision, place: tuple[int, int], wait_seconds: float
) -> ActionPublished | DeadLettered | Audited | None:
    """Wait for what closes the review, or for the note that this very decision was not accepted."""
    limit = time.monotonic() + wait_seconds
    endings = (Topic.ACTIONS, Topic.DEAD_LETTERS, Topic.AUDIT)
    with closing(watch(bootstrap, endings, idle_seconds=0.1)) as records:
        for record in records:
            event = _decoded(record) if record is not None else None
            if isinstance(event, Audited) and _concerns(event, place):
                return event
            if isinstance(event, ActionPublished | DeadLettered) and _closed(event) == made.review_id:
                return event
            if record is None and time.monotonic() > limit:
                return None
    return None


def _concerns(event: Audited, place: tuple[int, int]) -> bool:
    source = event.source
    return source.topic == Topic.DECISIONS and (source.partition, source.offset) == place


def _outcome_text(outcome: ActionPublished | DeadLettered | Audited | None) -> str:
    if isinstance(outcome, ActionPublished):
        return f"published as action {outcome.id}"
    if isinstance(outcome, DeadLettered):
        return f"ended as dead letter {outcome.reason}"
    if isinstance(outcome, Audited):
        return f"not accepted: {outcome.kind}"
    return "sent; what comes of it will be on `actions` or `dead-letters`"


def _outcome_document(outcome: ActionPublished | DeadLettered | Audited | None) -> dict[str, str]:
    if isinstance(outcome, ActionPublished):
        return {"kind": "action", "action_id": str(outcome.id)}
    if isinstance(outcome, DeadLettered):
        return {"kind": "dead_letter", "reason": outcome.reason}
    if isinstance(outcome, Audited):
        return {"kind": "not_accepted", "reason": outcome.kind}
    return {"kind": "pending"}


def _find(bootstrap: str, prefix: str) -> ReviewOpened:
    found = [review for identity, review in _waiting(bootstrap).items() if str(identity).startswith(prefix)]
    if not found:
        fail(f"no waiting review starts with {prefix}; see `sluicegate reviews list`", Exit.NOT_FOUND)
    if len(found) > 1:
        fail(f"{len(found)} waiting reviews start with {prefix}; give more of the id", Exit.NOT_FOUND)
    return found[0]


def _waiting(bootstrap: str) -> dict[UUID, ReviewOpened]:
    """Fold reviews and what closed them."""
    opened: dict[UUID, ReviewOpened] = {}
    closed: set[UUID | None] = set()
    for record in read_to_end(bootstrap, [Topic.REVIEWS, Topic.ACTIONS, Topic.DEAD_LETTERS]):
        event = _decoded(record)
        if isinstance(event, ReviewOpened):
            opened[event.review_id] = event
        elif isinstance(event, ActionPublished | DeadLettered):
            closed.add(_closed(event))
    return {identity: review for identity, review in opened.items() if identity not in closed}


def _decoded(record: Inbound) -> Message | None:
    """Return the event, or None for what cannot be read: the line reports that, it is not ours to judge here."""
    try:
        return decode(_CLASSES[record.topic], record)
    except SluicegateError:
        return None


def _closed(event: ActionPublished | DeadLettered) -> UUID | None:
    """Return the review that an ending closed, if it closed one."""
    if isinstance(event, DeadLettered):
        return event.review_id
    return event.approval.review_id if event.approval else None


def _count(number: int) -> str:
    return "1 review waits" if number == 1 else f"{number} reviews wait"


def _row(review: ReviewOpened) -> tuple[str, ...]:
    rules = ", ".join(review.verdict.rules)
    expires = f"{review.expires_at:%m-%d %H:%M}"
    context = review.context
    return (
        str(review.review_id)[:_ID_CHARACTERS],
        context.source_id,
        context.tenant,
        review.action.type,
        rules,
        expires,
    )


def _summary(review: ReviewOpened) -> dict[str, object]:
    return {
        "review_id": str(review.review_id),
        "request_id": str(review.context.request_id),
        "source": review.context.source,
        "source_id": review.context.source_id,
        "tenant": review.context.tenant,
        "action_type": review.action.type,
        "rules": list(review.verdict.rules),
        "opened_at": review.opened_at.isoformat(),
        "expires_at": review.expires_at.isoformat(),
    }


def _told(review: ReviewOpened) -> Iterator[str]:
    context, verdict = review.context, review.verdict
    roles = ", ".join(context.principal.roles) or "no role"
    yield f"review     {review.review_id}"
    yield f"           opened {review.opened_at:%Y-%m-%d %H:%M:%S}, expires {review.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"request    {context.source_id} ({context.request_id})"
    yield f"           of {context.principal.id} ({roles}), {context.tenant}, through {context.source}"
    for turn in review.content.turns:
        yield f"           earlier, {turn.role}: {turn.text}"
    yield f"           {review.content.text}"
    if review.content.signals:
        yield f"           signs of injection: {', '.join(signal.kind for signal in review.content.signals)}"
    yield f"stopped by {', '.join(verdict.rules)} (policy {verdict.policy_version[:12]})"
    yield f"action     {review.action.type}"
    for name, value in review.action.model_dump(mode="json", exclude={"type"}).items():
        yield f"           {name}: {value}"
    yield from _evidence(review)
    yield f"decide     sluicegate reviews approve {str(review.review_id)[:_ID_CHARACTERS]} --as YOUR-ID (or refuse)"


def _evidence(review: ReviewOpened) -> Iterator[str]:
    for result in review.evidence.tool_results:
        yield f"evidence   {result.tool}({', '.join(result.arguments.values())}): {result.status}"
        for name, value in result.record.items():
            yield f"           {name}: {value}"
    for chunk in review.evidence.chunks:
        yield f"evidence   {chunk.title} ({chunk.chunk_id})"
        yield f"           {chunk.text}"
