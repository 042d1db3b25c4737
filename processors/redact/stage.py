"""Redact: the first stage, and the only one that reads what an upstream system wrote."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from processors.redact import intake, signals
from processors.redact.opaque import is_counted
from processors.redact.redaction import Redaction, prepare, rewrite, search
from processors.redact.segments import Piece, Rewritten, Words
from schemas.envelope import Budget, Context, Note, Origin, Work, request_id
from schemas.errors import Retryable, SluicegateError, Unprocessable
from schemas.knowledge import Signal
from schemas.ports import Detector, Vault
from schemas.requests import Content, Redacted, Request
from schemas.tasks import Registry, TaskSpec
from schemas.wire import Inbound


@dataclass(frozen=True)
class Redact:
    """Decodes a request, checks who may make it, and replaces what is personal or secret in all its words.

    Raises:
        Unprocessable: the reasons of `intake.read`, `too_large` or `placeholder_collision`.
        Retryable: `detector_failed` or `detector_timed_out`, if the task holds what cannot be searched; or
            `redaction_failed` for what should not happen. No exception carries text, nor a cause or context that does.
    """

    registry: Registry
    tasks: Mapping[str, TaskSpec]
    detector: Detector
    vault: Vault

    async def __call__(self, event: Inbound) -> Redacted:
        """Return the request without personal data; originals are sealed beside it."""
        outcome = await self._attempt(event)
        if isinstance(outcome, SluicegateError):
            raise outcome
        return outcome

    async def _attempt(self, event: Inbound) -> Redacted | SluicegateError:
        """Errors are handed over by value: one that is raised while another is handled would keep that one."""
        try:
            return await self._redact(event)
        except SluicegateError as error:
            return _without_history(error)
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the text
            return Retryable("redaction_failed", "an unexpected error was withheld")

    async def _redact(self, event: Inbound) -> Redacted:
        request, trace_id = intake.read(event, self.registry, self.tasks)
        task = self.tasks[request.task]
        draft = prepare(
            Words.of(request),
            task.redaction,
            spoken=request.language,
            expected=task.languages,
            declared=task.identifiers,
        )
        if not draft.segments[0].text.strip():
            raise Unprocessable("schema_mismatch", "text:blank")
        request = self._without_words(request)
        context = _context(request, task, event, trace_id, draft.language)
        (found,) = await search(self.detector, [draft])
        if any(found):
            await self.vault.prepare(context)
        redaction = rewrite(draft, found, partial(self.vault.placeholder, context))
        content = self._content(redaction)
        vault = self.vault.seal(context, redaction.originals)
        return Redacted(context=context, content=content, vault=vault, work=_work(redaction, content))

    def _without_words(self, request: Request) -> Request:
        """A conversation's id may be anything that stays the same, so what is no number or drawn is replaced."""
        named = request.conversation_id
        if is_counted(named):
            return request
        return request.model_copy(update={"conversation_id": self.vault.pseudonym(request.tenant, named)})

    def _content(self, redaction: Redaction) -> Content:
        rewritten = redaction.rewritten
        return Content(
            text=rewritten.own.text,
            fields=rewritten.fields(redaction.words),
            turns=rewritten.turns,
            identifiers=dict(redaction.identifiers),
            findings=redaction.findings,
            signals=_signals(rewritten),
            redaction_version=self.detector.version,
        )


def _without_history(error: SluicegateError) -> SluicegateError:
    error.__cause__ = None
    error.__context__ = None
    return error.with_traceback(None)


def _context(request: Request, task: TaskSpec, event: Inbound, trace_id: str, spoken: str) -> Context:
    return Context(
        request_id=request_id(request.source, request.tenant, request.id),
        source=request.source,
        source_id=request.id,
        tenant=request.tenant,
        principal=request.principal,
        task=request.task,
        conversation_id=request.conversation_id,
        language=spoken,
        received_at=event.timestamp,
        deadline=request.deadline or event.timestamp + timedelta(seconds=task.deadline_seconds),
        priority=request.priority,
        budget=_budget(request.budget, task.budget),
        origin=Origin.of(event),
        trace_id=trace_id,
    )


def _budget(asked: Budget | None, allowed: Budget) -> Budget:
    """A request may lower its task's budget, never raise it."""
    if asked is None:
        return allowed
    return Budget(
        max_cost_usd=min(asked.max_cost_usd, allowed.max_cost_usd),
        max_tokens=min(asked.max_tokens, allowed.max_tokens),
    )


def _signals(rewritten: Rewritten) -> tuple[Signal, ...]:
    """Signs are looked for in what was written, and marked where they are now; beside the text, by an empty span."""
    own = rewritten.own
    others = [piece.segment.text for piece in rewritten.pieces if piece is not own]
    return (
        *_hidden(rewritten),
        *(_moved(signal, own) for signal in signals.find(own.segment.text)),
        *signals.beside(others),
    )


def _hidden(rewritten: Rewritten) -> Iterator[Signal]:
    """What was hidden is gone, so all of the text is marked."""
    for piece in rewritten.pieces:
        if piece.segment.hidden:
            end = len(piece.text) if piece is rewritten.own else 0
            yield Signal(kind=signals.HIDDEN_TEXT, start=0, end=end)


def _moved(signal: Signal, piece: Piece) -> Signal:
    start = piece.moved(signal.start)
    return Signal(kind=signal.kind, start=start, end=max(start, piece.moved(signal.end)))


def _work(redaction: Redaction, content: Content) -> Work:
    notes = [
        Note(name="values_replaced", value=str(sum(finding.count for finding in content.findings))),
        Note(name="signals", value=str(len(content.signals))),
    ]
    if redaction.unscanned:
        notes.append(Note(name="unscanned", value=str(redaction.unscanned)))
    return Work(notes=tuple(notes))
