"""Validate: what a model proposed is read like any untrusted input, against its action's model and its evidence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from processors.redact.placeholders import found_in
from processors.redact.readings.normalising import is_plain
from processors.texts import strings
from processors.validate import grounding, lookups
from processors.validate.grounding import Rest
from schemas.actions import (
    ACTION,
    ACTION_TYPES,
    Action,
    AskClarification,
    HandToHuman,
    IssueRefund,
    SendReply,
)
from schemas.base import Clock
from schemas.envelope import Note, Tier, Work, advance
from schemas.proposals import (
    MAX_CANDIDATE_CHARACTERS,
    Escalated,
    Lookup,
    LookupRequested,
    Proposed,
    Validated,
    Violation,
)
from schemas.tasks import TaskSpec
from schemas.tooling import ToolSpec

_SAFE = frozenset({"hand_to_human", "ask_clarification"})


@dataclass(frozen=True)
class Validate:
    """Parses a candidate and checks it; sends it back with sanitised feedback a capped number of times.

    A candidate of another type than the chosen one is refused, except that handing to a person or asking back is
    always open. An order that the candidate names and nobody has looked up yet is looked up first, and so is a record
    that a model asks for, within the task's rounds. When the repairs, the deadline or the money are used up, the task's
    fallback is a person.

    Attributes:
        tools: what the worker's tools declare.
    """

    tasks: Mapping[str, TaskSpec]
    clock: Clock
    tools: tuple[ToolSpec, ...] = ()

    async def __call__(self, event: Proposed) -> Validated | Escalated | LookupRequested:
        task = self.tasks[event.context.task]
        wanted = lookup(event)
        if wanted is not None:
            wrong = lookups.violations(event, task, wanted)
            return self._refused(event, task, wrong) if wrong else lookups.asked_for(event, wanted)
        action, violations = check(event, task)
        if action is None:
            return self._refused(event, task, violations)
        unseen = (
            lookups.unseen_order(event, task, action, self.tools) if isinstance(action, IssueRefund) else None
        )
        return unseen or _validated(event, action, event.proposal.tier, ())

    def _refused(
        self, event: Proposed, task: TaskSpec, violations: tuple[Violation, ...]
    ) -> Validated | Escalated:
        if self._may_repair(event, task):
            return _send_back(event, violations)
        return _validated(event, _fallback(event, task), Tier.RULES, violations)

    def _may_repair(self, event: Proposed, task: TaskSpec) -> bool:
        spent = event.usage
        within = spent.cost_usd < event.hold.cost_usd and spent.tokens < event.hold.tokens
        return event.repairs < task.max_repairs and within and self.clock.now() < event.context.deadline


def lookup(event: Proposed) -> Lookup | None:
    """Return the record that a model asks for instead of answering, None if that is not what it does."""
    if event.proposal.tier is not Tier.LARGE:
        return None
    try:
        return Lookup.model_validate_json(event.proposal.candidate)
    except ValidationError:
        return None


def check(event: Proposed, task: TaskSpec) -> tuple[Action | None, tuple[Violation, ...]]:
    """Return the action, or what is wrong with the candidate."""
    action, violations = parse(event.proposal.candidate)
    if action is None:
        return None, violations
    found = tuple(_violations(event, task, action))
    return (None, found) if found else (action, ())


def parse(candidate: str) -> tuple[Action | None, tuple[Violation, ...]]:
    """Read JSON text as an action. Violations name error types and known fields, never a value."""
    if len(candidate) > MAX_CANDIDATE_CHARACTERS:
        return None, (Violation(error="too_long"),)
    try:
        return ACTION.validate_json(candidate), ()
    except ValidationError as error:
        return None, _sanitised(error)


def _sanitised(error: ValidationError) -> tuple[Violation, ...]:
    items = error.errors(include_input=False, include_context=False, include_url=False)
    return tuple(Violation(error=_code(item["type"]), field=_field(item["loc"])) for item in items[:10])


def _code(kind: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", kind.lower())[:60]


def _field(location: tuple[int | str, ...]) -> str:
    known = {name for action in ACTION_TYPES.values() for name in action.model_fields} | {"chunk_id", "quote"}
    return ".".join(str(part) for part in location if part in known)[:80]


def _violations(event: Proposed, task: TaskSpec, action: Action) -> Iterator[Violation]:
    if action.type not in task.actions:
        yield Violation(error="action_not_in_task", field="type")
    if action.type not in {event.proposal.chosen_type, *_SAFE}:
        yield Violation(error="action_not_chosen", field="type")
    if not _issued(event, action):
        yield Violation(error="placeholder_not_issued")
    if not all(map(is_plain, _written(action))):
        yield Violation(error="hidden_characters")
    if isinstance(action, SendReply | AskClarification) and action.language not in task.languages:
        yield Violation(error="language_not_supported", field="language")
    yield from grounding.violations(Rest(event, action), task)


def _written(action: Action) -> Iterator[str]:
    """Yield what a candidate says in its own words; a quotation is what its document is."""
    return strings(action.model_copy(update={"citations": ()}) if isinstance(action, SendReply) else action)


def _issued(event: Proposed, action: Action) -> bool:
    issued = {sealed.placeholder for sealed in event.vault.values}
    return issued.issuperset(found_in(strings(action)))


def _validated(event: Proposed, action: Action, tier: Tier, violations: tuple[Violation, ...]) -> Validated:
    return advance(
        Validated,
        event,
        proposal_id=event.proposal.proposal_id,
        tier=tier,
        action=action,
        sources=grounding.sources(Rest(event, action)),
        work=Work(notes=_notes(event, violations)),
    )


def _send_back(event: Proposed, violations: tuple[Violation, ...]) -> Escalated:
    return advance(
        Escalated,
        event,
        chosen_type=event.proposal.chosen_type,
        reason="invalid_proposal",
        repairs=event.repairs + 1,
        violations=violations,
        work=Work(notes=_notes(event, violations)),
    )


def _notes(event: Proposed, violations: tuple[Violation, ...]) -> tuple[Note, ...]:
    repairs = (Note(name="repairs", value=str(event.repairs)),) if event.repairs else ()
    return repairs + tuple(
        Note(name="violation", value=f"{item.error}:{item.field}".rstrip(":")) for item in violations
    )


def _fallback(event: Proposed, task: TaskSpec) -> HandToHuman:
    return HandToHuman(queue=task.human_queue, reason="validation_exhausted", urgency=event.context.priority)
