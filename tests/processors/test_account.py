"""Account: every ending settles its reservation, whatever is repeated (invariant 5)."""

from decimal import Decimal

import pytest

from processors.account import Account
from processors.admit import Admit, reservation_id
from schemas.endings import ActionPublished, DeadLettered, Settled
from schemas.envelope import Usage
from schemas.ports import FixedClock
from schemas.verdicts import ReviewOpened
from tests.events import MOMENT, REGISTRY, context, dead_letter, published, reserved, review_opened

SPENT = Usage(calls=2, input_tokens=900, output_tokens=100, cost_usd=Decimal("0.0031"))
Ending = ActionPublished | ReviewOpened | DeadLettered


ENDINGS: tuple[Ending, ...] = (
    published(usage=SPENT),
    review_opened(usage=SPENT),
    dead_letter(usage=SPENT),
    dead_letter(usage=SPENT, stage="settle", reason="review_expired"),
)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.event_type)
async def test_an_ending_settles_what_was_spent(ending: Ending) -> None:
    booked = await Account()(ending)
    assert isinstance(booked, Settled)
    assert booked.reservation_id == reservation_id(context())
    assert (booked.cost_usd, booked.tokens, booked.day) == (Decimal("0.0031"), 1000, "2025-03-03")


async def test_a_repeated_ending_gives_the_same_settlement() -> None:
    assert await Account()(published()) == await Account()(published())


async def test_a_review_and_its_close_settle_one_reservation_once() -> None:
    first, second = await Account()(review_opened()), await Account()(published())
    assert first is not None
    assert second is not None
    ledger = Admit(REGISTRY, FixedClock(MOMENT)).build([reserved(), first, second])
    assert list(ledger.bookings["acme-shop", "2025-03-03"]) == [first.reservation_id]
    assert first.reservation_id == second.reservation_id


@pytest.mark.parametrize(
    "letter",
    [
        dead_letter(stage="redact"),
        dead_letter(stage="admit"),
        dead_letter(stage="account"),
        dead_letter().model_copy(update={"context": None}),
    ],
)
async def test_what_ended_before_a_reservation_settles_nothing(letter: DeadLettered) -> None:
    assert await Account()(letter) is None


async def test_generations_settle_reservations_of_their_own() -> None:
    first, second = await Account()(dead_letter()), await Account()(dead_letter(context(generation=1)))
    assert first is not None
    assert second is not None
    assert first.reservation_id != second.reservation_id
