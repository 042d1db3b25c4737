"""Read-only tools: what one declares, what it returns, how a tenant narrows it, and the systems it may read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import regex  # type: ignore[import-untyped]
from pydantic import Field, JsonValue, field_validator

from schemas.base import Code, Model
from schemas.envelope import Principal, Usd
from schemas.errors import Unprocessable

Arguments = Mapping[str, JsonValue]
"""Inputs of a tool as its input model has them; what was not given is None."""

Row = Mapping[str, JsonValue]

MAX_ARGUMENT_CHARACTERS = 200


class ToolStatus(StrEnum):
    """What came of asking a tool. Only `ok` comes with a record.

    Attributes:
        NOT_AVAILABLE: the task declares no such tool, or there is none.
        INVALID_ARGUMENTS: they do not fit the tool's input model.
        UNKNOWN_IDENTIFIER: a model asked for an identifier that neither the request nor a permitted record names.
        NOT_ALLOWED: the tenant does not allow the tool, or not with these arguments.
        NOT_PERMITTED: policy does not grant it to the requester, or the record is not theirs.
        RATE_LIMITED: the tenant has used up its calls for now.
        UNAFFORDABLE: the call would cost more than the request has left.
        UNAVAILABLE: the system could not be read in time.
        INVALID_RESULT: the system answered with something other than what the tool declares.
        LOOKUPS_EXHAUSTED: the task's rounds of lookups are used up.
    """

    OK = "ok"
    NOT_AVAILABLE = "not_available"
    INVALID_ARGUMENTS = "invalid_arguments"
    UNKNOWN_IDENTIFIER = "unknown_identifier"
    NOT_ALLOWED = "not_allowed"
    NOT_PERMITTED = "not_permitted"
    RATE_LIMITED = "rate_limited"
    UNAFFORDABLE = "unaffordable"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    INVALID_RESULT = "invalid_result"
    LOOKUPS_EXHAUSTED = "lookups_exhausted"


class ToolRule(Model):
    """How a tenant narrows one tool.

    Attributes:
        arguments: by input, the regular expression that its whole value must match; an absent one counts as empty.
    """

    allowed: bool = True
    arguments: dict[Code, str] = Field(default_factory=dict)

    @field_validator("arguments")
    @classmethod
    def _compiles(cls, patterns: dict[str, str]) -> dict[str, str]:
        for pattern in patterns.values():
            try:
                regex.compile(pattern)
            except regex.error:
                raise ValueError("no regular expression") from None
        return patterns


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a tool declares.

    Attributes:
        description: what it tells, in a sentence, for models.
        input, output: models of its arguments and of its record. Inputs are texts, dates, numbers or closed choices.
        permission: what policy must grant the requester.
        source: the system it reads, as results name it.
        identifiers: by input, the declared identifier that it takes its value from.
        owned: whether its records belong to principals, who alone may read them; else to the tenant as a whole.
        staff_roles: who may read every record of their tenant.
        cache_seconds: how long an answer may be given again to the same requester.
        calls_per_minute: of one tenant, in each process.
        max_bytes: of a record, as JSON.
    """

    name: str
    description: str
    input: type[Model]
    output: type[Model]
    permission: str
    source: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    owned: bool = True
    staff_roles: frozenset[str] = frozenset()
    time_limit_seconds: float = 2.0
    cost_usd: Usd = Decimal(0)
    cache_seconds: float = 0.0
    calls_per_minute: int = 60_000
    max_bytes: int = 8_000

    @property
    def required(self) -> frozenset[str]:
        """Inputs that must be given."""
        return frozenset(name for name, info in self.input.model_fields.items() if info.is_required())

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """JSON Schema of the arguments, for models."""
        return self.input.model_json_schema()

    def arguments_from(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the inputs that take their values from these identifiers."""
        return {name: given[source] for name, source in self.identifiers.items() if source in given}

    def is_satisfied(self, given: Mapping[str, str]) -> bool:
        """Whether these identifiers, and no fewer than one of them, are all it needs."""
        arguments = self.arguments_from(given)
        return bool(arguments) and self.required <= arguments.keys()


def tool_for(tools: Iterable[ToolSpec], declared: Sequence[str], given: Mapping[str, str]) -> ToolSpec | None:
    """Return the first of a task's declared tools that looks up exactly what these identifiers name."""
    specs = {spec.name: spec for spec in tools}
    return next((spec for spec in _listed(specs, declared) if _asks_for(spec, given)), None)


def _listed(specs: Mapping[str, ToolSpec], declared: Sequence[str]) -> Iterator[ToolSpec]:
    yield from (specs[name] for name in declared if name in specs)


def _asks_for(spec: ToolSpec, given: Mapping[str, str]) -> bool:
    return spec.is_satisfied(given) and given.keys() <= set(spec.identifiers.values())


@dataclass(frozen=True, slots=True)
class Requester:
    """On whose behalf a system is read."""

    tenant: str
    principal: Principal


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool read, as yet unverified.

    Attributes:
        tenants, owners: whose rows it was made of, as the system itself says: never taken from what was asked.
    """

    record: Row
    tenants: frozenset[str]
    owners: frozenset[str] = frozenset()


class CallRefused(Unprocessable):
    """A call that would fail on every try; `reason` is the status of its result."""

    def __init__(self, status: ToolStatus, detail: str = "") -> None:
        super().__init__(status.value, detail)
        self.status = status


class Tool(Protocol):
    """A read-only look into a system of record. Whether it may be taken, and what it returned, is checked outside."""

    @property
    def spec(self) -> ToolSpec:
        """What it declares."""

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        """Return what the requester asks for, or None if there is no such thing.

        Raises Retryable when the system is away, and CallRefused for an answer that cannot be what was asked for.
        """


class SqlSource(Protocol):
    """A database that can be read and nothing else."""

    async def rows(
        self, statement: str, parameters: Mapping[str, JsonValue], limit: int = 1
    ) -> Sequence[Row]:
        """Return the rows of a statement whose values are all named parameters, as in `:tenant`.

        Raises:
            Retryable: `source_unavailable`, `source_timeout`.
            CallRefused: `invalid_result`, for more rows than `limit`, for too many bytes and for binary values.
        """


class HttpSource(Protocol):
    """A service that answers GET with JSON."""

    async def get(
        self, path: str, arguments: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> JsonValue:
        """Return the document at a path, None if there is none.

        Args:
            path: relative, as in `stock/{article_number}`.
            arguments: what stands in its braces; each becomes one segment, whatever is in it.

        Raises:
            Retryable: `source_unavailable`, `source_timeout`.
            CallRefused: `invalid_arguments` for what cannot be a segment; `invalid_result` for a redirect, a refusal,
                and for an answer that is too large or no JSON.
        """
