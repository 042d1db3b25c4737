"""Which identifiers may be asked for: those the requester gave, and those that stand in records they were permitted."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from schemas.knowledge import Evidence
from schemas.requests import Content
from schemas.tasks import IdentifierSpec, TaskSpec
from schemas.tooling import ToolStatus

Known = dict[str, frozenset[str]]
"""Values by the identifier's name."""


def known_identifiers(content: Content, evidence: Evidence, task: TaskSpec) -> Known:
    """Return the identifiers of a request and of its permitted records. A model's words name none."""
    known = _said(content, task)
    for result in evidence.tool_results:
        if result.status == ToolStatus.OK:
            known = _joined(known, identifiers_in(result.record, task))
    return known


def identifiers_in(record: Mapping[str, JsonValue], task: TaskSpec) -> Known:
    """Return the values that a record has under an identifier's name and that look like one."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    patterns = {spec.name: spec.pattern for spec in task.identifiers}
    for key, text in _leaves(dict(record), ""):
        if key in patterns and re.fullmatch(patterns[key], text):
            found[key].add(text)
    return {name: frozenset(values) for name, values in found.items()}


def _said(content: Content, task: TaskSpec) -> Known:
    said = [content.text, *(turn.text for turn in content.turns if turn.role == "requester")]
    known = {spec.name: frozenset(_mentioned(spec, said)) for spec in task.identifiers}
    return _joined(known, {name: frozenset({value}) for name, value in content.identifiers.items()})


def _mentioned(spec: IdentifierSpec, texts: list[str]) -> Iterator[str]:
    for text in texts:
        yield from (match[0] for match in re.finditer(rf"(?<!\w)(?:{spec.pattern})(?!\w)", text))


def _joined(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> Known:
    names = {*one, *other}
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in names}


def _leaves(value: JsonValue, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, key)
    elif isinstance(value, str):
        yield key, value
