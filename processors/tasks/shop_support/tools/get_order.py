"""One order: its state, its dates, its articles and what they cost."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from processors.tasks.shop_support.tools.records import (
    STAFF,
    ArticleName,
    OrderNumber,
    OrderStatus,
    chosen,
    found,
)
from schemas.base import Clock, Model, Opaque
from schemas.tooling import Arguments, Found, Requester, SqlSource, ToolSpec

_MOST_LINES = 100
_STATEMENT = """
    SELECT tenant, customer_id AS owner_id, order_number, status, currency, ordered_on, delivered_on, expected_on,
           note, article, quantity, unit_cents
      FROM orders LEFT JOIN order_lines USING (tenant, order_number)
     WHERE tenant = :tenant AND order_number = :order_number
     ORDER BY line
"""


class OrderQuery(Model):
    order_number: OrderNumber


class OrderRecord(Model):
    order_number: OrderNumber
    owner_id: Opaque
    status: OrderStatus
    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,8}\.[0-9]{2}$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    ordered_on: date
    expected_on: date | None
    delivered_on: date | None
    days_since_delivery: int | None
    articles: tuple[ArticleName, ...] = Field(max_length=_MOST_LINES)
    note: Annotated[str, StringConstraints(max_length=1_000)] | None


@dataclass(frozen=True)
class GetOrder:
    """Money is moved by its record, so that is never a remembered one."""

    shop: SqlSource
    clock: Clock
    spec: ClassVar[ToolSpec] = ToolSpec(
        name="get_order",
        description="State, dates, articles and amount of one order.",
        input=OrderQuery,
        output=OrderRecord,
        permission="orders.read",
        source="shop",
        identifiers={"order_number": "order_number"},
        staff_roles=STAFF,
    )

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        rows = await self.shop.rows(_STATEMENT, {**arguments, "tenant": requester.tenant}, _MOST_LINES)
        if not rows:
            return None
        order, lines = rows[0], [row for row in rows if row["article"] is not None]
        cents = sum(int(str(row["quantity"])) * int(str(row["unit_cents"])) for row in lines)
        columns = (
            "order_number",
            "owner_id",
            "status",
            "currency",
            "ordered_on",
            "expected_on",
            "delivered_on",
            "note",
        )
        record = chosen(order, *columns) | {
            "amount": f"{cents // 100}.{cents % 100:02d}",
            "days_since_delivery": self._days_since(order["delivered_on"]),
            "articles": [f"{row['quantity']} x {row['article']}" for row in lines],
        }
        return found(rows, record)

    def _days_since(self, day: object) -> int | None:
        return (self.clock.now().date() - date.fromisoformat(str(day))).days if day else None
