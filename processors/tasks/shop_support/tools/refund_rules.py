"""What the shop takes back, and what it pays for it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from processors.tasks.shop_support.tools.records import ProductArea, chosen, found
from schemas.base import Model
from schemas.tooling import Arguments, Found, Requester, SqlSource, ToolSpec

_MOST = 20
_STATEMENT = """
    SELECT tenant, product_area, return_days, pays_back
      FROM refund_rules
     WHERE tenant = :tenant AND (:product_area IS NULL OR product_area = :product_area)
     ORDER BY product_area
"""


class RulesQuery(Model):
    product_area: ProductArea | None = None


class RefundRule(Model):
    product_area: ProductArea
    return_days: int = Field(ge=0)
    pays_back: Literal["article_and_shipping", "article"]


class RulesRecord(Model):
    rules: tuple[RefundRule, ...] = Field(max_length=_MOST)


@dataclass(frozen=True)
class RefundRules:
    """What anybody may know; from which amount on a person looks at a refund is no part of it."""

    shop: SqlSource
    spec: ClassVar[ToolSpec] = ToolSpec(
        name="refund_rules",
        description="Within how many days articles of an area are taken back, and what is paid for them.",
        input=RulesQuery,
        output=RulesRecord,
        permission="refund_rules.read",
        source="shop",
        owned=False,
        cache_seconds=300,
    )

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        rows = await self.shop.rows(_STATEMENT, {**arguments, "tenant": requester.tenant}, _MOST)
        columns = ("product_area", "return_days", "pays_back")
        return found(rows, {"rules": [chosen(row, *columns) for row in rows]}) if rows else None
