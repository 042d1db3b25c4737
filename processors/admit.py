"""Admit: no request twice, none too late, none beyond its tenant's budget."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from schemas.base import Clock, derive_id
from schemas.endings import Audited, DeadLettered, Rejected, Reserved, Settled, State, StatusChanged
from schemas.envelope import Context, Origin, Usd, advance
from schemas.requests import Admitted, Hold, Redacted
from schemas.tasks import Registry, TenantSpec

DayOfTenant = tuple[str, str]
Generation = tuple[UUID, int]

STAGE = "admit"

_LEASE_BEYOND_DEADLINE = timedelta(hours=1)


def reservation_id(context: Context) -> UUID:
    """Return the id of a generation's reservation; a redelivery repeats it."""
    return derive_id(context.request_id, context.generation, "reservation")


@dataclass(frozen=True, slots=True)
class _Booking:
    cost_usd: Usd
    tokens: int
    settled: bool


_NOTHING = _Booking(Decimal(0), 0, settled=False)


@dataclass
class Ledger:
    """What is known of a partition's tenants: money booked by day, and what became of which record's request.

    A reservation counts at its worst case until its settlement replaces it; one that is never settled therefore stays
    booked at worst case. The order in which the two arrive does not matter.
    """

    bookings: dict[DayOfTenant, dict[UUID, _Booking]] = field(default_factory=dict)
    totals: dict[DayOfTenant, tuple[Usd, int]] = field(default_factory=dict)
    origins: dict[Generation, Origin] = field(default_factory=dict)
    refusals: dict[Generation, Rejected] = field(default_factory=dict)

    def reserve(self, event: Reserved) -> None:
        """Book a reservation, unless it is settled already."""
        context = event.context
        self.origins.setdefault((context.request_id, context.generation), context.origin)
        if self._booking(event) is None:
            self._book(event, settled=False)

    def refuse(self, context: Context, refusal: Rejected) -> None:
        """Remember a refusal, so that the same request is refused again and a repetition is a duplicate."""
        self.origins.setdefault((context.request_id, context.generation), context.origin)
        self.refusals.setdefault((context.request_id, context.generation), refusal)

    def settle(self, event: Settled) -> None:
        """Replace a reservation by what was spent; the first settlement counts."""
        booked = self._booking(event)
        if booked is None or not booked.settled:
            self._book(event, settled=True)

    def booked(self, tenant: str, day: str) -> tuple[Usd, int]:
        """Return the money (US dollars) and tokens booked for a tenant's day."""
        return self.totals.get((tenant, day), (Decimal(0), 0))

    def _booking(self, event: Reserved | Settled) -> _Booking | None:
        return self.bookings.get((event.context.tenant, event.day), {}).get(event.reservation_id)

    def _book(self, event: Reserved | Settled, *, settled: bool) -> None:
        """Replace what is booked under the event's reservation, and keep the day's total: a sum would take ever longer."""
        day = (event.context.tenant, event.day)
        before = self._booking(event) or _NOTHING
        self.bookings.setdefault(day, {})[event.reservation_id] = _Booking(
            event.cost_usd, event.tokens, settled
        )
        cost, tokens = self.booked(*day)
        self.totals[day] = cost + event.cost_usd - before.cost_usd, tokens + event.tokens - before.tokens


@dataclass(frozen=True)
class Admit:
    """Reserves the request's whole budget before any model is called.

    The check and the booking happen in one step without waiting, one tenant's requests being in order, so that two
    requests can never spend the same money.

    Attributes:
        atomic: reservation and forwarding are one transaction. Where the broker lacks working transactions a
            redelivered request is forwarded again, with the same ids, rather than possibly lost.
    """

    registry: Registry
    clock: Clock
    atomic: bool = True

    def build(self, events: Iterable[Reserved | Settled | DeadLettered]) -> Ledger:
        """Fold reservations, settlements and this stage's own refusals."""
        ledger = Ledger()
        for event in events:
            if isinstance(event, Settled):
                ledger.settle(event)
            elif isinstance(event, Reserved):
                ledger.reserve(event)
            elif event.stage == STAGE and event.context is not None:
                refusal = Rejected(reason=event.reason, detail=event.detail, retryable=event.retryable)
                ledger.refuse(event.context, refusal)
        return ledger

    async def __call__(
        self, event: Redacted | Settled, ledger: Ledger
    ) -> tuple[Admitted, Reserved] | tuple[Audited, StatusChanged] | Audited | Rejected | None:
        if isinstance(event, Settled):
            ledger.settle(event)
            return None
        return self._admit(event, ledger)

    def _admit(
        self, event: Redacted, ledger: Ledger
    ) -> tuple[Admitted, Reserved] | tuple[Audited, StatusChanged] | Audited | Rejected:
        context = event.context
        generation = (context.request_id, context.generation)
        known = ledger.origins.get(generation)
        if known is None:
            return self._first(event, ledger)
        if known != context.origin:
            return _audit(event, "duplicate"), StatusChanged.of(context, State.DUPLICATE, "duplicate")
        if self.atomic:
            return _audit(event, "redelivered")
        return ledger.refusals.get(generation) or self._reserve(event, ledger)

    def _first(self, event: Redacted, ledger: Ledger) -> tuple[Admitted, Reserved] | Rejected:
        refusal = self._refusal(event.context, ledger)
        if refusal is None:
            return self._reserve(event, ledger)
        ledger.refuse(event.context, refusal)
        return refusal

    def _refusal(self, context: Context, ledger: Ledger) -> Rejected | None:
        if context.deadline <= self.clock.now():
            return Rejected(reason="deadline_passed", retryable=True)
        tenant = self.registry.tenant(context.tenant)
        if tenant is None:
            return Rejected(reason="unknown_tenant")
        if not _affordable(context, tenant, ledger):
            return Rejected(reason="budget_exhausted", detail="tenant's day", retryable=True)
        return None

    def _reserve(self, event: Redacted, ledger: Ledger) -> tuple[Admitted, Reserved]:
        context = event.context
        reserved = Reserved(
            context=context,
            reservation_id=reservation_id(context),
            cost_usd=context.budget.max_cost_usd,
            tokens=context.budget.max_tokens,
            day=context.day,
            expires_at=context.deadline + _LEASE_BEYOND_DEADLINE,
        )
        ledger.reserve(reserved)
        hold = Hold(
            reservation_id=reserved.reservation_id, cost_usd=reserved.cost_usd, tokens=reserved.tokens
        )
        return advance(Admitted, event, hold=hold), reserved


def _audit(event: Redacted, kind: str) -> Audited:
    return Audited(context=event.context, stage=STAGE, kind=kind, source=event.context.origin)


def _affordable(context: Context, tenant: TenantSpec, ledger: Ledger) -> bool:
    cost, tokens = ledger.booked(tenant.name, context.day)
    within_cost = cost + context.budget.max_cost_usd <= tenant.daily_budget_usd
    return within_cost and tokens + context.budget.max_tokens <= tenant.daily_tokens
