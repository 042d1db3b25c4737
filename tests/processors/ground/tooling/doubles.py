"""A tool, a policy and a detector that do as they are told, and a runner between them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from processors.ground.sanitising import Sanitiser
from processors.ground.tooling import Asking, Ran, ToolRunner
from schemas.actions import Action
from schemas.base import Model
from schemas.envelope import Context, Principal
from schemas.ports import FixedClock, Profile, Span
from schemas.tasks import IdentifierSpec, TenantSpec
from schemas.tooling import Arguments, Found, Requester, ToolRule, ToolSpec
from schemas.verdicts import Verdict
from tests.events import MOMENT, ORDER, TASK, context

SHOP = TASK.model_copy(
    update={
        "tools": ("get_order", "get_stock"),
        "identifiers": (IdentifierSpec(name="order_number", pattern="[A-Z]{2}-[0-9]{6}"),),
    }
)
MINE = frozenset({"cust-1"})
HERE = frozenset({"acme-shop"})


class Query(Model):
    order_number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[0-9]{6}$")]
    copies: int | None = Field(default=None, ge=1)


class Record(Model):
    order_number: str
    total: int
    note: str = ""


RECORD: dict[str, JsonValue] = {"order_number": ORDER, "total": 7}


def spec(**changes: object) -> ToolSpec:
    given: dict[str, object] = {
        "name": "get_order",
        "description": "One order.",
        "input": Query,
        "output": Record,
        "permission": "orders.read",
        "source": "shop",
        "identifiers": {"order_number": "order_number"},
        "staff_roles": frozenset({"agent"}),
    }
    return ToolSpec(**{**given, **changes})  # type: ignore[arg-type]


def found(**changes: object) -> Found:
    given: dict[str, object] = {"record": RECORD, "tenants": HERE, "owners": MINE}
    return Found(**{**given, **changes})  # type: ignore[arg-type]


class Told:
    """A tool whose answer is what a function returns, or raises."""

    def __init__(self, answer: Callable[[], Found | None] = found, of: ToolSpec | None = None) -> None:
        self.spec = of or spec()
        self.answer = answer
        self.asked: list[tuple[Requester, Arguments]] = []
        self.hangs = False

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        self.asked.append((requester, arguments))
        if self.hangs:
            await asyncio.Event().wait()
        return self.answer()


class Allows:
    """A policy that grants everything, or nothing."""

    version = "0" * 64

    def __init__(self, *, nothing: bool = False) -> None:
        self._nothing = nothing

    def permits(self, tenant: str, task: str, principal: Principal, permission: str) -> bool:
        return not self._nothing

    def judge(
        self, context: Context, action: Action, facts: Mapping[str, JsonValue], payload_digest: str
    ) -> Verdict:
        raise NotImplementedError


class FindsAda:
    """A detector of one name."""

    version = "test"

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        return [[Span(at, at + 3, "PERSON", 1.0)] if (at := text.find("Ada")) >= 0 else [] for text in texts]


class Bench:
    """A runner of one tool."""

    def __init__(
        self,
        tool: Told | None = None,
        policy: Allows | None = None,
        detector: FindsAda | None = None,
    ) -> None:
        self.tool = tool or Told()
        self.clock = FixedClock(MOMENT)
        tools = {self.tool.spec.name: self.tool}
        self.runner = ToolRunner(tools, policy or Allows(), Sanitiser(detector or FindsAda()), self.clock)

    def later(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    async def ask(
        self, of: Asking | None = None, name: str = "get_order", arguments: Mapping[str, str] | None = None
    ) -> Ran:
        given = {"order_number": ORDER} if arguments is None else arguments
        return await self.runner.run(of or asking(), name, given)


def asking(**changes: object) -> Asking:
    given: dict[str, object] = {
        "context": context(),
        "task": SHOP,
        "tenant": tenant(),
        "known": {"order_number": frozenset({ORDER, "CD-200002"})},
        "left_usd": Decimal("0.02"),
    }
    return Asking(**{**given, **changes})  # type: ignore[arg-type]


def tenant(**rules: ToolRule) -> TenantSpec:
    return TenantSpec(name="acme-shop", daily_budget_usd=Decimal(1), tools=rules or None)


def principal(name: str, *roles: str) -> Context:
    return context(principal=Principal(id=name, roles=roles))
