"""Which tools are asked before any model: those that the request's identifiers suffice for."""

from collections.abc import Iterator, Mapping

from schemas.tasks import TaskSpec
from schemas.tooling import ToolSpec


def planned(
    task: TaskSpec, tools: Mapping[str, ToolSpec], given: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield tools with their arguments, in the order the task names them.

    A tool that stands in for a missing identifier is asked only when that is missing, and then whatever is given.
    """
    stands_in = {spec.when_missing: spec.name not in given for spec in task.identifiers if spec.when_missing}
    for name in task.tools:
        spec = tools.get(name)
        if spec is None:
            continue
        arguments = spec.arguments_from(given)
        wanted = stands_in.get(name, spec.is_satisfied(given))
        if wanted and spec.required <= arguments.keys():
            yield name, arguments
