"""A task from its folder: specification, wording, knowledge and examples, checked against one another."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processors.tasks.documents import load_documents
from processors.tasks.files import invalid, read_text, read_yaml
from processors.tasks.templates import QUOTE, Templates
from schemas.actions import ACTION_TYPES
from schemas.knowledge import Document
from schemas.tasks import IntentSpec, Registry, TaskSpec

TASK_FILE = "task.yaml"
TEMPLATES_FILE = "templates.yaml"
EXAMPLES_FILE = "examples.csv"
REGISTRY_FILE = "registry.yaml"
KNOWLEDGE_FOLDER = "knowledge"
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Task:
    """A use case as its folder describes it."""

    folder: Path
    spec: TaskSpec
    templates: Templates
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the intent it stands for, or `out_of_scope`."""

    label: str
    text: str


def load_task(folder: Path) -> Task:
    """Return a task. Raises Fatal `task_invalid`, naming file and field."""
    spec = read_spec(folder / TASK_FILE)
    templates = read_yaml(folder / TEMPLATES_FILE, Templates)
    for field, problem in _template_problems(spec, templates):
        raise invalid(folder / TEMPLATES_FILE, field, problem)
    return Task(folder, spec, templates, load_documents(folder / KNOWLEDGE_FOLDER))


def read_spec(file: Path) -> TaskSpec:
    """Return the specification alone. Raises Fatal `task_invalid`."""
    spec = read_yaml(file, TaskSpec)
    for field, problem in _spec_problems(spec):
        raise invalid(file, field, problem)
    return spec


def load_registry(file: Path) -> Registry:
    """Return the registry of sources, tenants and reviewers. Raises Fatal `task_invalid`."""
    return read_yaml(file, Registry)


def load_examples(folder: Path, spec: TaskSpec) -> list[Example]:
    """Return the training examples. Raises Fatal `task_invalid` for a row that is no example of an intent."""
    file = folder / EXAMPLES_FILE
    rows = list(csv.reader(read_text(file).splitlines()))
    if not rows or rows[0] != ["label", "text"]:
        raise invalid(file, "line 1", "is not the header label,text")
    known = {*spec.intents, OUT_OF_SCOPE}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]) or not row[1].strip():
            raise invalid(file, f"line {number}", "is not a label and a text")
        if row[0] not in known:
            raise invalid(file, f"line {number}", "names no intent of the task")
    return [Example(label, text) for label, text in rows[1:]]


def _spec_problems(spec: TaskSpec) -> Iterator[tuple[str, str]]:
    for action in spec.actions:
        if action not in ACTION_TYPES:
            yield "actions", f"{action} is no action type"
    for identifier in spec.identifiers:
        if not _compiles(identifier.pattern):
            yield f"identifiers.{identifier.name}.pattern", "is not a regular expression"
        if identifier.when_missing not in {"", *spec.tools}:
            yield f"identifiers.{identifier.name}.when_missing", "is not among the task's tools"
    for name, intent in {**spec.intents, OUT_OF_SCOPE: spec.out_of_scope}.items():
        if intent.action not in spec.actions:
            yield f"intents.{name}.action", "is not among the task's actions"
        if not set(intent.needs) <= set(spec.tools):
            yield f"intents.{name}.needs", "is not among the task's tools"


def _template_problems(spec: TaskSpec, templates: Templates) -> Iterator[tuple[str, str]]:
    for name, intent in {**spec.intents, OUT_OF_SCOPE: spec.out_of_scope}.items():
        if intent.by == "template":
            yield from _wording_problems(name, intent, spec, templates)
    needed = {tool for intent in spec.intents.values() for tool in intent.needs}
    for name in (
        *(f"{each.name}_missing" for each in spec.identifiers if each.asked_for),
        *(f"{tool}_not_found" for tool in sorted(needed)),
    ):
        yield from _missing_languages("clarifications", name, spec, templates)
    for field, blank in templates.blanks():
        tool, _, key = blank.partition(".")
        if blank != QUOTE and not (tool in spec.tools and key):
            yield field, f"{{{blank}}} is neither a field of a tool nor the quote"


def _wording_problems(
    name: str, intent: IntentSpec, spec: TaskSpec, templates: Templates
) -> Iterator[tuple[str, str]]:
    if intent.action == "send_reply":
        yield from _missing_languages("replies", name, spec, templates)
    elif intent.action == "ask_clarification":
        yield from _missing_languages("clarifications", name, spec, templates)
    elif intent.action != "hand_to_human":
        yield f"intents.{name}", "an action of this type is never taken by template"
    elif name not in templates.handovers:
        yield f"handovers.{name}", "is missing"


def _missing_languages(
    section: str, name: str, spec: TaskSpec, templates: Templates
) -> Iterator[tuple[str, str]]:
    wordings = templates.replies if section == "replies" else templates.clarifications
    for language in spec.languages:
        if language not in wordings.get(name, {}):
            yield f"{section}.{name}.{language}", "is missing"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
