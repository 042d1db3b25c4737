"""The tool `get_order`: one order of the shop's database, read with the requester's own rights."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from pydantic import JsonValue

from schemas.base import Clock
from schemas.envelope import Principal
from schemas.errors import Retryable
from schemas.knowledge import ToolResult

_BUSY_SECONDS = 2.0

_ORDER = """
    SELECT customer_id, status, currency, ordered_on, delivered_on, expected_on, note,
           coalesce((SELECT sum(quantity * unit_cents) FROM order_lines AS line
                      WHERE line.tenant = orders.tenant AND line.order_number = orders.order_number), 0) AS cents
      FROM orders
     WHERE tenant = :tenant AND order_number = :order_number
"""
_LINES = """
    SELECT quantity || ' x ' || article
      FROM order_lines
     WHERE tenant = :tenant AND order_number = :order_number
     ORDER BY line
"""


@dataclass(frozen=True)
class GetOrder:
    """Implements `Tool` over a SQLite file that is opened read-only for each call.

    An order of somebody else is `not_permitted`, except to staff; an order of another tenant does not exist.

    Attributes:
        staff_roles: roles that may read every order of their tenant.
    """

    database: Path
    clock: Clock
    staff_roles: frozenset[str] = frozenset({"agent"})
    name: str = "get_order"
    permission: str = "orders.read"

    async def run(self, tenant: str, principal: Principal, arguments: Mapping[str, str]) -> ToolResult:
        """Return the order called `arguments["order_number"]`.

        Raises:
            Retryable: `shop_database_unavailable`.
        """
        order_number = arguments.get("order_number")
        if order_number is None:
            return ToolResult(tool=self.name, arguments={}, status="missing_argument")
        try:
            record = await asyncio.to_thread(self._read, tenant, order_number)
        except sqlite3.Error:
            raise Retryable("shop_database_unavailable", self.name) from None
        status, shown = self._permitted(principal, record)
        return ToolResult(
            tool=self.name, arguments={"order_number": order_number}, status=status, record=shown
        )

    def _permitted(
        self, principal: Principal, record: dict[str, JsonValue] | None
    ) -> tuple[str, dict[str, JsonValue]]:
        if record is None:
            return "not_found", {}
        if record["owner_id"] != principal.id and self.staff_roles.isdisjoint(principal.roles):
            return "not_permitted", {}
        return "ok", record

    def _read(self, tenant: str, order_number: str) -> dict[str, JsonValue] | None:
        wanted = {"tenant": tenant, "order_number": order_number}
        with closing(self._connect()) as connection:
            row = connection.execute(_ORDER, wanted).fetchone()
            if row is None:
                return None
            lines = [line for (line,) in connection.execute(_LINES, wanted)]
        return self._record(order_number, row, lines)

    def _connect(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self.database.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
        connection.row_factory = sqlite3.Row
        return connection

    def _record(self, order_number: str, row: sqlite3.Row, lines: list[str]) -> dict[str, JsonValue]:
        return {
            "order_number": order_number,
            "owner_id": row["customer_id"],
            "status": row["status"],
            "amount": f"{row['cents'] // 100}.{row['cents'] % 100:02d}",
            "currency": row["currency"],
            "ordered_on": row["ordered_on"],
            "expected_on": row["expected_on"],
            "delivered_on": row["delivered_on"],
            "days_since_delivery": self._days_since(row["delivered_on"]),
            "articles": list(lines),
            "note": row["note"],
        }

    def _days_since(self, day: str | None) -> int | None:
        return (self.clock.now().date() - date.fromisoformat(day)).days if day else None
