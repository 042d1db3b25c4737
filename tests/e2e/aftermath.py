"""All that a line has left behind, taken apart into what can be searched."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from schemas.actions import ACTION_TYPES
from schemas.codec import decode
from schemas.envelope import Message
from schemas.topics import Topic
from schemas.wire import Inbound
from sinks.clickhouse.answer import Reads
from streams.conservation import Conservation, Ending, final
from tests.e2e.canaries import Canary, Haystack
from tests.e2e.planting import Planted

SHOP = "shop.sqlite"

M = TypeVar("M", bound=Message)


@dataclass
class Aftermath:
    """What there is once the line has ended.

    Attributes:
        planted: what was published to `requests`, by partition and offset.
        decided: canaries published to `decisions`.
        endings: what became of every record published.
        topics: all records of all topics, by topic.
        rows: every table and view of the trace store.
        files: all that processes wrote: state, logs, temporary files.
        scratch: a deliberate leak, in a topic and in files of its own.
    """

    planted: dict[tuple[int, int], Planted] = field(default_factory=dict)
    decided: tuple[Canary, ...] = ()
    endings: Conservation = field(default_factory=lambda: Conservation(set()))
    topics: dict[str, list[Inbound]] = field(default_factory=dict)
    rows: list[Haystack] = field(default_factory=list)
    files: list[Haystack] = field(default_factory=list)
    scratch: list[Haystack] = field(default_factory=list)

    def of(self, *topics: str) -> Iterator[Haystack]:
        """Yield every record of some topics, without what actions are declared to carry."""
        for topic in topics:
            for message in self.topics[topic]:
                yield from parts(message)

    def all(self, model: type[M]) -> list[M]:
        """Return every message of a topic."""
        return [decode(model, message) for message in self.topics[model.topic]]

    def ending(self, place: tuple[int, int]) -> Ending:
        """Return how a published record ended."""
        return final(self.endings.endings[place])


def parts(message: Inbound) -> Iterator[Haystack]:
    """Yield key, value and headers of a record, without what an action is declared to carry."""
    place = f"{message.topic}/{message.partition}/{message.offset}"
    yield Haystack(f"{place} key", message.key or b"")
    yield Haystack(f"{place} value", undeclared(message))
    for name, value in message.headers:
        yield Haystack(f"{place} header's name", name.encode())
        yield Haystack(f"{place} header", value or b"")


def undeclared(message: Inbound) -> bytes:
    """Return a record's value; of an action, without the fields that may be restored."""
    if message.topic != Topic.ACTIONS or message.value is None:
        return message.value or b""
    event = json.loads(message.value)
    for name in ACTION_TYPES[event["action"]["type"]].restorable:
        del event["action"][name]
    return json.dumps(event, ensure_ascii=False).encode()


def declared(message: Inbound) -> Haystack:
    """Return the fields of an action that may be restored."""
    action = json.loads(message.value or b"{}")["action"]
    fields = [action[name] for name in ACTION_TYPES[action["type"]].restorable]
    place = f"{message.topic}/{message.partition}/{message.offset} declared fields"
    return Haystack(place, json.dumps(fields, ensure_ascii=False).encode())


def tables(reader: Reads) -> Iterator[Haystack]:
    """Yield every table of the trace store and every view that needs no parameter, whole."""
    for (name,) in reader.query("SHOW TABLES").rows:
        if not str(name).startswith("request_story"):
            answer = reader.query(f"SELECT * FROM {name}")
            rows = json.dumps(answer.rows, default=str, ensure_ascii=False)
            yield Haystack(f"table {name}", rows.encode())


def files(*folders: Path) -> Iterator[Haystack]:
    """Yield every file below some folders but the shop's database, which belongs to the shop and not to the line."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != SHOP:
                yield Haystack(f"file {path.relative_to(folder)}", path.read_bytes())
