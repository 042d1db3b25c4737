"""Escalate: the larger model drafts the free text of an action whose type code has chosen."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from pydantic import JsonValue

from processors.claims import records
from processors.prompts import answers, candidate
from processors.prompts.budget import prompt_tokens
from processors.prompts.draft import Asking, Assembled, assemble
from processors.prompts.templates import Template, templates
from schemas.actions import HandToHuman
from schemas.base import Clock, derive_id, primary_language
from schemas.envelope import ModelCall, Note, Tier, Usage, Work, advance
from schemas.errors import Retryable
from schemas.knowledge import Chunk
from schemas.ports import ChatModel, Completion, Prompt
from schemas.proposals import MAX_CANDIDATE_CHARACTERS, Escalated, Proposal, Proposed
from schemas.tasks import TaskSpec
from schemas.tooling import ToolSpec

RETRY_AFTER_SECONDS = 5.0
KEY_BYTES = 32

_REPLY = "send_reply"
_REASONS = {
    "deadline_passed": "deadline_passed",
    "refused": "model_refused",
    "truncated": "model_output_unusable",
    "empty": "model_output_unusable",
    "too_large": "model_output_unusable",
}
"""Why a person takes over, by the failure of the model; of any other the model counts as unavailable."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft about to be asked for."""

    event: Escalated
    asking: Asking
    assembled: Assembled

    @property
    def shown(self) -> tuple[Chunk, ...]:
        """The passages that the model was shown."""
        return tuple(each for each in self.event.evidence.chunks if each.chunk_id in self.assembled.shown)


