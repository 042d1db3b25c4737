"""The command for whoever reads topics: `tail`."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from schemas.errors import Unprocessable
from schemas.topics import DELAYS, Topic
from schemas.wire import Inbound
from streams.cli.line import running_line
from streams.cli.terminal import AsJson, err, reported, say, show_json
from streams.watching import read_to_end, watch

_WHOSE = "context.source_id"
_TELLING: Mapping[str, tuple[str, ...]] = {
    Topic.REQUESTS: ("id", "tenant", "source", "task"),
    Topic.REDACTED: (_WHOSE, "content.text"),
    Topic.ADMITTED: (_WHOSE, "content.text"),
    Topic.GROUNDED: (_WHOSE, "content.text"),
    Topic.PROPOSALS: (_WHOSE, "proposal.tier", "proposal.chosen_type"),
    Topic.ESCALATIONS: (_WHOSE, "chosen_type", "reason"),
    Topic.LOOKUPS: (_WHOSE, "tool"),
    Topic.VALID: (_WHOSE, "action.type"),
    Topic.VERDICTS: (_WHOSE, "action.type", "verdict.ruling", "verdict.rules"),
    Topic.REVIEWS: ("review_id", _WHOSE, "action.type", "verdict.rules"),
    Topic.DECISIONS: ("review_id", "decision", "reviewer_id", "reason"),
    Topic.ACTIONS: ("id", _WHOSE, "action.type", "rules", "approval.reviewer_id"),
    Topic.DEAD_LETTERS: (_WHOSE, "stage", "reason", "detail"),
    Topic.AUDIT: (_WHOSE, "stage", "kind", "detail"),
    Topic.RESERVATIONS: (_WHOSE, "cost_usd", "tokens"),
    Topic.SETTLEMENTS: (_WHOSE, "cost_usd", "tokens"),
    Topic.STATUSES: ("source", "source_id", "state", "reason", "action_type"),
}
"""What of a record a person wants to see; `--json` shows all of it."""

_LONGEST = 300


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(rich_help_panel="Publish and consume")(tail)


def tail(
    topic: Annotated[str, typer.Argument(help="Topic to read.", metavar="TOPIC")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay and print what comes.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Stop after so many records; 0 for no limit.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Print a topic from its beginning, one record a line: where it stands, when, and what tells it from others.

    With `--json` a line is the whole record: partition, offset, timestamp, key, headers and value.

    Example: `sluicegate tail actions --follow`

    Example: `sluicegate tail actions --json | jq .value.action`
    """
    with reported():
        _check(topic)
        bootstrap = running_line().broker.bootstrap
        found = watch(bootstrap, [topic]) if follow else read_to_end(bootstrap, [topic])
        try:
            _show(found, limit, as_json=as_json)
        except KeyboardInterrupt:
            return


def _check(topic: str) -> None:
    known = [*map(str, Topic), *DELAYS]
    if topic not in known:
        raise Unprocessable("unknown_topic", f"known are {', '.join(known)}")
    if topic == Topic.REQUESTS:
        err.print("This topic holds personal data in clear.", style="yellow")


def _show(found: Iterable[Inbound | None], limit: int, *, as_json: bool) -> None:
    shown = 0
    for message in found:
        if message is not None:
            if as_json:
                show_json(_document(message))
            else:
                say(_line(message))
            shown += 1
            if shown == limit:
                return


def _line(message: Inbound) -> str:
    place = f"{message.partition}/{message.offset}"
    return f"{place:>6}  {message.timestamp:%H:%M:%S}  {_short(_told(message))}"


def _told(message: Inbound) -> str:
    value = _value(message)
    paths = _TELLING.get(message.topic)
    if paths is None or not isinstance(value, dict):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    found = (_at(value, path) for path in paths)
    return "  ".join(text for text in found if text)


def _at(value: object, path: str) -> str:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else " ".join(str(value).split())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _document(message: Inbound) -> dict[str, object]:
    return {
        "partition": message.partition,
        "offset": message.offset,
        "timestamp": message.timestamp.isoformat(),
        "key": (message.key or b"").decode(errors="replace"),
        "headers": {name: raw.decode(errors="replace") for name, raw in message.headers},
        "value": _value(message),
    }


def _value(message: Inbound) -> object:
    if message.value is None:
        return None
    text = message.value.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
