"""Sources that answer from memory, for tests and for trying out a tool."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from schemas.errors import SluicegateError
from schemas.tooling import CallRefused, Row, ToolStatus
from sinks.tools.http import located
from sinks.tools.sql import bounded


@dataclass
class MemorySql:
    """Implements `SqlSource`.

    Attributes:
        answers: by statement, what it returns for its parameters.
        failure: what is raised instead.
        asked: the parameters of every call.
    """

    answers: Mapping[str, Callable[[Mapping[str, JsonValue]], Sequence[Row]]]
    max_bytes: int = 64_000
    failure: SluicegateError | None = None
    asked: list[Mapping[str, JsonValue]] = field(default_factory=list)

    async def rows(
        self, statement: str, parameters: Mapping[str, JsonValue], limit: int = 1
    ) -> Sequence[Row]:
        self.asked.append(parameters)
        if self.failure:
            raise self.failure
        return list(bounded(self.answers[statement](parameters), limit, self.max_bytes))


@dataclass
class MemoryHttp:
    """Implements `HttpSource`.

    Attributes:
        documents: by path and query as they are sent; a failure is raised.
        asked: every path and query.
    """

    documents: Mapping[str, JsonValue | SluicegateError]
    max_bytes: int = 64_000
    asked: list[str] = field(default_factory=list)

    async def get(
        self, path: str, arguments: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> JsonValue:
        address = located(path, arguments, query or {})
        self.asked.append(address)
        found = self.documents.get(address)
        if isinstance(found, SluicegateError):
            raise found
        if len(json.dumps(found).encode()) > self.max_bytes:
            raise CallRefused(ToolStatus.INVALID_RESULT, "too_large")
        return found
