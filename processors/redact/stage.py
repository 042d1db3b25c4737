"""Redact: the first stage, and the only one that reads what an upstream system wrote."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from processors.redact import identifiers, intake, language, placeholders, propagation, signals
from processors.redact.hints import entity_of_field
from processors.redact.identifiers import Mention
from processors.redact.rules.spans import merge
from processors.redact.segments import Edit, Piece, Place, Rewritten, Segment, split
from schemas.base import DEFAULT_LANGUAGE
from schemas.envelope import Budget, Context, Note, Origin, Work, request_id
from schemas.errors import Retryable, SluicegateError, Unprocessable
from schemas.ports import Detector, Span, Vault
from schemas.requests import Content, Finding, Redacted, Request, Signal
from schemas.tasks import Registry, TaskSpec
from schemas.wire import Inbound

_WORDY = frozenset({"LOCATION", "NAME", "ORGANIZATION", "PERSON"})


@dataclass
class _Originals:
    """The values replaced so far, by placeholder."""

    context: Context
    vault: Vault
    values: dict[str, str] = field(default_factory=dict)

    def rewrite(self, segment: Segment, spans: Sequence[Span]) -> Piece:
        """Return the piece with a placeholder in place of each span; spans are in order and do not overlap."""
        edits = tuple(
            Edit(span.start, span.end, self._placeholder(span.entity, segment.text[span.start : span.end]))
            for span in spans
        )
        return Piece(segment, edits)

    def _placeholder(self, entity: str, value: str) -> str:
        placeholder = self.vault.placeholder(self.context, entity, value)
        first = self.values.setdefault(placeholder, value)
        if placeholders.canonical(entity, first) != placeholders.canonical(entity, value):
            raise Unprocessable(
                "placeholder_collision", "two values of this request have the same placeholder"
            )
        return placeholder

    @property
    def findings(self) -> tuple[Finding, ...]:
        counts = Counter(placeholders.entity_of(placeholder) for placeholder in self.values)
        return tuple(Finding(entity=entity, count=count) for entity, count in sorted(counts.items()))


@dataclass(frozen=True)
class Redact:
    """Decodes a request, checks who may make it, and replaces what is personal or secret in all its words.

    Raises:
        Unprocessable: the reasons of `intake.read`, or `placeholder_collision`.
        Retryable: `detector_failed`, or `redaction_failed` for what should not happen. No exception carries text,
            nor a cause or context that does.
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
        segments = split(request)
        text = segments[0].text
        if not text.strip():
            raise Unprocessable("schema_mismatch", "text:blank")
        spoken = language.plain(request.language or language.detect(text, task.languages))
        context = _context(request, task, event, trace_id, spoken)
        found = await self.detector.detect([segment.text for segment in segments], spoken)
        return self._assemble(request, task, context, segments, found)

    def _assemble(
        self,
        request: Request,
        task: TaskSpec,
        context: Context,
        segments: Sequence[Segment],
        found: Sequence[Sequence[Span]],
    ) -> Redacted:
        spans, mentions = _decide(task, context.language or DEFAULT_LANGUAGE, segments, found)
        originals = _Originals(context, self.vault)
        rewritten = Rewritten(
            [originals.rewrite(segment, chosen) for segment, chosen in zip(segments, spans, strict=True)]
        )
        content = Content(
            text=rewritten.own.text,
            fields=rewritten.fields(request),
            turns=rewritten.turns,
            identifiers=identifiers.collect(zip(segments, mentions, strict=True)),
            findings=originals.findings,
            signals=_signals(rewritten),
            redaction_version=self.detector.version,
        )
        vault = self.vault.seal(context, originals.values)
        return Redacted(context=context, content=content, vault=vault, work=_work(content))


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


def _decide(
    task: TaskSpec, spoken: str, segments: Sequence[Segment], found: Sequence[Sequence[Span]]
) -> tuple[list[list[Span]], list[list[Mention]]]:
    """Return for each piece the spans to replace and the identifiers to leave."""
    detected = [[*_credible(segment, spans)] for segment, spans in zip(segments, found, strict=True)]
    mentions = [
        identifiers.find(segment.text, task.identifiers, spans)
        for segment, spans in zip(segments, detected, strict=True)
    ]
    known = propagation.terms(
        (
            (segment, identifiers.keep(segment.text, spans, kept))
            for segment, spans, kept in zip(segments, detected, mentions, strict=True)
        ),
        spoken,
    )
    chosen = [
        identifiers.keep(
            segment.text, merge(segment.text, [*spans, *propagation.find(segment.text, known)]), kept
        )
        for segment, spans, kept in zip(segments, detected, mentions, strict=True)
    ]
    return chosen, mentions


def _credible(segment: Segment, spans: Sequence[Span]) -> Sequence[Span]:
    """A key's words are its publisher's, so only what has a shape counts there; a key may tell what its value is."""
    if segment.place is Place.KEY:
        return [span for span in spans if span.entity not in _WORDY]
    hinted = entity_of_field(segment.name) if segment.place is Place.VALUE else None
    if hinted is not None and segment.text.strip():
        return merge(segment.text, [Span(0, len(segment.text), hinted, 1.0)])
    return spans


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


def _work(content: Content) -> Work:
    replaced = sum(finding.count for finding in content.findings)
    notes = (
        Note(name="values_replaced", value=str(replaced)),
        Note(name="signals", value=str(len(content.signals))),
    )
    return Work(notes=notes)
