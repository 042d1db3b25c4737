"""One call of a tool: on whose behalf, with what, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import DEFAULT_LANGUAGE
from schemas.envelope import Context, Note, Usd
from schemas.knowledge import ToolResult
from schemas.tasks import TaskSpec, TenantSpec
from schemas.tooling import Arguments, CallRefused, Requester, Tool, ToolSpec, ToolStatus


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for evidence, and how far they may go.

    Attributes:
        tenant: as the registry has it; None if it does not, and then no tool is allowed.
        known: by identifier, the values that may be asked for.
        left_usd: what the request may still spend.
    """

    context: Context
    task: TaskSpec
    tenant: TenantSpec | None
    known: Mapping[str, frozenset[str]]
    left_usd: Usd

    @property
    def language(self) -> str:
        return self.context.language or DEFAULT_LANGUAGE

    @property
    def requester(self) -> Requester:
        return Requester(self.context.tenant, self.context.principal)

    def needs(self, tool: str) -> bool:
        """Whether an intent of the task rests on a tool."""
        return any(tool in intent.needs for intent in self.task.intents.values())


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of asking, and why: codes and names of inputs, never a value."""

    result: ToolResult
    detail: str = ""

    @property
    def note(self) -> Note:
        """Return it for the record of the stage's work."""
        parts = (self.result.tool, self.result.status, self.detail)
        return Note(name="tool", value=":".join(part for part in parts if part)[:200])


def refused(tool: str, status: ToolStatus, detail: str = "") -> Ran:
    """Return the result of a call that was not made; its arguments are nobody's but the asker's, so they are left out."""
    return Ran(ToolResult(tool=tool, arguments={}, status=status.value), detail)


@dataclass(frozen=True, slots=True)
class Call:
    """A call with valid arguments."""

    asking: Asking
    tool: Tool
    arguments: Arguments

    @property
    def spec(self) -> ToolSpec:
        return self.tool.spec

    @property
    def given(self) -> dict[str, str]:
        """Return the arguments that were given, as text."""
        return {name: str(value) for name, value in self.arguments.items() if value is not None}

    def without_record(self, why: CallRefused, asked_at: datetime | None = None) -> Ran:
        """Return the result of a call that brought nothing; `asked_at` if the system was asked."""
        result = self._result(why.status, {}, asked_at)
        return Ran(result, why.detail)

    def with_record(self, record: dict[str, JsonValue], asked_at: datetime) -> Ran:
        """Return the result of a call that brought a record, which is verified and redacted."""
        return Ran(self._result(ToolStatus.OK, record, asked_at))

    def _result(
        self, status: ToolStatus, record: dict[str, JsonValue], asked_at: datetime | None
    ) -> ToolResult:
        return ToolResult(
            tool=self.spec.name,
            arguments=self.given,
            status=status.value,
            record=record,
            source=self.spec.source if asked_at else "",
            read_at=asked_at,
            cost_usd=self.spec.cost_usd if asked_at else Decimal(0),
        )
