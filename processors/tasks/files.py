"""Task files from disk. Every error names the file and the field at fault."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import Fatal

M = TypeVar("M", bound=BaseModel)

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


def invalid(file: Path, field: str, problem: str) -> Fatal:
    """Return the error to raise about one field of a task's file."""
    return Fatal("task_invalid", f"{file.name}: {field}: {problem}")


def read_text(file: Path) -> str:
    """Return a file's text. Raises Fatal `task_invalid` when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError:
        raise invalid(file, "file", "cannot be read") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise invalid(file, f"line {line}", "is not UTF-8") from None


def read_yaml(file: Path, model: type[M]) -> M:
    """Return a YAML file as a model. Raises Fatal `task_invalid`."""
    return parse_yaml(file, read_text(file), model)


def parse_yaml(file: Path, text: str, model: type[M]) -> M:
    """Return YAML text as a model; `file` is named in errors. Raises Fatal `task_invalid`."""
    try:
        return model.model_validate(_mapping(file, yaml.safe_load(text)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise invalid(file, f"line {line}", error.problem or "not YAML") from None
    except ValidationError as error:
        raise invalid(file, *_first(error)) from None


def split_front_matter(file: Path) -> tuple[str, str]:
    """Return the YAML head and the body of a Markdown file. Raises Fatal `task_invalid`."""
    match = _FRONT_MATTER.match(read_text(file))
    if match is None:
        raise invalid(file, "front matter", "is missing: the file starts with --- and closes it with ---")
    return match[1], match[2].strip()


def _mapping(file: Path, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise invalid(file, "file", "is not a mapping")
    return value


def _first(error: ValidationError) -> tuple[str, str]:
    found = error.errors(include_input=False, include_context=False, include_url=False)[0]
    return ".".join(str(part) for part in found["loc"]), found["msg"]
