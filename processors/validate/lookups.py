"""Lookups: a record that an action rests on, or that a model asks for, is fetched before anything is decided."""

from collections.abc import Sequence

from schemas.actions import IssueRefund
from schemas.envelope import Note, Work, advance
from schemas.proposals import Lookup, LookupRequested, Proposed, Violation
from schemas.tasks import TaskSpec
from schemas.tooling import ToolSpec, tool_for

ORDER_NUMBER = "order_number"


def unseen_order(
    event: Proposed, task: TaskSpec, action: IssueRefund, tools: Sequence[ToolSpec]
) -> LookupRequested | None:
    """Return the lookup of an order that nobody has looked up yet, while rounds are left and a tool is declared for it."""
    given = {ORDER_NUMBER: action.order_number}
    spec = tool_for(tools, task.tools, given)
    if spec is None or event.lookup_rounds >= task.max_lookups:
        return None
    arguments = spec.arguments_from(given)
    if any(_answers(result.arguments, arguments) for result in event.evidence.tool_results):
        return None
    return advance(LookupRequested, event, tool=spec.name, arguments=arguments)


def asked_for(event: Proposed, wanted: Lookup) -> LookupRequested:
    """Return the lookup that a model asked for; `ground` checks its arguments and the requester's permission."""
    note = Note(name="lookup", value=wanted.tool)
    return advance(
        LookupRequested, event, tool=wanted.tool, arguments=wanted.arguments, work=Work(notes=(note,))
    )


def violations(event: Proposed, task: TaskSpec, wanted: Lookup) -> tuple[Violation, ...]:
    """Return why a record may not be asked for: no such tool, no round left, or it was asked for before."""
    if wanted.tool not in task.tools:
        return (Violation(error="tool_not_in_task", field="tool"),)
    if event.lookup_rounds >= task.max_lookups:
        return (Violation(error="lookups_exhausted", field="tool"),)
    results = event.evidence.tool_results
    if any(each.tool == wanted.tool and each.arguments == wanted.arguments for each in results):
        return (Violation(error="lookup_repeated", field="arguments"),)
    return ()


def _answers(asked: dict[str, str], wanted: dict[str, str]) -> bool:
    return all(asked.get(name) == value for name, value in wanted.items())
