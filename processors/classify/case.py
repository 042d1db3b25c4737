"""One request before its classifier's label is acted on: all that rules and templates may look at."""

from dataclasses import dataclass

from processors.classify.templates import fill, record_values
from processors.tasks.templates import Handover, Templates
from schemas.actions import AskClarification, HandToHuman
from schemas.base import DEFAULT_LANGUAGE, primary_language
from schemas.knowledge import ToolResult
from schemas.proposals import Classification
from schemas.requests import Grounded
from schemas.tasks import TaskSpec


@dataclass(frozen=True)
class Case:
    """A grounded request, its task and what the cheap tier made of it."""

    event: Grounded
    task: TaskSpec
    templates: Templates
    classification: Classification

    @property
    def in_scope(self) -> bool:
        """Whether the label is one of the task's intents, and the text like its examples."""
        return not self.classification.out_of_scope and self.classification.label in self.task.intents

    @property
    def language(self) -> str:
        """Language of the reply: the requester's where the task speaks it."""
        asked = primary_language(self.event.context.language)
        if asked in self.task.languages:
            return asked
        return DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in self.task.languages else self.task.languages[0]

    def result(self, tool: str) -> ToolResult | None:
        """Return the last result of a tool."""
        results = [found for found in self.event.evidence.tool_results if found.tool == tool]
        return results[-1] if results else None

    def missing_identifiers(self) -> tuple[str, ...]:
        """Return the names of identifiers that the request does not give and is to be asked for."""
        given = self.event.content.identifiers
        return tuple(spec.name for spec in self.task.identifiers if spec.asked_for and spec.name not in given)

    def ask(self, name: str, missing: tuple[str, ...] = ()) -> AskClarification:
        """Return the clarification of that name."""
        text = self.templates.clarifications[name][self.language]
        values = record_values(self.templates, self.language, self.event.evidence)
        return AskClarification(language=self.language, question=fill(text, values) or text, missing=missing)

    def hand_over(self, reason: str) -> HandToHuman:
        """Return the hand-over for that reason; a request of high priority stays urgent."""
        to = self.templates.handovers.get(reason, Handover(queue=self.task.human_queue))
        urgent = self.event.context.priority == "high"
        found = self.classification
        return HandToHuman(
            queue=to.queue,
            urgency="high" if urgent else to.urgency,
            reason=reason,
            summary=f"likely intent: {found.label}, confidence {found.confidence:.2f}",
        )
