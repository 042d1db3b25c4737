"""The command for upstream systems: `publish`."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.codec import decode
from schemas.endings import Control, OutcomeReported, PolicyPublished
from schemas.errors import SluicegateError, Unprocessable
from schemas.knowledge import Document
from schemas.requests import Request
from schemas.topics import Topic
from schemas.verdicts import Decision
from schemas.wire import Inbound, Outbound
from streams.cli.line import running_line
from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json
from streams.publishing import publish as publish_records

_EPOCH = datetime.fromtimestamp(0, UTC)
_FROM_OUTSIDE = {
    str(cls.topic): cls for cls in (Request, Decision, OutcomeReported, Document, Control, PolicyPublished)
}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(rich_help_panel="Publish and consume")(publish)


def publish(
    file: Annotated[
        str,
        typer.Argument(
            help="A file with one JSON document a line, or with a single one; - is standard input.",
            metavar="FILE",
        ),
    ],
    *,
    topic: Annotated[str, typer.Option(help="Topic to write to.")] = str(Topic.REQUESTS),
    check: Annotated[
        bool,
        typer.Option(
            help="Publish nothing unless everything satisfies the topic's schema. "
            "Without the check each line goes out as it is, even if it is not JSON."
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Publish requests, and say where each came to stand: topic/partition/offset and its id.

    Example: `sluicegate publish requests.jsonl`

    Example: `echo '{"id": "1", "source": "web-chat", "tenant": "acme-shop", "task": "shop-support",
    "principal": {"id": "cust-1001", "roles": ["customer"]}, "conversation_id": "c-1",
    "text": "Where is my order AC-100102?"}' | sluicegate publish -`
    """
    with reported():
        records = _checked(topic, _text(file)) if check else _unchecked(topic, _text(file))
        if not records:
            fail("nothing to publish", Exit.USAGE)
        places = publish_records(running_line().broker.bootstrap, records)
    for record, (partition, offset) in zip(records, places, strict=True):
        identity = _identity(record)
        if as_json:
            show_json({"topic": topic, "partition": partition, "offset": offset, "id": identity})
        else:
            say(f"{topic}/{partition}/{offset}  {identity}")


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError:
        fail(f"cannot read {file}", Exit.NOT_FOUND)
    except UnicodeDecodeError:
        raise Unprocessable("not_utf8", file) from None


def _checked(topic: str, text: str) -> list[Outbound]:
    model = _FROM_OUTSIDE.get(topic)
    if model is None:
        raise Unprocessable("topic_not_for_publishers", f"these are: {', '.join(sorted(_FROM_OUTSIDE))}")
    records = []
    for place, document in _documents(text):
        value = json.dumps(document, ensure_ascii=False).encode()
        try:
            decode(model, Inbound(topic, 0, 0, None, value, (), _EPOCH))
        except SluicegateError as error:
            raise Unprocessable(error.reason, f"{place}: {error.detail.lstrip(':')}") from None
        records.append(_record(topic, value, document))
    return records


def _unchecked(topic: str, text: str) -> list[Outbound]:
    if topic not in _FROM_OUTSIDE:
        raise Unprocessable("topic_not_for_publishers", f"these are: {', '.join(sorted(_FROM_OUTSIDE))}")
    try:
        return [_record(topic, text.strip().encode(), json.loads(text))]
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        return [_record(topic, line.encode(), _parsed(line)) for line in lines]


def _documents(text: str) -> Iterator[tuple[str, object]]:
    """Yield documents with their place: the whole text if it is one, else its lines."""
    try:
        yield "the document", json.loads(text)
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield f"line {number}", _line(number, line)


def _line(number: int, line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        raise Unprocessable("not_json", f"line {number}") from None


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _record(topic: str, value: bytes, document: object) -> Outbound:
    return Outbound(topic, _key(topic, document), value, (("content-type", b"application/json"),))


def _key(topic: str, document: object) -> bytes | None:
    """Return a request's conversation, so that a conversation keeps its order; of anything else the tenant.

    A document is keyed by tenant and its id: the topic keeps the last record of a key.
    """
    fields = document if isinstance(document, dict) else {}
    if topic == Topic.DOCUMENTS:
        return f"{fields.get('tenant')}/{fields.get('document_id')}".encode()
    name = next((name for name in ("conversation_id", "tenant") if isinstance(fields.get(name), str)), None)
    return str(fields[name]).encode() if name else None


def _identity(record: Outbound) -> str:
    document = _parsed((record.value or b"").decode())
    return str(document.get("id", "")) if isinstance(document, dict) else ""
