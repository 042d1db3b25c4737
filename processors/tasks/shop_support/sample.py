"""The shipped sample: what such a shop receives in a day, well-formed or not, with the ending each message must have.

A line of the file is an object with `note`, `expect` and what to publish: `message` (an object, sent as JSON), `raw` (text),
`raw_base64` (bytes) or `tombstone`. Beside it may stand `key`, `headers`, `deadline_in_seconds` (written into the message,
relative to the present) and `repeat` (a field filled with a text repeated).
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from schemas.base import Model
from schemas.errors import Fatal
from schemas.wire import Headers

FILE = Path(__file__).parent / "sample" / "requests.jsonl"


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """A record for the topic `requests`.

    Attributes:
        expect: its ending: `action:<type>`, `review`, `dead_letter:<reason>`, `duplicate`, or `any` where a model decides.
    """

    key: bytes | None
    value: bytes | None
    headers: Headers
    expect: str
    note: str


class Repeat(Model):
    """A field too long to be stored."""

    field: str
    text: str
    times: int = Field(ge=1)


class Line(Model):
    """A line of the sample file."""

    note: str
    expect: str = Field(pattern=r"^(action:[a-z_]+|review|dead_letter:[a-z0-9_]+|duplicate|any)$")
    message: dict[str, JsonValue] | None = None
    raw: str | None = None
    raw_base64: str | None = None
    tombstone: bool = False
    key: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    deadline_in_seconds: int | None = None
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        contents = (self.message, self.raw, self.raw_base64, self.tombstone or None)
        if sum(content is not None for content in contents) != 1:
            raise ValueError("needs one of message, raw, raw_base64 and tombstone")
        return self


def load(now: datetime, file: Path = FILE, *, mark: str = "") -> list[SampleMessage]:
    """Return the messages in order.

    Args:
        mark: put behind every request's id, so that a broker that remembers an earlier run sees new requests.

    Raises:
        Fatal: `sample_invalid`, naming the line.
    """
    messages: list[SampleMessage] = []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            raise Fatal("sample_invalid", f"line {number}: {error.errors()[0]['msg']}") from None
        messages.append(_message(line, now, mark))
    return messages


def _message(line: Line, now: datetime, mark: str) -> SampleMessage:
    headers = {name: value + mark if name == "ce_id" else value for name, value in line.headers.items()}
    return SampleMessage(
        key=_key(line),
        value=_value(line, now, mark),
        headers=tuple((name, value.encode()) for name, value in headers.items()),
        expect=line.expect,
        note=line.note,
    )


def _key(line: Line) -> bytes | None:
    """Publishers that have a conversation key by it, so that its messages stay in order."""
    conversation = (line.message or {}).get("conversation_id")
    key = line.key or (conversation if isinstance(conversation, str) else None)
    return key.encode() if key else None


def _value(line: Line, now: datetime, mark: str) -> bytes | None:
    if line.message is not None:
        completed = _marked(_completed(line, line.message, now), mark)
        return json.dumps(completed, ensure_ascii=False).encode()
    if line.raw_base64 is not None:
        return base64.b64decode(line.raw_base64)
    return None if line.raw is None else line.raw.encode()


def _completed(line: Line, message: dict[str, JsonValue], now: datetime) -> dict[str, JsonValue]:
    completed = dict(message)
    if line.deadline_in_seconds is not None:
        completed["deadline"] = (now + timedelta(seconds=line.deadline_in_seconds)).isoformat()
    if line.repeat is not None:
        completed[line.repeat.field] = line.repeat.text * line.repeat.times
    return completed


def _marked(message: dict[str, JsonValue], mark: str) -> dict[str, JsonValue]:
    """Return a message, and the data of an event in structured mode, with the mark behind its id."""
    identity, data = message.get("id"), message.get("data")
    marked = {"id": identity + mark} if isinstance(identity, str) else {}
    inner = {"data": _marked(data, mark)} if isinstance(data, dict) else {}
    return {**message, **marked, **inner}
