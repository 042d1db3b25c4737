"""Whether what an action says stands in what it rests on: verbatim quotations, figures, and the sources themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from processors.claims import records
from processors.claims.figures import figures
from processors.claims.quotes import Quotable, fault
from processors.claims.support import Ground, unsupported
from processors.prompts.neutralising import REMOVED, instructions, is_mark_like
from schemas.actions import (
    Action,
    AskClarification,
    HandToHuman,
    IssueRefund,
    PassageSource,
    RecordSource,
    SendReply,
    Source,
)
from schemas.envelope import Tier
from schemas.knowledge import Chunk, ToolResult
from schemas.proposals import Proposed, Violation
from schemas.tasks import TaskSpec


@dataclass(frozen=True, slots=True)
class Rest:
    """An action and the evidence it may rest on.

    A passage that a model was not shown cannot be what it read.
    """

    event: Proposed
    action: Action

    @property
    def chunks(self) -> dict[str, Chunk]:
        """The passages that may be cited, by id."""
        shown = self.event.proposal.shown
        chunks = self.event.evidence.chunks
        return {chunk.chunk_id: chunk for chunk in chunks if shown is None or chunk.chunk_id in shown}

    @property
    def tells_of_a_record(self) -> bool:
        """Whether it says something that a tool's record has told."""
        said = " ".join(_said(self.action))
        return any(records.is_told(result, said) for result in self.event.evidence.tool_results)

    @property
    def used_records(self) -> tuple[ToolResult, ...]:
        """The tools' records of which the action says something."""
        said = " ".join(_said(self.action))
        return tuple(result for result in self.event.evidence.tool_results if records.is_used(result, said))


def sources(rest: Rest) -> tuple[Source, ...]:
    """Return exactly what an action cites and uses."""
    chunks = rest.chunks
    cited = (
        dict.fromkeys(each.chunk_id for each in rest.action.citations)
        if isinstance(rest.action, SendReply)
        else {}
    )
    passages = tuple(_passage(chunks[chunk_id]) for chunk_id in cited if chunk_id in chunks)
    used = dict.fromkeys(RecordSource(tool=each.tool, read_at=each.read_at) for each in rest.used_records)
    return (*passages, *used)


def violations(rest: Rest, task: TaskSpec) -> Iterator[Violation]:
    """Yield what an action claims without having it from anywhere."""
    if isinstance(rest.action, SendReply):
        yield from _citation_faults(rest, rest.action)
        yield from _missing_citation(rest, rest.action, task)
    if rest.event.proposal.tier is Tier.LARGE:
        yield from _unsupported(rest)
        if any(is_mark_like(text) or REMOVED in text for _, text in _written(rest.action)):
            yield Violation(error="mark_in_text")


def _citation_faults(rest: Rest, reply: SendReply) -> Iterator[Violation]:
    chunks = rest.chunks
    for citation in reply.citations:
        chunk = chunks.get(citation.chunk_id)
        if chunk is None:
            yield Violation(error="citation_of_unknown_chunk", field="citations.chunk_id")
            continue
        wrong = fault(citation.quote, Quotable.of(chunk.text, instructions(chunk.text, chunk.marks)))
        if wrong:
            yield Violation(error=wrong, field="citations.quote")


def _missing_citation(rest: Rest, reply: SendReply, task: TaskSpec) -> Iterator[Violation]:
    drafted = rest.event.proposal.tier is Tier.LARGE
    if drafted and task.citations == "required" and not reply.citations and not rest.tells_of_a_record:
        yield Violation(error="citation_missing", field="citations")


def _unsupported(rest: Rest) -> Iterator[Violation]:
    grounds = _grounds(rest)
    language = getattr(rest.action, "language", rest.event.context.language)
    for field, text in _written(rest.action):
        if unsupported(figures(text, language or "en"), grounds):
            yield Violation(error="unsupported_figure", field=field)


def _grounds(rest: Rest) -> list[Ground]:
    """Return what figures may be taken from: cited words and titles, permitted records, the requester's own words."""
    event, chunks = rest.event, rest.chunks
    citations = rest.action.citations if isinstance(rest.action, SendReply) else ()
    cited = [citation.quote for citation in citations]
    titles = [chunks[each.chunk_id].title for each in citations if each.chunk_id in chunks]
    own = [event.content.text, *(turn.text for turn in event.content.turns if turn.role == "requester")]
    named = list(event.content.identifiers.values())
    permitted = filter(records.permitted, event.evidence.tool_results)
    known = (ground for result in permitted for ground in records.grounds(result))
    return [*map(Ground, [*cited, *titles, *own, *named]), *known]


def _written(action: Action) -> Iterator[tuple[str, str]]:
    """Yield the fields in which a model writes in words of its own."""
    match action:
        case SendReply():
            yield "subject", action.subject
            yield "body", action.body
        case AskClarification():
            yield "question", action.question
        case HandToHuman():
            yield "summary", action.summary
        case IssueRefund():
            return


def _said(action: Action) -> Iterator[str]:
    """Yield what an action says to its reader, or which order it is about; a hand-over says nothing of its subject."""
    if isinstance(action, IssueRefund):
        yield action.order_number
    elif not isinstance(action, HandToHuman):
        yield from (text for _, text in _written(action))


def _passage(chunk: Chunk) -> PassageSource:
    return PassageSource(
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        version=chunk.document_version,
        title=chunk.title,
        owner=chunk.owner,
        access_version=chunk.access_version,
    )
