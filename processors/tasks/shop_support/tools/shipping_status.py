"""Where the parcel of an order is."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from processors.tasks.shop_support.tools.records import STAFF, OrderNumber, chosen, found
from schemas.base import Clock, Model, Slug
from schemas.tooling import Arguments, Found, Requester, SqlSource, ToolSpec

_STATEMENT = """
    SELECT tenant, customer_id AS owner_id, order_number, carrier, handed_over_on, expected_on, delivered_on,
           coalesce(state, 'not_handed_over') AS state
      FROM orders LEFT JOIN shipments USING (tenant, order_number)
     WHERE tenant = :tenant AND order_number = :order_number
"""


class ShippingQuery(Model):
    order_number: OrderNumber


class ShippingRecord(Model):
    order_number: OrderNumber
    state: Literal["not_handed_over", "in_transit", "delayed", "delivered"]
    carrier: Slug | None
    handed_over_on: date | None
    expected_on: date | None
    delivered_on: date | None
    days_late: int | None


@dataclass(frozen=True)
class ShippingStatus:
    shop: SqlSource
    clock: Clock
    spec: ClassVar[ToolSpec] = ToolSpec(
        name="shipping_status",
        description="Where the parcel of one order is, and how late it is.",
        input=ShippingQuery,
        output=ShippingRecord,
        permission="shipments.read",
        source="shop",
        identifiers={"order_number": "order_number"},
        staff_roles=STAFF,
        cache_seconds=60,
    )

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        rows = await self.shop.rows(_STATEMENT, {**arguments, "tenant": requester.tenant})
        if not rows:
            return None
        columns = ("order_number", "state", "carrier", "handed_over_on", "expected_on", "delivered_on")
        record = chosen(rows[0], *columns)
        return found(rows, record | {"days_late": self._days_late(rows[0]["expected_on"])})

    def _days_late(self, expected_on: object) -> int | None:
        """Return the days since it was expected; None where nothing is expected any more."""
        if not expected_on:
            return None
        return max(0, (self.clock.now().date() - date.fromisoformat(str(expected_on))).days)
