"""What a task says without a model: its wording by intent and language. Filling it in is the classify stage's work."""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from schemas.base import Code, LanguageTag, Model

BLANK = re.compile(r"\{([a-z_.]+)\}")
"""A blank in a template: `{tool.field}` or `{quote}`."""

QUOTE = "quote"


class Reply(Model):
    """A reply to be filled.

    Attributes:
        cites: the passage it rests on: a document id, or document id # section; empty if it states no fact.
    """

    subject: str = Field(min_length=1, max_length=150)
    body: str = Field(min_length=1, max_length=3000)
    cites: str = ""


class Handover(Model):
    """To whom a conversation goes, and how soon."""

    queue: Code
    urgency: Literal["low", "normal", "high"] = "normal"


class Templates(Model):
    """All wording of a task.

    Attributes:
        phrases: by `tool.field`, language and value of the field: how that value is put into words.
    """

    replies: dict[Code, dict[LanguageTag, Reply]] = Field(default_factory=dict)
    clarifications: dict[Code, dict[LanguageTag, str]] = Field(default_factory=dict)
    handovers: dict[Code, Handover] = Field(default_factory=dict)
    phrases: dict[str, dict[LanguageTag, dict[str, str]]] = Field(default_factory=dict)

    def blanks(self) -> Iterator[tuple[str, str]]:
        """Yield every blank with the field of this model it stands in."""
        for field, text in self._texts():
            for match in BLANK.finditer(text):
                yield field, match[1]

    def _texts(self) -> Iterator[tuple[str, str]]:
        for intent, languages in self.replies.items():
            for language, reply in languages.items():
                yield f"replies.{intent}.{language}.subject", reply.subject
                yield f"replies.{intent}.{language}.body", reply.body
        for name, wordings in self.phrases.items():
            for language, phrases in wordings.items():
                for value, phrase in phrases.items():
                    yield f"phrases.{name}.{language}.{value}", phrase
