"""What becomes of an event that a stage cannot pass on: a delayed copy while its deadline allows, else a dead letter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.base import Clock
from schemas.codec import decode
from schemas.endings import DeadLettered, Rejected, State, StatusChanged, redacted_body
from schemas.envelope import Event, Message, Origin, Usage
from schemas.errors import SluicegateError, Unprocessable
from schemas.topics import DELAYS, Topic
from schemas.wire import Inbound, Outbound
from streams.emission import Cause, outbound
from streams.runtime.contracts import Failure
from streams.runtime.delay_loop import DUE, FORWARD_TO
from streams.runtime.lane import refuse_oversized

ATTEMPTS = "sluicegate-attempts"
MAX_DELAYS = 30

_MAX_DETAIL, _MAX_CLASS, _MAX_COUNT_DIGITS = 300, 100, 4

_POINTED_TO = frozenset({Topic.REQUESTS, Topic.ACTIONS, Topic.REVIEWS, Topic.DEAD_LETTERS, Topic.SETTLEMENTS})
"""Never copied: `requests` is clear text, and by the others a request has already ended. A copy of an action would
publish it a second time and its body carries restored values; a dead letter with a context would be a second ending.
"""


def delayable(consumed: Iterable[type[Message]]) -> frozenset[str]:
    """Return the topics, of those that stages consume, whose events may wait in a delay topic."""
    return frozenset(str(cls.topic) for cls in consumed if issubclass(cls, Event)) - _POINTED_TO


@dataclass(frozen=True)
class Endings:
    """Buries what failed in one stage.

    Before redaction, and after the end of a request, a dead letter is a pointer.
    """

    stage: str
    inputs: Mapping[str, type[Message]]
    clock: Clock

    def bury(self, inbound: Inbound, failure: Failure) -> Sequence[Outbound]:
        """Return the delayed copy or the dead letter of a message that failed."""
        ending = self.ending(inbound, failure)
        return (ending,) if isinstance(ending, Outbound) else self.records(inbound, ending)

    def ending(self, inbound: Inbound, failure: Failure) -> Outbound | DeadLettered:
        """Return the delayed copy as a record, or the dead letter."""
        event = self._readable(inbound)
        return self._delayed(inbound, event, failure) or self._letter(inbound, event, failure)

    def reject(self, inbound: Inbound, event: Event | None, rejected: Rejected) -> DeadLettered:
        """Return the dead letter of an event that a stage ended on purpose."""
        return DeadLettered(
            context=event.context if event else None,
            usage=event.usage if event else Usage(),
            stage=self.stage,
            reason=rejected.reason,
            detail=rejected.detail,
            retryable=rejected.retryable,
            rules=rejected.rules,
            policy_version=rejected.policy_version,
            source=Origin.of(inbound),
            failed_at=self.clock.now(),
            body=redacted_body(event) if event else None,
        )

    def records(self, inbound: Inbound, letter: DeadLettered) -> Sequence[Outbound]:
        """Return a dead letter and its status as records."""
        cause = Cause.of(inbound)
        written = [outbound(letter, self.stage, cause, 0)]
        if letter.context is not None:
            status = StatusChanged.of(letter.context, State.REJECTED, letter.reason)
            written.append(outbound(status, self.stage, cause, 1))
        return written

    def _readable(self, inbound: Inbound) -> Event | None:
        model = self.inputs[inbound.topic]
        if inbound.topic in _POINTED_TO or not issubclass(model, Event):
            return None
        try:
            return decode(model, inbound)
        except SluicegateError:
            return None

    def _delayed(self, inbound: Inbound, event: Event | None, failure: Failure) -> Outbound | None:
        if event is None or not failure.retryable:
            return None
        made = _count(inbound.header(ATTEMPTS))
        now = self.clock.now()
        topic, wait = _delay(made, failure.retry_after_seconds)
        if made >= MAX_DELAYS or now >= event.context.deadline:
            return None
        copy = _copy(inbound, topic, now + wait, made + 1)
        return copy if _can_be_sent(copy) else None

    def _letter(self, inbound: Inbound, event: Event | None, failure: Failure) -> DeadLettered:
        rejected = Rejected(reason=failure.reason, detail=failure.detail[:_MAX_DETAIL])
        changes = {
            "error_class": failure.error_class[:_MAX_CLASS],
            "retryable": failure.retryable,
            "attempts": failure.attempts + _count(inbound.header(ATTEMPTS)),
        }
        return self.reject(inbound, event, rejected).model_copy(update=changes)


def _count(raw: bytes | None) -> int:
    """Return the number in a header; a publisher may have put anything there."""
    return int(raw) if raw and len(raw) <= _MAX_COUNT_DIGITS and raw.isdigit() else 0


def _delay(made: int, retry_after_seconds: float | None) -> tuple[str, timedelta]:
    """Return the delay topic for the next wait: longer with each, and no shorter than the dependency asked for."""
    choices = list(DELAYS.items())
    wanted = timedelta(seconds=retry_after_seconds or 0)
    for topic, wait in choices[min(made, len(choices) - 1) :]:
        if wait >= wanted:
            return topic, wait
    return choices[-1]


def _can_be_sent(copy: Outbound) -> bool:
    """Tell whether a copy, which is longer by its marks, is not too large now: the event itself may have just fitted."""
    try:
        refuse_oversized([copy])
    except Unprocessable:
        return False
    return True


def _copy(inbound: Inbound, topic: str, due: datetime, attempts: int) -> Outbound:
    kept = tuple(pair for pair in inbound.headers if pair[0] not in {ATTEMPTS, FORWARD_TO, DUE})
    marks = {ATTEMPTS: str(attempts), FORWARD_TO: inbound.topic, DUE: str(round(due.timestamp() * 1000))}
    ours = tuple((name, value.encode()) for name, value in marks.items())
    return Outbound(topic, inbound.key, inbound.value, kept + ours)
