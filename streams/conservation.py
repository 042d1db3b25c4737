"""Invariant 1, checked from outside: every published request reaches exactly one outcome per generation."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from schemas.codec import decode
from schemas.endings import ActionPublished, Audited, DeadLettered
from schemas.envelope import Context, Message
from schemas.topics import Topic
from schemas.verdicts import ReviewOpened
from schemas.wire import Inbound

TERMINALS: Mapping[str, type[Message]] = {
    Topic.ACTIONS: ActionPublished,
    Topic.REVIEWS: ReviewOpened,
    Topic.DEAD_LETTERS: DeadLettered,
    Topic.AUDIT: Audited,
}

Record = tuple[int, int]
"""A record of `requests`: partition and offset."""


class Kind(StrEnum):
    """How a published record can end."""

    ACTION = "action"
    REVIEW = "review"
    DEAD_LETTER = "dead_letter"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Ending:
    """One ending of one published record.

    Attributes:
        reason: the action's type, the rule, or the dead letter's reason.
        generation: 0 unless the request was replayed.
        event_id: CloudEvents id; a redelivery repeats it.
    """

    record: Record
    generation: int
    kind: Kind
    reason: str
    event_id: str
    action_id: UUID | None = None
    request_id: UUID | None = None
    review_id: UUID | None = None


def ending_of(message: Inbound) -> Ending | None:
    """Return the ending a terminal record tells of, or None when it ends nothing (a stage's own note)."""
    event = decode(TERMINALS[message.topic], message)
    event_id = (message.header("ce_id") or b"").decode()
    if isinstance(event, Audited):
        return (
            _ending(event.context, Kind.DUPLICATE, event.kind, event_id)
            if event.kind == "duplicate"
            else None
        )
    if isinstance(event, DeadLettered):
        return _dead_letter(event, event_id)
    if isinstance(event, ActionPublished):
        review = event.approval.review_id if event.approval else None
        return _ending(
            event.context, Kind.ACTION, event.action.type, event_id, action_id=event.id, review_id=review
        )
    assert isinstance(event, ReviewOpened)
    rule = event.verdict.rules[0] if event.verdict.rules else "review"
    return _ending(event.context, Kind.REVIEW, rule, event_id, review_id=event.review_id)


def _ending(
    context: Context,
    kind: Kind,
    reason: str,
    event_id: str,
    *,
    action_id: UUID | None = None,
    review_id: UUID | None = None,
) -> Ending:
    record = (context.origin.partition, context.origin.offset)
    return Ending(
        record, context.generation, kind, reason, event_id, action_id, context.request_id, review_id
    )


def _dead_letter(event: DeadLettered, event_id: str) -> Ending | None:
    if event.context is not None:
        return _ending(event.context, Kind.DEAD_LETTER, event.reason, event_id, review_id=event.review_id)
    if event.source.topic != Topic.REQUESTS:
        return None
    record = (event.source.partition, event.source.offset)
    return Ending(record, 0, Kind.DEAD_LETTER, event.reason, event_id)


@dataclass
class Conservation:
    """Holds what was published against what became of it."""

    published: set[Record]
    endings: dict[Record, list[Ending]] = field(default_factory=dict)

    def add(self, ending: Ending) -> None:
        """Take an ending into account; a repetition of the same event counts once, except for actions."""
        known = self.endings.setdefault(ending.record, [])
        repeated = bool(ending.event_id) and any(ending.event_id == other.event_id for other in known)
        if ending.kind is Kind.ACTION or not repeated:
            known.append(ending)

    @property
    def complete(self) -> bool:
        return not self.lost

    @property
    def lost(self) -> list[Record]:
        """Records without an ending."""
        return sorted(self.published - self.endings.keys())

    @property
    def foreign(self) -> list[Record]:
        """Endings of records that were not published here."""
        return sorted(self.endings.keys() - self.published)

    @property
    def doubled(self) -> list[Record]:
        """Records with more than one outcome in a generation; a review and what closed it are one."""
        return sorted(record for record, endings in self.endings.items() if _doubled(endings))

    @property
    def duplicate_actions(self) -> int:
        """Messages on `actions` beyond the first of each id."""
        ids = Counter(ending.action_id for ending in self._all() if ending.kind is Kind.ACTION)
        return sum(count - 1 for count in ids.values())

    def outcomes(self) -> Counter[Kind]:
        """Count records by the kind of their last ending."""
        return Counter(final(endings).kind for endings in self.endings.values())

    def reasons(self) -> Counter[tuple[Kind, str]]:
        """Count records by kind and reason of their last ending."""
        return Counter((last.kind, last.reason) for last in map(final, self.endings.values()))

    def _all(self) -> Iterable[Ending]:
        return (ending for endings in self.endings.values() for ending in endings)


_FINALITY = {Kind.REVIEW: 0, Kind.DUPLICATE: 1, Kind.DEAD_LETTER: 2, Kind.ACTION: 3}


def final(endings: list[Ending]) -> Ending:
    """Return the ending that counts: the latest generation's, and there what closed a review over the review."""
    return max(endings, key=lambda ending: (ending.generation, _FINALITY[ending.kind]))


def _doubled(endings: list[Ending]) -> bool:
    by_generation: dict[int, list[Ending]] = {}
    for ending in endings:
        by_generation.setdefault(ending.generation, []).append(ending)
    return any(len(_without_closed(found)) > 1 for found in by_generation.values())


def _without_closed(endings: list[Ending]) -> list[Ending]:
    closed = {ending.review_id for ending in endings if ending.kind is not Kind.REVIEW and ending.review_id}
    return [ending for ending in endings if ending.kind is not Kind.REVIEW or ending.review_id not in closed]
