"""CloudEvents 1.0 over Kafka (binary and structured mode) and W3C trace context, as plain headers.

Sources: CloudEvents specification 1.0.2, Kafka protocol binding 1.0.2; W3C Trace Context (version 00).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from schemas.envelope import Message
from schemas.errors import Unprocessable
from schemas.wire import Headers, Inbound

SPEC_VERSION = "1.0"
STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
PRODUCER = "sluicegate"

_FIRST_PRINTABLE, _LAST_PRINTABLE = 0x20, 0x7E
_FEWEST_LETTERS = 6

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """Attributes and undecoded data of an event; plain JSON is an event without attributes."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    data: object = None


def parse(message: Inbound) -> CloudEvent:
    """Return the CloudEvent in a message of any mode, with its data parsed from JSON.

    Raises:
        Unprocessable: `tombstone`, `not_utf8`, `not_json`, `cloudevents_version`, `cloudevents_malformed` or
            `content_type`.
    """
    if message.value is None:
        raise Unprocessable("tombstone", "a request needs a value")
    content_type = _text(message.header("content-type") or b"").partition(";")[0].strip().lower()
    if content_type == STRUCTURED:
        return _structured(_json(message.value))
    if content_type not in {"", JSON, "text/json"} and not content_type.endswith("+json"):
        raise Unprocessable("content_type", "only JSON is accepted")
    attributes = {name[3:]: _text(value) for name, value in message.headers if name.startswith("ce_")}
    if attributes:
        _check_version(attributes.get("specversion"))
    return CloudEvent(attributes, _json(message.value))


def _structured(document: object) -> CloudEvent:
    if not isinstance(document, dict):
        raise Unprocessable("cloudevents_malformed", "a structured event is a JSON object")
    attributes = {
        k: v for k, v in document.items() if k not in {"data", "data_base64"} and isinstance(v, str)
    }
    _check_version(attributes.get("specversion"))
    if "data" not in document:
        raise Unprocessable("cloudevents_malformed", "data is missing")
    return CloudEvent(attributes, document["data"])


def _check_version(version: str | None) -> None:
    if version != SPEC_VERSION:
        raise Unprocessable("cloudevents_version", "only specversion 1.0 is accepted")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unprocessable("not_utf8", "headers are UTF-8") from None


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise Unprocessable("not_utf8", "the value is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unprocessable("not_json", "the value is not JSON") from None


def _refuse_constant(_: str) -> None:
    raise ValueError("constant")


def headers(message: Message, event_id: UUID, at: datetime, trace_id: str, subject: str = "") -> Headers:
    """Return the binary-mode headers of one of our messages, with a `traceparent` whose span is this hop's."""
    pairs = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": str(event_id),
        "ce_source": PRODUCER,
        "ce_type": message.event_type,
        "ce_time": at.isoformat().replace("+00:00", "Z"),
        "ce_dataschema": schema_id(type(message)),
        "content-type": JSON,
        "traceparent": f"00-{trace_id}-{event_id.hex[:16]}-01",
    }
    if subject:
        pairs["ce_subject"] = subject
    return tuple((name, value.encode()) for name, value in pairs.items())


def schema_id(message: type[Message]) -> str:
    """Return the name of a message's schema, as `ce_dataschema` carries it."""
    return f"urn:sluicegate:schema:{message.event_type}"


def trace_id(message: Inbound) -> str | None:
    """Return the trace id of a well-formed `traceparent`, else None; also for one that spells something in ASCII.

    It goes through every topic in clear, and sixteen bytes hold an e-mail address. A random one spells nothing.
    """
    raw = message.header("traceparent")
    match = _TRACEPARENT.fullmatch(raw.decode("ascii", "replace")) if raw else None
    return match[1] if match and not _spells(match[1]) else None


def _spells(trace: str) -> bool:
    said = bytes.fromhex(trace).strip(b"\0")
    return len(said) >= _FEWEST_LETTERS and all(_FIRST_PRINTABLE <= byte <= _LAST_PRINTABLE for byte in said)
