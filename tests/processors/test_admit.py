"""Admit: duplicates, deadlines and money (invariants 1, 5)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.admit import Admit, Ledger, reservation_id
from schemas.endings import Audited, Rejected, Reserved, Settled, State, StatusChanged
from schemas.envelope import Budget, Context, Message, Origin
from schemas.ports import FixedClock
from schemas.requests import Admitted
from schemas.tasks import Registry, TenantSpec
from tests.events import DEADLINE, MOMENT, REGISTRY, context, dead_letter, redacted, reserved, settled

Result = Message | Rejected | Sequence[Message] | None

DAY = "2025-03-03"
AGAIN = Origin(topic="requests", partition=0, offset=99)


def admit(now: datetime = MOMENT, *, atomic: bool = True, registry: Registry = REGISTRY) -> Admit:
    return Admit(registry, FixedClock(now), atomic=atomic)


async def outcome(stage: Admit, of: Context, ledger: Ledger) -> Result:
    return await stage(redacted(of), ledger)


def admitted(result: Result) -> tuple[Admitted, Reserved]:
    assert isinstance(result, tuple)
    event, booking = result
    assert isinstance(event, Admitted)
    assert isinstance(booking, Reserved)
    return event, booking


async def test_a_request_is_forwarded_with_its_whole_budget_held() -> None:
    ledger = Ledger()
    event, booking = admitted(await outcome(admit(), context(), ledger))
    assert event.hold.reservation_id == booking.reservation_id == reservation_id(context())
    assert (event.hold.cost_usd, event.hold.tokens) == (Decimal("0.02"), 8000)
    assert (booking.day, booking.expires_at) == (DAY, DEADLINE + timedelta(hours=1))
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.02"), 8000)


async def test_a_repeated_publication_is_audited_and_reported_as_duplicate() -> None:
    stage, ledger = admit(), Ledger()
    await outcome(stage, context(), ledger)
    result = await outcome(stage, context(origin=AGAIN), ledger)
    assert isinstance(result, tuple)
    audited, status = result
    assert isinstance(audited, Audited)
    assert isinstance(status, StatusChanged)
    assert (audited.kind, audited.source) == ("duplicate", AGAIN)
    assert (status.state, status.source_id) == (State.DUPLICATE, "req-1")
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.02"), 8000)


async def test_a_redelivery_is_not_forwarded_where_transactions_are_atomic() -> None:
    stage, ledger = admit(), Ledger()
    await outcome(stage, context(), ledger)
    result = await outcome(stage, context(), ledger)
    assert isinstance(result, Audited)
    assert result.kind == "redelivered"


async def test_a_redelivery_is_forwarded_unchanged_where_transactions_are_not_atomic() -> None:
    stage, ledger = admit(atomic=False), Ledger()
    first = admitted(await outcome(stage, context(), ledger))
    assert admitted(await outcome(stage, context(), ledger)) == first
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.02"), 8000)


async def test_a_redelivery_goes_on_although_time_or_money_ran_out_since() -> None:
    ledger = Ledger()
    await outcome(admit(atomic=False), context(), ledger)
    admitted(await outcome(admit(DEADLINE, atomic=False), context(), ledger))


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_publication_repeated_elsewhere_is_a_duplicate_on_any_broker(atomic: bool) -> None:
    stage, ledger = admit(atomic=atomic), Ledger()
    await outcome(stage, context(), ledger)
    assert isinstance(await outcome(stage, context(origin=AGAIN), ledger), tuple)
    assert len(ledger.bookings["acme-shop", DAY]) == 1


async def test_a_replay_is_another_generation_with_money_of_its_own() -> None:
    stage, ledger = admit(), Ledger()
    await outcome(stage, context(), ledger)
    event, _ = admitted(await outcome(stage, context(generation=1), ledger))
    assert event.context.action_id == context().action_id
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.04"), 16_000)


@pytest.mark.parametrize(
    ("now", "of", "expected"),
    [
        (DEADLINE, context(), Rejected(reason="deadline_passed", retryable=True)),
        (MOMENT, context(tenant="nobody"), Rejected(reason="unknown_tenant")),
        (
            MOMENT,
            context(budget=Budget(max_cost_usd=Decimal("0.200001"), max_tokens=1)),
            Rejected(reason="budget_exhausted", detail="tenant's day", retryable=True),
        ),
        (
            MOMENT,
            context(budget=Budget(max_cost_usd=Decimal(0), max_tokens=80_001)),
            Rejected(reason="budget_exhausted", detail="tenant's day", retryable=True),
        ),
    ],
)
async def test_refusals_book_nothing(now: datetime, of: Context, expected: Rejected) -> None:
    ledger = Ledger()
    assert await outcome(admit(now), of, ledger) == expected
    assert ledger.bookings == {}


async def test_the_instant_before_the_deadline_is_in_time() -> None:
    admitted(await outcome(admit(DEADLINE - timedelta(microseconds=1)), context(), Ledger()))


async def test_a_budget_may_be_used_up_exactly() -> None:
    stage, ledger = admit(), Ledger()
    for number in range(10):
        admitted(await outcome(stage, context(number), ledger))
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.20"), 80_000)
    assert isinstance(await outcome(stage, context(10), ledger), Rejected)


async def test_a_settlement_gives_back_what_was_not_spent() -> None:
    stage, ledger = admit(), Ledger()
    for number in range(10):
        await outcome(stage, context(number), ledger)
    assert await stage(settled(context(0), cost_usd=Decimal(0), tokens=0), ledger) is None
    admitted(await outcome(stage, context(10), ledger))
    assert isinstance(await outcome(stage, context(11), ledger), Rejected)


async def test_days_and_tenants_have_budgets_of_their_own() -> None:
    tenants = tuple(
        TenantSpec(name=name, daily_budget_usd=Decimal("0.02"), daily_tokens=8000) for name in ("a", "b")
    )
    stage, ledger = admit(registry=Registry(sources=(), tenants=tenants)), Ledger()
    late = datetime(2025, 3, 2, 23, 59, 59, tzinfo=UTC)
    admitted(await outcome(stage, context(0, tenant="a"), ledger))
    admitted(await outcome(stage, context(1, tenant="b"), ledger))
    admitted(await outcome(stage, context(2, tenant="a", received_at=late), ledger))
    assert isinstance(await outcome(stage, context(3, tenant="a"), ledger), Rejected)


async def test_of_a_hundred_concurrent_requests_as_many_pass_as_the_budget_holds() -> None:
    stage, ledger = admit(), Ledger()
    results = await asyncio.gather(*(outcome(stage, context(number), ledger) for number in range(100)))
    assert sum(isinstance(result, tuple) for result in results) == 10
    assert ledger.booked("acme-shop", DAY) == (Decimal("0.20"), 80_000)


async def test_the_ledger_is_rebuilt_from_what_was_emitted() -> None:
    stage, ledger = admit(), Ledger()
    bookings = [admitted(await outcome(stage, context(number), ledger))[1] for number in range(3)]
    settlement = settled(context(1))
    await stage(settlement, ledger)
    assert stage.build([*bookings, settlement]) == ledger


BOOKINGS: tuple[Reserved | Settled, ...] = (
    *(reserved(context(number)) for number in range(4)),
    reserved(context(2, generation=1)),
    settled(context(0), cost_usd=Decimal("0.003"), tokens=30),
    settled(context(1), cost_usd=Decimal(0), tokens=0),
    settled(context(2, generation=1), cost_usd=Decimal("0.05"), tokens=9000),
)


@given(
    st.permutations(BOOKINGS),
    st.lists(st.sampled_from(BOOKINGS), max_size=12),
    st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_gives_the_same_ledger(
    once: list[Reserved | Settled], again: list[Reserved | Settled], random: Random
) -> None:
    events = [*once, *again]
    random.shuffle(events)
    assert admit().build(events) == admit().build(BOOKINGS)


def test_an_unsettled_reservation_stays_booked_at_worst_case() -> None:
    ledger = admit().build(BOOKINGS)
    cost = 2 * Decimal("0.02") + Decimal("0.003") + Decimal("0.05")
    assert ledger.booked("acme-shop", DAY) == (cost, 2 * 8000 + 30 + 9000)


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_refused_request_published_again_is_a_duplicate(*, atomic: bool) -> None:
    ledger = Ledger()
    first = await outcome(admit(DEADLINE, atomic=atomic), context(), ledger)
    assert isinstance(first, Rejected)
    again = await outcome(admit(atomic=atomic), context(origin=AGAIN), ledger)
    assert isinstance(again, tuple)
    assert isinstance(again[0], Audited)
    assert again[0].kind == "duplicate"


async def test_a_refused_request_redelivered_is_refused_again_although_money_came_since() -> None:
    stage, ledger = admit(DEADLINE, atomic=False), Ledger()
    first = await outcome(stage, context(), ledger)
    assert await outcome(admit(atomic=False), context(), ledger) == first


async def test_refusals_are_folded_from_the_stage_s_own_dead_letters() -> None:
    own = dead_letter(stage="admit", reason="budget_exhausted", retryable=True)
    others = dead_letter(context(2), stage="validate")
    ledger = admit().build([own, others])
    again = await outcome(admit(atomic=False), context(), ledger)
    assert again == Rejected(reason="budget_exhausted", detail=own.detail, retryable=True)
    admitted(await outcome(admit(), context(2), ledger))
