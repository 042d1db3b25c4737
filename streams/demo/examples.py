"""One ending of a kind in a few lines, as it stands on its topic."""

from collections.abc import Iterator, Mapping

from schemas.codec import decode
from schemas.endings import ActionPublished, DeadLettered
from schemas.verdicts import ReviewOpened
from schemas.wire import Inbound
from streams.conservation import TERMINALS, Kind
from streams.demo.run import Run

_TELLING: Mapping[Kind, tuple[str, ...]] = {
    Kind.ACTION: ("issue_refund", "send_reply"),
    Kind.REVIEW: ("refund-over-50-needs-review",),
    Kind.DEAD_LETTER: ("policy_denied", "schema_mismatch"),
}
"""Reasons whose endings tell a newcomer most."""


def example(result: Run, kind: Kind) -> Iterator[tuple[str, str]]:
    """Yield the lines of one ending of a kind, none if there was none."""
    message = _chosen(result, kind)
    event = decode(TERMINALS[message.topic], message) if message is not None else None
    if isinstance(event, ActionPublished):
        yield from _action(event)
    elif isinstance(event, ReviewOpened):
        yield from _review(event)
    elif isinstance(event, DeadLettered):
        yield from _dead_letter(event)


def _chosen(result: Run, kind: Kind) -> Inbound | None:
    found = {reason: message for (of, reason), message in result.examples.items() if of is kind}
    preferred = (found[reason] for reason in (*_TELLING.get(kind, ()), *found) if reason in found)
    return next(preferred, None)


def _action(event: ActionPublished) -> Iterator[tuple[str, str]]:
    yield "action", f"{event.action.type} {event.id}"
    yield "", _fields(event.action.model_dump(mode="json", exclude={"type"}))
    signed = f", signed with key {event.signature.key_id}" if event.signature else ""
    yield "", f"allowed by {', '.join(event.rules)}{signed}"


def _review(event: ReviewOpened) -> Iterator[tuple[str, str]]:
    yield "review", f"{event.action.type} {event.review_id}"
    yield "", _fields(event.action.model_dump(mode="json", exclude={"type"}))
    yield (
        "",
        f"stopped by {', '.join(event.verdict.rules)}, waits until {event.expires_at:%Y-%m-%d %H:%M} UTC",
    )


def _dead_letter(event: DeadLettered) -> Iterator[tuple[str, str]]:
    source = f"{event.source.topic}/{event.source.partition}/{event.source.offset}"
    yield "dead letter", f"{event.reason} in {event.stage}, of {source}"
    because = ", ".join(event.rules) or event.detail
    if because:
        yield "", because


def _fields(fields: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in fields.items() if value not in ([], None)
    )