@dataclass(frozen=True)
class Escalate:
    """Asks the model for one text field, within deadline and hold; without a usable text a person takes over.

    The model never chooses an action and never fills one that moves money. Its answer is a candidate that `validate`
    reads like any untrusted input; an answer that is not the JSON asked for is passed on as it is, to be sent back
    with feedback. The defaults suit the embedded model.

    Attributes:
        drafts_only: the model writes replies and nothing else. What they rest on is then found by code, and where
            nothing is found a person takes over. A model that may more cites by itself, and may ask for records.
        chunks: passages shown at most, best first; a small model is led astray by a second one.
        languages: languages it can write, all when empty.
        context_tokens: of prompt and answer together.
        tools: what the model may ask for, where the task declares it.
        key: secret of this process, for the marks around data.
    """

    tasks: Mapping[str, TaskSpec]
    model: ChatModel
    clock: Clock
    drafts_only: bool = True
    chunks: int = 1
    languages: frozenset[str] = frozenset({"en"})
    context_tokens: int = 4_096
    tools: tuple[ToolSpec, ...] = ()
    key: bytes = field(default_factory=partial(secrets.token_bytes, KEY_BYTES), repr=False)

    async def __call__(self, event: Escalated) -> Proposed:
        """Return the proposal. Raises Retryable `model_unavailable` while time and hold allow another try."""
        draft = self._draft(event)
        if isinstance(draft, str):
            return self._hand_over(event, draft)
        completion = await self.model.complete(event.context, draft.assembled.prompt, Tier.LARGE)
        if completion.text is None:
            return self._without_text(draft, completion)
        return self._with_text(draft, completion.text, completion.calls)

    def _draft(self, event: Escalated) -> _Draft | str:
        """Return the draft to ask for, or the reason why none is asked for."""
        task = self.tasks[event.context.task]
        template = self._template(event)
        language = _spoken(event, task)
        if template is None:
            return "not_for_a_model"
        if language is None or (self.languages and primary_language(language) not in self.languages):
            return "language_not_drafted"
        if self.clock.now() >= event.context.deadline:
            return "deadline_passed"
        asking = Asking(
            template,
            language,
            task.max_output_tokens,
            self.chunks,
            not self.drafts_only,
            self._tools(event, task),
        )
        assembled = assemble(event, asking, self.key, partial(self._fits, event))
        return _Draft(event, asking, assembled) if assembled else "budget_exhausted"

    def _template(self, event: Escalated) -> Template | None:
        if self.drafts_only and event.chosen_type != _REPLY:
            return None
        return templates().get(event.chosen_type)

    def _tools(self, event: Escalated, task: TaskSpec) -> tuple[ToolSpec, ...]:
        """Return the tools whose records may be asked for in this round."""
        if self.drafts_only or event.lookup_rounds >= task.max_lookups:
            return ()
        return tuple(spec for spec in self.tools if spec.name in task.tools)

    def _fits(self, event: Escalated, prompt: Prompt) -> bool:
        return prompt_tokens(prompt) <= self.context_tokens and self._affordable(event, prompt, event.usage)

    def _affordable(self, event: Escalated, prompt: Prompt, spent: Usage) -> bool:
        cost, tokens = self.model.worst_case(prompt.bytes, prompt.max_output_tokens)
        within_cost = spent.cost_usd + cost <= event.hold.cost_usd
        return within_cost and spent.tokens + tokens <= event.hold.tokens

    def _without_text(self, draft: _Draft, completion: Completion) -> Proposed:
        event, calls = draft.event, completion.calls
        reason = _REASONS.get(completion.failure, "model_unavailable")
        if completion.temporary and self._time_left(event):
            if self._affordable(event, draft.assembled.prompt, event.usage.plus(calls)):
                raise Retryable("model_unavailable", completion.failure, RETRY_AFTER_SECONDS)
            reason = "budget_exhausted"
        return self._hand_over(event, reason, calls, draft.assembled.notes)

    def _time_left(self, event: Escalated) -> bool:
        return self.clock.now() + timedelta(seconds=RETRY_AFTER_SECONDS) < event.context.deadline

    def _with_text(self, draft: _Draft, said: str, calls: tuple[ModelCall, ...]) -> Proposed:
        answer = answers.read(said)
        if answer is None:
            return self._propose(
                draft, said[:MAX_CANDIDATE_CHARACTERS], calls, Note(name="answer", value="unread")
            )
        if answer.lookup is not None and draft.asking.tools:
            asked = candidate.lookup(answer.lookup)
            return self._propose(
                draft, asked[:MAX_CANDIDATE_CHARACTERS], calls, Note(name="answer", value="lookup")
            )
        if not answer.text:
            reason = "not_in_evidence" if draft.asking.citing else "model_output_unusable"
            return self._hand_over(draft.event, reason, calls, draft.assembled.notes)
        return self._with_words(draft, answer, calls)

    def _with_words(self, draft: _Draft, answer: answers.Answer, calls: tuple[ModelCall, ...]) -> Proposed:
        whole = candidate.whole_sentences(answer.text)
        cited = self._citations(draft, answer, whole)
        if cited is None:
            return self._hand_over(draft.event, "answer_without_source", calls, draft.assembled.notes)
        fields = candidate.action(draft.event, draft.asking, whole, cited)
        trimmed = () if whole == answer.text else (Note(name="answer", value="trimmed"),)
        return self._propose(draft, json.dumps(fields), calls, *trimmed)

    def _citations(self, draft: _Draft, answer: answers.Answer, text: str) -> JsonValue:
        """Return the model's citations, or those that code finds; None where it must find one and does not."""
        if draft.asking.citing:
            return answer.citations or []
        found = [quote.fields for quote in candidate.citations(draft.shown, text)]
        task, results = self.tasks[draft.event.context.task], draft.event.evidence.tool_results
        optional = task.citations == "optional" or any(records.is_told(result, text) for result in results)
        return [*found] if found or optional or draft.asking.template.action != _REPLY else None

    def _hand_over(
        self, event: Escalated, reason: str, calls: tuple[ModelCall, ...] = (), notes: tuple[Note, ...] = ()
    ) -> Proposed:
        queue = self.tasks[event.context.task].human_queue
        action = HandToHuman(queue=queue, urgency=event.context.priority, reason=reason)
        proposal = Proposal(
            proposal_id=_proposal_id(event),
            tier=Tier.RULES,
            candidate=action.model_dump_json(),
            chosen_type=action.type,
        )
        return _proposed(event, proposal, calls, (*notes, Note(name="fallback", value=reason)))

    def _propose(self, draft: _Draft, text: str, calls: tuple[ModelCall, ...], *notes: Note) -> Proposed:
        event = draft.event
        proposal = Proposal(
            proposal_id=_proposal_id(event),
            tier=Tier.LARGE,
            candidate=text,
            chosen_type=event.chosen_type,
            shown=draft.assembled.shown,
        )
        return _proposed(event, proposal, calls, (*draft.assembled.notes, *notes))


def _spoken(event: Escalated, task: TaskSpec) -> str | None:
    """Return the task's language for a request: its own or the one it is a variety of; None if the task speaks neither."""
    asked = event.context.language or task.languages[0]
    return next((each for each in (asked, primary_language(asked)) if each in task.languages), None)


def _proposal_id(event: Escalated) -> UUID:
    context = event.context
    return derive_id(context.request_id, context.generation, "escalate", event.lookup_rounds, event.repairs)


def _proposed(
    event: Escalated, proposal: Proposal, calls: tuple[ModelCall, ...], notes: tuple[Note, ...]
) -> Proposed:
    work = Work(model_calls=calls, notes=notes)
    return advance(Proposed, event, proposal=proposal, usage=event.usage.plus(calls), work=work)
