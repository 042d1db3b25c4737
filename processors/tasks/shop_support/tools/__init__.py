"""The shop's read-only tools, one a file."""

from collections.abc import Mapping

from processors.tasks.shop_support.tools.availability import Availability, AvailabilityService
from processors.tasks.shop_support.tools.get_order import GetOrder
from processors.tasks.shop_support.tools.list_orders import ListOrders
from processors.tasks.shop_support.tools.refund_rules import RefundRules
from processors.tasks.shop_support.tools.shipping_status import ShippingStatus
from schemas.base import Clock
from schemas.tooling import HttpSource, SqlSource, Tool, ToolSpec

__all__ = [
    "SHOP_TOOL_SPECS",
    "Availability",
    "AvailabilityService",
    "GetOrder",
    "ListOrders",
    "RefundRules",
    "ShippingStatus",
    "shop_tools",
]


SHOP_TOOL_SPECS: tuple[ToolSpec, ...] = tuple(
    each.spec for each in (GetOrder, ListOrders, ShippingStatus, Availability, RefundRules)
)
"""What the tools declare, for stages that ask for records and read none."""


def shop_tools(shop: SqlSource, clock: Clock, stock: HttpSource | None = None) -> Mapping[str, Tool]:
    """Return the tools by name. Stock is asked of its own service where there is one."""
    tools: tuple[Tool, ...] = (
        GetOrder(shop, clock),
        ListOrders(shop),
        ShippingStatus(shop, clock),
        AvailabilityService(stock) if stock else Availability(shop),
        RefundRules(shop),
    )
    return {tool.spec.name: tool for tool in tools}
