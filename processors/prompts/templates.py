"""Prompt templates: what is fixed in a prompt, its version, and the field of an action that the model fills."""

import hashlib
from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from schemas.actions import Citation
from schemas.base import Code, Model


class ExamplePassage(Model):
    """A passage of a worked example."""

    id: str
    title: str
    text: str


class Example(Model):
    """A worked example. It shows the form; its facts are of no shop."""

    passages: tuple[ExamplePassage, ...] = ()
    request: str
    answer: str
    citations: tuple[Citation, ...] = ()


class Template(Model):
    """The fixed part of a prompt.

    Attributes:
        field: the free-text field of the action that the model fills.
        citing: what is added for models that cite by themselves; empty where nothing is to be cited.
        lookups: what is added for models that may ask for records.
        closing: what is said last; `{language}` stands for the language to answer in.
        digest: of the file, so that no edit goes unnoticed in the records.
    """

    action: Code
    field: Code
    version: int = Field(ge=1)
    max_characters: int = Field(ge=1)
    system: str
    citing: str = ""
    lookups: str = ""
    examples: tuple[Example, ...] = ()
    closing: str
    digest: str

    @property
    def name(self) -> str:
        """Name for the records, as `send_reply-1-9f3a0c2b`."""
        return f"{self.action}-{self.version}-{self.digest}"


@cache
def templates() -> dict[str, Template]:
    """Return the shipped templates by action type."""
    folder = resources.files(__package__)
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    loaded = (_template(text) for text in texts)
    return {template.action: template for template in loaded}


def _template(text: str) -> Template:
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Template.model_validate({**yaml.safe_load(text), "digest": digest})
