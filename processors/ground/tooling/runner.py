"""Asks a tool, when everything that must hold does."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue

from processors.ground.sanitising import Sanitiser
from processors.ground.tooling import checks
from processors.ground.tooling.answers import closed_texts, verified
from processors.ground.tooling.asking import Asking, Call, Ran, refused
from processors.ground.tooling.limits import RememberedAnswers, TokenBuckets
from processors.ground.tooling.provenance import identifiers_in
from schemas.base import Clock, Model
from schemas.errors import Retryable, SluicegateError
from schemas.ports import PolicyEngine
from schemas.tooling import CallRefused, Found, Tool, ToolSpec, ToolStatus


class ToolRunner:
    """Runs tools with the requester's rights, never the system's.

    A call is checked in this order: the task declares the tool, its arguments fit its input model and name nothing that is
    unknown, the tenant allows it, policy permits it, the tenant's rate has room, the request can pay. An answer is
    believed when it has the declared shape, answers what was asked and is the requester's; then it is redacted.
    """

    def __init__(
        self, tools: Mapping[str, Tool], policy: PolicyEngine, sanitiser: Sanitiser, clock: Clock
    ) -> None:
        self._tools = dict(tools)
        self._policy = policy
        self._sanitiser = sanitiser
        self._clock = clock
        self._rates = TokenBuckets(clock)
        self._remembered = RememberedAnswers(clock)

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """What the tools declare, by name."""
        return {name: tool.spec for name, tool in self._tools.items()}

    async def run(self, asking: Asking, name: str, arguments: Mapping[str, str]) -> Ran:
        """Return a tool's record, or the typed reason why there is none.

        Raises:
            Retryable: the system is away, or asked too often; an intent needs the tool, and there is time to wait.
                Or the record could not be redacted.
        """
        tool = self._tools.get(name)
        if name not in asking.task.tools or tool is None:
            return refused(name, ToolStatus.NOT_AVAILABLE)
        try:
            call = Call(asking, tool, checks.fitting(tool.spec, arguments))
        except CallRefused as why:
            return refused(name, why.status, why.detail)
        try:
            return await self._answer(call)
        except CallRefused as why:
            return call.without_record(why)

    async def _answer(self, call: Call) -> Ran:
        checks.check_identifiers(call)
        checks.check_tenant(call)
        self._check_permission(call)
        self._check_rate(call)
        known = self._remembered.find(call)
        if known is not None:
            return known
        checks.check_cost(call.asking, call.spec)
        return await self._ask(call)

    def _check_permission(self, call: Call) -> None:
        context, permission = call.asking.context, call.spec.permission
        if not self._policy.permits(context.tenant, context.task, context.principal, permission):
            raise CallRefused(ToolStatus.NOT_PERMITTED, "by_policy")

    def _check_rate(self, call: Call) -> None:
        spec = call.spec
        wait = self._rates.take(call.asking.context.tenant, spec.name, spec.calls_per_minute)
        if wait:
            away = Retryable("tool_rate_limited", spec.name, wait)
            raise self._held(call, away, ToolStatus.RATE_LIMITED)

    async def _ask(self, call: Call) -> Ran:
        asked_at = self._clock.now()
        try:
            answer = verified(call, await self._read(call))
        except CallRefused as why:
            return call.without_record(why, asked_at)
        ran = call.with_record(await self._redacted(call, answer), asked_at)
        self._remembered.keep(call, ran)
        return ran

    async def _redacted(self, call: Call, answer: Model) -> dict[str, JsonValue]:
        record = answer.model_dump(mode="json")
        asking = call.asking
        identifiers = frozenset().union(*identifiers_in(record, asking.task).values())
        known = {*call.given.values(), asking.context.principal.id, *closed_texts(answer)}
        return await self._sanitiser.record(record, asking.language, identifiers | known)

    async def _read(self, call: Call) -> Found | None:
        try:
            async with asyncio.timeout(call.spec.time_limit_seconds):
                return await call.tool.read(call.asking.requester, call.arguments)
        except TimeoutError:
            away = Retryable("tool_timeout", call.spec.name)
            raise self._held(call, away, ToolStatus.UNAVAILABLE) from None
        except Retryable as away:
            raise self._held(call, away, ToolStatus.UNAVAILABLE) from None
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise CallRefused(ToolStatus.INVALID_RESULT, "unreadable") from None

    def _held(self, call: Call, away: Retryable, status: ToolStatus) -> SluicegateError:
        """Have the event wait for what an intent needs, while its deadline allows; else go on without."""
        limit = timedelta(seconds=call.spec.time_limit_seconds)
        in_time = self._clock.now() + limit < call.asking.context.deadline
        if in_time and call.asking.needs(call.spec.name):
            return away
        return CallRefused(status, away.reason)
