"""Account: every ending settles its reservation, once."""

from dataclasses import dataclass

from processors.admit import reservation_id
from schemas.endings import ActionPublished, DeadLettered, Settled
from schemas.verdicts import ReviewOpened

STAGE = "account"

_WITHOUT_RESERVATION = frozenset({"redact", "admit", STAGE})
"""Stages whose dead letters settle nothing: before the reservation, and account's own, which would never end."""


@dataclass(frozen=True)
class Account:
    """Turns terminal outcomes into settlements with deterministic ids, so that a repetition changes nothing."""

    async def __call__(self, event: ActionPublished | ReviewOpened | DeadLettered) -> Settled | None:
        if event.context is None or _unreserved(event):
            return None
        return Settled(
            context=event.context,
            usage=event.usage,
            reservation_id=reservation_id(event.context),
            cost_usd=event.usage.cost_usd,
            tokens=event.usage.tokens,
            day=event.context.day,
        )


def _unreserved(event: ActionPublished | ReviewOpened | DeadLettered) -> bool:
    return isinstance(event, DeadLettered) and event.stage in _WITHOUT_RESERVATION
