"""Ground: gather the evidence a proposal may rest on, with the requester's rights and never the system's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from processors.ground.ranking import content_words
from processors.ground.sanitising import Sanitiser
from schemas.base import DEFAULT_LANGUAGE
from schemas.envelope import ChunkUse, Note, Work, advance
from schemas.knowledge import Chunk, Evidence, ToolResult
from schemas.ports import Detector, PolicyEngine, Tool
from schemas.proposals import LookupRequested
from schemas.requests import Admitted, Content, Grounded
from schemas.retrieval import KnowledgeQuery, Retriever
from schemas.tasks import TaskSpec

_TELLING_WORDS = 3


@dataclass(frozen=True)
class Ground:
    """Retrieves permitted passages and runs the task's tools; for a lookup, one more tool.

    A tool runs only if the task declares it, policy grants its permission to the requester, and its arguments are values
    of the task's identifiers. Whatever comes back is redacted irreversibly.

    Attributes:
        detector: finds personal data in what tools and documents return.
    """

    tasks: Mapping[str, TaskSpec]
    retriever: Retriever
    tools: Mapping[str, Tool]
    policy: PolicyEngine
    detector: Detector

    @cached_property
    def _sanitiser(self) -> Sanitiser:
        return Sanitiser(self.detector)

    async def __call__(self, event: Admitted | LookupRequested) -> Grounded:
        if isinstance(event, LookupRequested):
            return await self._look_up(event)
        return await self._gather(event)

    async def _gather(self, event: Admitted) -> Grounded:
        task = self.tasks[event.context.task]
        chunks, uses = await self._retrieve(event, task)
        given = event.content.identifiers
        results = [await self._run(event, task, name, given) for name in task.tools] if given else []
        return advance(
            Grounded,
            event,
            evidence=Evidence(chunks=chunks, tool_results=tuple(results)),
            work=Work(chunk_uses=uses, notes=tuple(_note(result) for result in results)),
        )

    async def _look_up(self, event: LookupRequested) -> Grounded:
        task = self.tasks[event.context.task]
        if event.lookup_rounds >= task.max_lookups:
            result = _refused(event.tool, {}, "lookups_exhausted")
        else:
            result = await self._run(event, task, event.tool, event.arguments)
        known = event.evidence
        return advance(
            Grounded,
            event,
            evidence=Evidence(chunks=known.chunks, tool_results=(*known.tool_results, result)),
            lookup_rounds=min(event.lookup_rounds + 1, task.max_lookups),
            work=Work(notes=(_note(result),)),
        )

    async def _retrieve(
        self, event: Admitted, task: TaskSpec
    ) -> tuple[tuple[Chunk, ...], tuple[ChunkUse, ...]]:
        wanted = task.knowledge
        query = KnowledgeQuery(
            _query(event.content),
            wanted.chunks,
            language=_language(event),
            max_tokens=wanted.max_tokens,
            document_types=frozenset(wanted.document_types),
            product_areas=frozenset(wanted.product_areas),
            half_life_days=wanted.half_life_days,
        )
        found = await self.retriever.retrieve(event.context, query)
        passages = await self._sanitiser.passages(
            [(chunk.title, chunk.text) for chunk in found.chunks], _language(event)
        )
        clean = (
            chunk.model_copy(update={"title": title, "text": text})
            for chunk, (title, text) in zip(found.chunks, passages, strict=True)
        )
        return tuple(clean), found.uses

    async def _run(
        self, event: Admitted, task: TaskSpec, name: str, arguments: Mapping[str, str]
    ) -> ToolResult:
        context, tool = event.context, self.tools.get(name)
        if name not in task.tools or tool is None:
            return _refused(name, {}, "not_available")
        if not _are_identifiers(arguments, task):
            return _refused(name, {}, "invalid_arguments")
        if not self.policy.permits(context.tenant, context.task, context.principal, tool.permission):
            return _refused(name, arguments, "not_permitted")
        result = await tool.run(context.tenant, context.principal, arguments)
        known = frozenset({*arguments.values(), context.principal.id})
        record = await self._sanitiser.record(result.record, _language(event), known)
        return result.model_copy(update={"record": record})


def _are_identifiers(arguments: Mapping[str, str], task: TaskSpec) -> bool:
    patterns = {spec.name: spec.pattern for spec in task.identifiers}
    return all(
        name in patterns and re.fullmatch(patterns[name], value) is not None
        for name, value in arguments.items()
    )


def _refused(tool: str, arguments: Mapping[str, str], status: str) -> ToolResult:
    return ToolResult(tool=tool, arguments=dict(arguments), status=status)


def _query(content: Content) -> str:
    """Return what to search for: the message, with the one before it where it says too little by itself."""
    if content.said_before and len(content_words(content.text)) < _TELLING_WORDS:
        return f"{content.text} {content.said_before}"
    return content.text


def _language(event: Admitted) -> str:
    return event.context.language or DEFAULT_LANGUAGE


def _note(result: ToolResult) -> Note:
    return Note(name="tool", value=f"{result.tool}:{result.status}"[:200])
