"""`get_order` against the shipped shop database."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.tasks.shop_support.shop_database import create
from schemas.envelope import Principal
from schemas.errors import Retryable
from schemas.ports import FixedClock, Tool
from sinks.tools.shop_sql import GetOrder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWNER = Principal(id="cust-1001", roles=("customer",))
STRANGER = Principal(id="cust-1002", roles=("customer",))
AGENT = Principal(id="agent-7", roles=("agent",))


@pytest.fixture
def tool(tmp_path: Path) -> GetOrder:
    return GetOrder(create(tmp_path / "odd #?% name.db", NOW.date()), FixedClock(NOW))


@pytest.mark.parametrize(
    ("tenant", "principal", "order_number", "status"),
    [
        ("acme-shop", OWNER, "AC-100101", "ok"),
        ("acme-shop", AGENT, "AC-100101", "ok"),
        ("acme-shop", STRANGER, "AC-100101", "not_permitted"),
        ("acme-shop", Principal(id="cust-1002"), "AC-100101", "not_permitted"),
        ("acme-shop", OWNER, "AC-999999", "not_found"),
        ("nordwind", OWNER, "AC-100101", "not_found"),
        ("nordwind", AGENT, "AC-100101", "not_found"),
        ("acme-shop", OWNER, "AC-100101' OR '1'='1", "not_found"),
        ("acme-shop", OWNER, "", "not_found"),
    ],
)
async def test_reads_with_the_requesters_rights(
    tool: Tool, tenant: str, principal: Principal, order_number: str, status: str
) -> None:
    result = await tool.run(tenant, principal, {"order_number": order_number})
    assert result.status == status
    assert bool(result.record) == (status == "ok")


async def test_asks_for_its_argument(tool: Tool) -> None:
    assert (await tool.run("acme-shop", OWNER, {})).status == "missing_argument"


async def test_record_names_owner_money_and_age(tool: GetOrder) -> None:
    record = (await tool.run("acme-shop", OWNER, {"order_number": "AC-100101"})).record
    assert record["owner_id"] == "cust-1001"
    assert (record["amount"], record["currency"]) == ("24.50", "EUR")
    assert record["delivered_on"] == "2026-11-15"
    assert record["days_since_delivery"] == 8
    assert record["articles"] == ["1 x Reading lamp Clip"]


async def test_undelivered_order_has_no_age(tool: GetOrder) -> None:
    record = (await tool.run("acme-shop", OWNER, {"order_number": "AC-100102"})).record
    assert record["days_since_delivery"] is None


async def test_sums_lines(tool: GetOrder) -> None:
    owner = Principal(id="cust-1007", roles=("customer",))
    record = (await tool.run("acme-shop", owner, {"order_number": "AC-100701"})).record
    assert record["amount"] == "297.60"


async def test_absent_database_is_retryable_and_is_not_created(tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    with pytest.raises(Retryable, match="shop_database_unavailable"):
        await GetOrder(missing, FixedClock(NOW)).run("acme-shop", OWNER, {"order_number": "AC-100101"})
    assert not missing.exists()


def test_connection_cannot_write(tool: GetOrder) -> None:
    connection = tool._connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM orders")
    connection.close()


def test_shop_has_enough_orders_for_three_tenants(tool: GetOrder) -> None:
    connection = tool._connect()
    counts = dict(connection.execute("SELECT tenant, count(*) FROM orders GROUP BY tenant").fetchall())
    connection.close()
    assert set(counts) == {"acme-shop", "nordwind", "petit-bazar"}
    assert sum(counts.values()) >= 60
