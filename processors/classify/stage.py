"""Classify: decide what can be decided without the larger model, and say why it is asked for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.classify.case import Case
from processors.classify.features import words
from processors.classify.rules import RULES, unmet_need
from processors.classify.templates import reply
from processors.tasks.templates import Templates
from schemas.actions import ACTION_TYPES, Action, Risk
from schemas.base import derive_id
from schemas.envelope import Note, Tier, Work, advance
from schemas.errors import Fatal
from schemas.ports import IntentClassifier
from schemas.proposals import Classification, Escalated, Proposal, Proposed
from schemas.requests import Content, Grounded
from schemas.tasks import IntentSpec, TaskSpec

_CONTINUATION_WORDS = 4


@dataclass(frozen=True, slots=True)
class Decided:
    """An action that needs no larger model."""

    action: Action
    tier: Tier
    because: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """The larger model is to fill this type of action."""

    chosen_type: str
    because: str


@dataclass(frozen=True)
class Classify:
    """Rules, then the cheap tier, then templates.

    A request with signs of injection gets at most a low-risk template, whose text is fixed; where a rule would write or
    a model would read it, a person takes over. Below the threshold nothing factual or risky is decided here.

    Raises:
        Fatal: `task_invalid`, when an intent is to be taken by a rule that does not exist.
    """

    tasks: Mapping[str, TaskSpec]
    classifier: IntentClassifier
    templates: Templates

    def __post_init__(self) -> None:
        for task in self.tasks.values():
            for name, intent in task.intents.items():
                if intent.by == "rule" and intent.action not in RULES:
                    raise Fatal("task_invalid", f"task.yaml: intents.{name}.by: no rule for this action")

    async def __call__(self, event: Grounded) -> Proposed | Escalated:
        classification = self.classifier.classify(text_of(event.content))
        case = Case(event, self.tasks[event.context.task], self.templates, classification)
        outcome = decide(case)
        return _proposed(case, outcome) if isinstance(outcome, Decided) else _escalated(case, outcome)


def text_of(content: Content) -> str:
    """Return the text to classify: a message that hardly says more than an order number continues the one before it."""
    said = content.text
    for value in content.identifiers.values():
        said = said.replace(value, " ")
    if content.identifiers and content.said_before and len(words(said)) <= _CONTINUATION_WORDS:
        return f"{content.said_before} {content.text}"
    return content.text


def decide(case: Case) -> Decided | Undecided:
    """Return the action that rules or a template give, or that none does and why."""
    intent = _intent(case)
    if case.event.content.signals and not _harmless(case, intent):
        return Decided(case.hand_over("suspected_injection"), Tier.RULES, "suspected_injection")
    if not case.in_scope:
        return _out_of_scope(case)
    return (
        _sure(case, intent)
        if case.classification.confidence >= _needed(case, intent)
        else _unsure(case, intent)
    )


def _intent(case: Case) -> IntentSpec:
    return case.task.intents[case.classification.label] if case.in_scope else case.task.out_of_scope


def _needed(case: Case, intent: IntentSpec) -> float:
    """Return the confidence an intent needs: half-way from the threshold to certainty where a mistake is costly."""
    threshold = case.task.confidence_threshold
    return (1 + threshold) / 2 if ACTION_TYPES[intent.action].risk is Risk.HIGH else threshold


def _harmless(case: Case, intent: IntentSpec) -> bool:
    sure = case.classification.confidence >= _needed(case, intent)
    low = ACTION_TYPES[intent.action].risk is Risk.LOW
    return sure and low and intent.by == "template" and case.in_scope


def _out_of_scope(case: Case) -> Decided | Undecided:
    spec = case.task.out_of_scope
    if spec.by == "model" or spec.action != "hand_to_human":
        return Undecided(spec.action, "out_of_scope")
    return Decided(case.hand_over("out_of_scope"), Tier.RULES, "out_of_scope")


def _unsure(case: Case, intent: IntentSpec) -> Decided | Undecided:
    """Asking back and handing over are safe at any confidence; a reply is for the model, a write for a person."""
    if intent.action == "send_reply":
        return Undecided("send_reply", "low_confidence")
    if intent.action in {"ask_clarification", "hand_to_human"} and intent.by == "template":
        return _by_template(case, intent)
    return Decided(case.hand_over("unsure_of_intent"), Tier.RULES, "low_confidence")


def _sure(case: Case, intent: IntentSpec) -> Decided | Undecided:
    unmet = unmet_need(case, intent)
    if unmet is not None:
        return Decided(unmet, Tier.RULES, "record_absent")
    if intent.by == "rule":
        return Decided(RULES[intent.action](case), Tier.RULES, "rule")
    if intent.by == "template":
        return _by_template(case, intent)
    return Undecided(intent.action, "intent_needs_model")


def _by_template(case: Case, intent: IntentSpec) -> Decided | Undecided:
    label = case.classification.label
    if intent.action == "hand_to_human":
        return Decided(case.hand_over(label), Tier.CHEAP, "template")
    if intent.action == "ask_clarification":
        return Decided(case.ask(label), Tier.CHEAP, "template")
    confidence = round(case.classification.confidence, 4)
    filled = reply(case.templates, label, case.language, case.event.evidence, confidence)
    return Decided(filled, Tier.CHEAP, "template") if filled else Undecided(intent.action, "no_evidence")


def _proposed(case: Case, outcome: Decided) -> Proposed:
    context = case.event.context
    proposal = Proposal(
        proposal_id=derive_id(context.request_id, context.generation, "proposal", 0),
        tier=outcome.tier,
        candidate=outcome.action.model_dump_json(),
        chosen_type=outcome.action.type,
    )
    return advance(
        Proposed,
        case.event,
        classification=case.classification,
        proposal=proposal,
        work=_work(case.classification, outcome.because),
    )


def _escalated(case: Case, outcome: Undecided) -> Escalated:
    return advance(
        Escalated,
        case.event,
        classification=case.classification,
        chosen_type=outcome.chosen_type,
        reason=outcome.because,
        work=_work(case.classification, outcome.because),
    )


def _work(classification: Classification, because: str) -> Work:
    notes = {
        "label": classification.label,
        "confidence": f"{classification.confidence:.4f}",
        "because": because,
        "classifier": classification.model_version,
    }
    return Work(notes=tuple(Note(name=name, value=value) for name, value in notes.items()))
