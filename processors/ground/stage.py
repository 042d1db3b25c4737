"""Ground: gather the evidence a proposal may rest on, with the requester's rights and never the system's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.ground.content_words import content_words
from processors.ground.tooling import Asking, Ran, ToolRunner
from processors.ground.tooling.asking import refused
from processors.ground.tooling.gathering import planned
from processors.ground.tooling.provenance import known_identifiers
from schemas.base import DEFAULT_LANGUAGE
from schemas.envelope import Usage, Work, advance
from schemas.errors import Fatal
from schemas.knowledge import Evidence
from schemas.proposals import LookupRequested
from schemas.requests import Admitted, Content, Grounded
from schemas.retrieval import KnowledgeQuery, Retrieval, Retriever
from schemas.tasks import Registry, TaskSpec
from schemas.tooling import ToolStatus

_TELLING_WORDS = 3


@dataclass(frozen=True)
class Ground:
    """Retrieves permitted passages and runs the task's tools; for a lookup, one more tool.

    Before any model, the tools are run that the request's identifiers suffice for. What records hold is redacted
    irreversibly, as passages are when their documents arrive.

    Raises:
        Fatal: `task_invalid`, when a task names a tool that does not exist.
    """

    tasks: Mapping[str, TaskSpec]
    registry: Registry
    retriever: Retriever
    tools: ToolRunner

    def __post_init__(self) -> None:
        for task in self.tasks.values():
            if not set(task.tools) <= self.tools.specs.keys():
                raise Fatal("task_invalid", "task.yaml: tools: names one that does not exist")

    async def __call__(self, event: Admitted | LookupRequested) -> Grounded:
        if isinstance(event, LookupRequested):
            return await self._look_up(event)
        return await self._gather(event)

    async def _gather(self, event: Admitted) -> Grounded:
        task = self.tasks[event.context.task]
        found = await self._retrieve(event, task)
        ran: list[Ran] = []
        for name, arguments in planned(task, self.tools.specs, event.content.identifiers):
            asking = self._asking(event, task, Evidence(), spent=_spent(event.usage, ran))
            ran.append(await self.tools.run(asking, name, arguments))
        return advance(
            Grounded,
            event,
            evidence=Evidence(chunks=found.chunks, tool_results=tuple(each.result for each in ran)),
            usage=_spent(event.usage, ran),
            work=Work(chunk_uses=found.uses, notes=tuple(each.note for each in ran)),
        )

    async def _look_up(self, event: LookupRequested) -> Grounded:
        task, known = self.tasks[event.context.task], event.evidence
        if event.lookup_rounds >= task.max_lookups:
            ran = refused(event.tool, ToolStatus.LOOKUPS_EXHAUSTED)
        else:
            asking = self._asking(event, task, known, spent=event.usage)
            ran = await self.tools.run(asking, event.tool, event.arguments)
        return advance(
            Grounded,
            event,
            evidence=Evidence(chunks=known.chunks, tool_results=(*known.tool_results, ran.result)),
            usage=_spent(event.usage, [ran]),
            lookup_rounds=min(event.lookup_rounds + 1, task.max_lookups),
            work=Work(notes=(ran.note,)),
        )

    def _asking(self, event: Admitted, task: TaskSpec, evidence: Evidence, spent: Usage) -> Asking:
        return Asking(
            context=event.context,
            task=task,
            tenant=self.registry.tenant(event.context.tenant),
            known=known_identifiers(event.content, evidence, task),
            left_usd=event.hold.cost_usd - spent.cost_usd,
        )

    async def _retrieve(self, event: Admitted, task: TaskSpec) -> Retrieval:
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
        return await self.retriever.retrieve(event.context, query)


def _spent(usage: Usage, ran: Sequence[Ran]) -> Usage:
    """Return the usage with what these calls cost."""
    cost = sum((each.result.cost_usd for each in ran), usage.cost_usd)
    return usage.model_copy(update={"cost_usd": cost})


def _query(content: Content) -> str:
    """Return what to search for: the message, with the one before it where it says too little by itself."""
    if content.said_before and len(content_words(content.text)) < _TELLING_WORDS:
        return f"{content.text} {content.said_before}"
    return content.text


def _language(event: Admitted) -> str:
    return event.context.language or DEFAULT_LANGUAGE
