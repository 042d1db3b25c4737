"""Escalate: the larger model drafts the free text of an action whose type code has chosen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from processors.prompts import candidate
from processors.prompts.draft import draft_prompt
from processors.prompts.templates import Template, templates
from schemas.actions import HandToHuman
from schemas.base import Clock, derive_id, primary_language
from schemas.envelope import ModelCall, Note, Tier, Usage, Work, advance
from schemas.errors import Retryable
from schemas.ports import ChatModel, Completion, Prompt
from schemas.proposals import MAX_CANDIDATE_CHARACTERS, Escalated, Proposal, Proposed
from schemas.tasks import TaskSpec

RETRY_AFTER_SECONDS = 5.0

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
    template: Template
    language: str
    prompt: Prompt


@dataclass(frozen=True)
class Escalate:
    """Asks the model for one text field, within deadline and hold; without a usable text a person takes over.

    The model never chooses an action and never fills one that moves money. Its answer is a candidate that `validate`
    reads like any untrusted input; an answer that is not the JSON asked for is passed on as it is, to be sent back
    with feedback. The defaults suit the embedded model.

    Attributes:
        drafts_only: the model writes replies and nothing else.
        chunks: passages shown at most, best first; a small model is led astray by a second one.
        languages: languages it can write, all when empty.
    """

    tasks: Mapping[str, TaskSpec]
    model: ChatModel
    clock: Clock
    drafts_only: bool = True
    chunks: int = 1
    languages: frozenset[str] = frozenset({"en"})

    async def __call__(self, event: Escalated) -> Proposed:
        """Return the proposal. Raises Retryable `model_unavailable` while time and hold allow another try."""
        draft = self._draft(event)
        if isinstance(draft, str):
            return self._hand_over(event, draft)
        completion = await self.model.complete(event.context, draft.prompt, Tier.LARGE)
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
        prompt = draft_prompt(event, template, language, task.max_output_tokens, self.chunks)
        if not self._affordable(event, prompt, event.usage):
            return "budget_exhausted"
        return _Draft(event, template, language, prompt)

    def _template(self, event: Escalated) -> Template | None:
        if self.drafts_only and event.chosen_type != _REPLY:
            return None
        return templates().get(event.chosen_type)

    def _affordable(self, event: Escalated, prompt: Prompt, spent: Usage) -> bool:
        cost, tokens = self.model.worst_case(prompt.bytes, prompt.max_output_tokens)
        within_cost = spent.cost_usd + cost <= event.hold.cost_usd
        return within_cost and spent.tokens + tokens <= event.hold.tokens

    def _without_text(self, draft: _Draft, completion: Completion) -> Proposed:
        event, calls = draft.event, completion.calls
        reason = _REASONS.get(completion.failure, "model_unavailable")
        if completion.temporary and self._time_left(event):
            if self._affordable(event, draft.prompt, event.usage.plus(calls)):
                raise Retryable("model_unavailable", completion.failure, RETRY_AFTER_SECONDS)
            reason = "budget_exhausted"
        return self._hand_over(event, reason, calls)

    def _time_left(self, event: Escalated) -> bool:
        return self.clock.now() + timedelta(seconds=RETRY_AFTER_SECONDS) < event.context.deadline

    def _with_text(self, draft: _Draft, answer: str, calls: tuple[ModelCall, ...]) -> Proposed:
        event = draft.event
        text = candidate.free_text(answer)
        if text is None:
            unread = Note(name="answer", value="unread")
            return _propose(event, answer[:MAX_CANDIDATE_CHARACTERS], event.chosen_type, calls, unread)
        if not text:
            return self._hand_over(event, "model_output_unusable", calls)
        whole = candidate.whole_sentences(text)
        fields = candidate.action(event, draft.template, whole, draft.language, self.chunks)
        notes = () if whole == text else (Note(name="answer", value="trimmed"),)
        return _propose(event, json.dumps(fields), event.chosen_type, calls, *notes)

    def _hand_over(self, event: Escalated, reason: str, calls: tuple[ModelCall, ...] = ()) -> Proposed:
        queue = self.tasks[event.context.task].human_queue
        action = HandToHuman(queue=queue, urgency=event.context.priority, reason=reason)
        note = Note(name="fallback", value=reason)
        return _propose(event, action.model_dump_json(), action.type, calls, note, tier=Tier.RULES)


def _spoken(event: Escalated, task: TaskSpec) -> str | None:
    """Return the task's language for a request: its own or the one it is a variety of; None if the task speaks neither."""
    asked = event.context.language or task.languages[0]
    return next((each for each in (asked, primary_language(asked)) if each in task.languages), None)


def _propose(
    event: Escalated,
    text: str,
    chosen_type: str,
    calls: tuple[ModelCall, ...],
    *notes: Note,
    tier: Tier = Tier.LARGE,
) -> Proposed:
    context = event.context
    proposal = Proposal(
        proposal_id=derive_id(context.request_id, context.generation, "escalate", event.repairs),
        tier=tier,
        candidate=text,
        chosen_type=chosen_type,
    )
    work = Work(model_calls=calls, notes=notes)
    return advance(Proposed, event, proposal=proposal, usage=event.usage.plus(calls), work=work)
