"""What the shop's tools share: how orders look, who may read them all, and whose rows were read."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import JsonValue, StringConstraints

from schemas.tooling import Found, Row

STAFF = frozenset({"agent"})
"""Roles that may read every order of their tenant."""

OrderNumber = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[0-9]{6}$")]
ArticleNumber = Annotated[str, StringConstraints(pattern=r"^ART-[0-9]{5}$")]
ArticleName = Annotated[str, StringConstraints(max_length=120)]
OrderStatus = Literal["placed", "packed", "shipped", "delivered", "cancelled", "refunded"]
ProductArea = Literal["home", "kitchen", "outdoor", "stationery"]


def found(rows: Sequence[Row], record: Row) -> Found:
    """Return a record with the tenants and owners of all rows it was made of."""
    return Found(record, tenants=_values(rows, "tenant"), owners=_values(rows, "owner_id"))


def chosen(row: Row, *names: str) -> dict[str, JsonValue]:
    """Return some columns of a row."""
    return {name: row[name] for name in names}


def _values(rows: Sequence[Row], column: str) -> frozenset[str]:
    return frozenset(str(row.get(column)) for row in rows)
