"""Whether an article is in stock, from the shop's database or from a service that knows."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydantic import Field

from processors.tasks.shop_support.tools.records import ArticleName, ArticleNumber, chosen, found
from schemas.base import Model
from schemas.tooling import Arguments, Found, HttpSource, Requester, SqlSource, ToolSpec

_STATEMENT = """
    SELECT tenant, article_number, article, in_stock, restock_on
      FROM articles
     WHERE tenant = :tenant AND article_number = :article_number
"""
_COLUMNS = ("article_number", "article", "in_stock", "restock_on")


class ArticleQuery(Model):
    article_number: ArticleNumber


class ArticleRecord(Model):
    article_number: ArticleNumber
    article: ArticleName
    in_stock: int = Field(ge=0)
    restock_on: date | None


_SPEC = ToolSpec(
    name="availability",
    description="How many of an article are in stock, and when more will come.",
    input=ArticleQuery,
    output=ArticleRecord,
    permission="stock.read",
    source="shop",
    identifiers={"article_number": "article_number"},
    owned=False,
    cache_seconds=60,
)


@dataclass(frozen=True)
class Availability:
    shop: SqlSource
    spec: ClassVar[ToolSpec] = _SPEC

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        rows = await self.shop.rows(_STATEMENT, {**arguments, "tenant": requester.tenant})
        return found(rows, chosen(rows[0], *_COLUMNS)) if rows else None


@dataclass(frozen=True)
class AvailabilityService:
    """Asks `GET tenants/{tenant}/stock/{article_number}`, which answers with the record and its tenant."""

    stock: HttpSource
    spec: ClassVar[ToolSpec] = _SPEC

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        where = {"tenant": requester.tenant, "article_number": str(arguments["article_number"])}
        answer = await self.stock.get("tenants/{tenant}/stock/{article_number}", where)
        if answer is None:
            return None
        if not isinstance(answer, dict):
            raise TypeError("not an object")
        return found([answer], {name: value for name, value in answer.items() if name != "tenant"})
