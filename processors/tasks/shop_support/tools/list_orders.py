"""The requester's own latest orders."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydantic import Field

from processors.tasks.shop_support.tools.records import OrderNumber, OrderStatus, chosen, found
from schemas.base import Model
from schemas.tooling import Arguments, Found, Requester, SqlSource, ToolSpec

_MOST = 10
_STATEMENT = f"""
    SELECT tenant, customer_id AS owner_id, order_number, status, ordered_on, expected_on
      FROM orders
     WHERE tenant = :tenant AND customer_id = :principal AND (:ordered_on IS NULL OR ordered_on = :ordered_on)
     ORDER BY ordered_on DESC, order_number
     LIMIT {_MOST}
"""  # noqa: S608 - a constant of this module


class OrdersQuery(Model):
    ordered_on: date | None = None


class ListedOrder(Model):
    order_number: OrderNumber
    status: OrderStatus
    ordered_on: date
    expected_on: date | None


class OrdersRecord(Model):
    orders: tuple[ListedOrder, ...] = Field(max_length=_MOST)


@dataclass(frozen=True)
class ListOrders:
    shop: SqlSource
    spec: ClassVar[ToolSpec] = ToolSpec(
        name="list_orders",
        description="Numbers, states and dates of the requester's latest orders, all or those of one day.",
        input=OrdersQuery,
        output=OrdersRecord,
        permission="orders.read",
        source="shop",
        identifiers={"ordered_on": "order_date"},
        cache_seconds=30,
    )

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        who = {"tenant": requester.tenant, "principal": requester.principal.id}
        rows = await self.shop.rows(_STATEMENT, {**arguments, **who}, _MOST)
        columns = ("order_number", "status", "ordered_on", "expected_on")
        return found(rows, {"orders": [chosen(row, *columns) for row in rows]}) if rows else None
