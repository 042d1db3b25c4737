"""The pipeline drawn from `STAGES`: as Mermaid for the README, as text for a terminal.

`python -m streams.diagram` prints the text, `--mermaid` the Mermaid source, `--write FILE` renews the drawing between
the markers of a Markdown file, `--check FILE` says whether it is stale.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from schemas.errors import Fatal
from schemas.topics import Topic
from streams.asyncapi import USES
from streams.topology import BACKWARD, EXTERNAL, STAGES, Stage, edges

START = "<!-- diagram:start -->"
END = "<!-- diagram:end -->"

ANY_STAGE = "any stage"
ARROW = "▶"
LOOP = "↺"

Edge = tuple[str, str]


def mermaid() -> str:
    """Return the pipeline as a Mermaid flowchart: stages and users as nodes, topics on the arrows."""
    lines = ["flowchart LR"]
    lines += [f"    {stage.name}[{stage.name}]" for stage in STAGES]
    lines += [f"    {user}([{user}])" for user in _users()]
    lines += [f"    any[{ANY_STAGE}]", "    record[(record)]"]
    lines += [f"    {_arrow(edge, topics)}" for edge, topics in _arrows().items()]
    return "\n".join(lines) + "\n"


def text() -> str:
    """Return the pipeline as one line a stage: what it reads, its name, what it writes."""
    shared = _written_by_all()
    rows = [(_topics(stage.consumes), stage.name, _written(stage, shared)) for stage in STAGES]
    rows += [("", ANY_STAGE, ", ".join(shared)), ("all but requests", "record", "ClickHouse")]
    left, middle = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [
        f"{reads:>{left}} {ARROW if reads else ' '} {name:^{middle}} {ARROW} {writes}"
        for reads, name, writes in rows
    ]
    loops = [f"{LOOP} {writer} {ARROW} {topic}: {bound}" for (writer, topic), bound in BACKWARD.items()]
    return "\n".join([*lines, "", *loops]) + "\n"


def _written_by_all() -> list[Topic]:
    everywhere = set.intersection(*({cls.topic for cls in stage.emits} for stage in STAGES))
    return sorted(everywhere)


def _topics(messages: Iterable[type]) -> str:
    return ", ".join(str(getattr(cls, "topic", "")) for cls in messages)


def _written(stage: Stage, shared: Sequence[Topic]) -> str:
    own = [cls.topic for cls in stage.emits if cls.topic not in shared]
    return ", ".join(f"{topic} {LOOP}" if (stage.name, topic) in BACKWARD else topic for topic in own)


def _users() -> Iterator[str]:
    yield from dict.fromkeys(use.user for use in USES if _drawn(use.message.topic))


def _drawn(topic: Topic) -> bool:
    return topic in EXTERNAL or any(topic in {cls.topic for cls in stage.emits} for stage in STAGES)


def _arrows() -> dict[Edge, list[str]]:
    """Return the topics on each arrow; what every stage writes is drawn once."""
    shared = _written_by_all()
    found: dict[Edge, list[str]] = {}
    for writer, topic, reader in (*_entries(), *_hops(shared), *_exits(shared)):
        topics = found.setdefault((writer, reader), [])
        if topic not in topics:
            topics.append(topic)
    return found


def _entries() -> Iterator[tuple[str, Topic, str]]:
    for use in USES:
        if use.action == "send":
            for stage in STAGES:
                if use.message in stage.consumes:
                    yield use.user, use.message.topic, stage.name


def _hops(shared: Sequence[Topic]) -> Iterator[tuple[str, Topic, str]]:
    for writer, topic, reader in edges():
        yield ("any" if topic in shared else writer), topic, reader


def _exits(shared: Sequence[Topic]) -> Iterator[tuple[str, str, str]]:
    for use in USES:
        topic = use.message.topic
        if use.action == "receive" and topic in shared:
            yield "any", topic, use.user
        elif use.action == "receive":
            yield from ((each.name, topic, use.user) for each in STAGES if use.message in each.emits)
    yield "any", "all but requests", "record"


def _arrow(edge: Edge, topics: list[str]) -> str:
    writer, reader = edge
    back = any((writer, topic) in BACKWARD for topic in topics)
    label = "<br>".join(topics)
    return f'{writer} -. "{label}" .-> {reader}' if back else f'{writer} -- "{label}" --> {reader}'


def drawn_in(markdown: str) -> str:
    """Return the Markdown with the present diagram between its markers.

    Raises:
        Fatal: `diagram_markers` if the markers are not there once each, in order.
    """
    before, start, rest = markdown.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end or START in rest or END in after:
        raise Fatal("diagram_markers", f"{START} and {END} are needed once each, in this order")
    return f"{before}{START}\n```mermaid\n{mermaid()}```\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, write or check. Returns 1 if a checked drawing is stale."""
    parser = argparse.ArgumentParser(prog="python -m streams.diagram", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--mermaid", action="store_true")
    what.add_argument("--write", type=Path, metavar="FILE")
    what.add_argument("--check", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    file = chosen.write or chosen.check
    if file is None:
        sys.stdout.write(mermaid() if chosen.mermaid else text())
        return 0
    return _renew(file, write=chosen.write is not None)


def _renew(file: Path, *, write: bool) -> int:
    found = file.read_text(encoding="utf-8")
    fresh = drawn_in(found)
    if write:
        file.write_text(fresh, encoding="utf-8")
    elif fresh != found:
        sys.stderr.write(f"stale diagram; renew with --write {file}\n")
    return int(not write and fresh != found)


if __name__ == "__main__":
    sys.exit(main())
