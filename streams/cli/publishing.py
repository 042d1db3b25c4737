"""Commands for upstream and downstream systems: `publish`, `tail`."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.codec import decode
from schemas.endings import Control, OutcomeReported, PolicyPublished
from schemas.errors import Unprocessable
from schemas.knowledge import Document
from schemas.requests import Request
from schemas.topics import DELAYS, Topic
from schemas.verdicts import Decision
from schemas.wire import Inbound, Outbound
from streams.cli.terminal import AsJson, Exit, err, fail, out, reported, show_json
from streams.embedded.session import effective
from streams.publishing import publish as publish_records
from streams.watching import read_to_end, watch

_EPOCH = datetime.fromtimestamp(0, UTC)
_FROM_OUTSIDE = {
    cls.topic: cls for cls in (Request, Decision, OutcomeReported, Document, Control, PolicyPublished)
}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(publish)
    app.command()(tail)


def publish(
    file: Annotated[
        str,
        typer.Argument(
            help="A file with one JSON request a line, or one JSON document; - is standard input."
        ),
    ],
    *,
    topic: Annotated[str, typer.Option(help="Topic to write to.")] = str(Topic.REQUESTS),
    check: Annotated[bool, typer.Option(help="Refuse what does not satisfy the topic's schema.")] = True,
    as_json: AsJson = False,
) -> None:
    """Publish requests.

    Example: `echo '{"id":"1", ...}' | sluicegate publish -`
    """
    with reported():
        documents = list(_documents(file))
        records = [_record(topic, document, check=check) for document in documents]
        if not records:
            fail("nothing to publish", Exit.USAGE)
        places = publish_records(effective().broker.bootstrap, records)
    for document, (partition, offset) in zip(documents, places, strict=True):
        identity = str(document.get("id", "")) if isinstance(document, dict) else ""
        if as_json:
            show_json({"topic": topic, "partition": partition, "offset": offset, "id": identity})
        else:
            out.print(f"{topic}/{partition}/{offset}  {identity}", highlight=False, markup=False)


def tail(
    topic: Annotated[str, typer.Argument(help="Topic to read.")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay and print what comes.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", help="Stop after so many records; 0 for no limit.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Print a topic from its beginning, one record a line.

    Example: `sluicegate tail actions --json | jq .value.action`
    """
    with reported():
        if topic == Topic.REQUESTS:
            err.print("This topic holds personal data in clear.", style="yellow")
        if topic not in {*map(str, Topic), *DELAYS}:
            fail(f"there is no topic {topic}", Exit.USAGE)
        bootstrap = effective().broker.bootstrap
        found = watch(bootstrap, [topic]) if follow else read_to_end(bootstrap, [topic])
        shown = 0
        for message in found:
            if message is None:
                continue
            _print(message, as_json=as_json)
            shown += 1
            if shown == limit:
                return


def _documents(file: str) -> Iterator[object]:
    if file != "-" and not Path(file).is_file():
        fail(f"there is no file {file}", Exit.NOT_FOUND)
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    try:
        yield json.loads(text)
    except ValueError:
        yield from (_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _line(number: int, line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        raise Unprocessable("not_json", f"line {number}") from None


def _record(topic: str, document: object, *, check: bool) -> Outbound:
    model = next((cls for name, cls in _FROM_OUTSIDE.items() if name == topic), None)
    if model is None:
        raise Unprocessable("topic_not_for_publishers", ", ".join(sorted(_FROM_OUTSIDE)))
    value = json.dumps(document).encode()
    if check:
        decode(model, Inbound(topic, 0, 0, None, value, (), _EPOCH))
    return Outbound(topic, _key(document), value, (("content-type", b"application/json"),))


def _key(document: object) -> bytes | None:
    """Return a request's conversation, so that a conversation keeps its order; of anything else the tenant."""
    fields = document if isinstance(document, dict) else {}
    name = next((name for name in ("conversation_id", "tenant") if isinstance(fields.get(name), str)), None)
    return str(fields[name]).encode() if name else None


def _print(message: Inbound, *, as_json: bool) -> None:
    value = (message.value or b"").decode(errors="replace")
    if not as_json:
        key = (message.key or b"").decode(errors="replace")
        out.print(
            f"{message.partition}/{message.offset} {key} {value}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        return
    try:
        body: object = json.loads(value)
    except ValueError:
        body = value
    show_json(
        {
            "partition": message.partition,
            "offset": message.offset,
            "timestamp": message.timestamp.isoformat(),
            "key": (message.key or b"").decode(errors="replace"),
            "headers": {name: raw.decode(errors="replace") for name, raw in message.headers},
            "value": body,
        }
    )
