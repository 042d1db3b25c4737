"""The whole pipeline on one screen: apps, topics, diagram, contract and record's subscriptions derive from `STAGES`.

What a stage consumes and emits is read from the annotations of its `__call__`, the topic from the event class.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal, Union, get_args, get_origin, get_type_hints

from processors.account import Account
from processors.admit import Admit
from processors.classify import Classify
from processors.enforce import Enforce
from processors.escalate import Escalate
from processors.ground import Ground
from processors.redact import Redact
from processors.settle import Settle
from processors.validate import Validate
from schemas.endings import ActionPublished, DeadLettered, Rejected, Reserved, Settled, StatusChanged
from schemas.envelope import Message
from schemas.errors import Fatal
from schemas.requests import Request
from schemas.topics import Topic
from schemas.verdicts import Judged, ReviewOpened
from schemas.wire import Inbound


@dataclass(frozen=True)
class Stage:
    """A stage as it is run.

    Attributes:
        processor: the class whose `__call__` is the stage.
        runs: `agent` is a Faust agent; `fenced` one whose outputs go through a transactional lane a partition;
            `transactional` a consume-transform-produce loop with its offsets in the transaction.
        folds: what it has emitted and reads back on assignment.
        in_flight: most events at once in one worker.
    """

    name: str
    processor: type
    runs: Literal["agent", "fenced", "transactional"] = "agent"
    folds: tuple[type[Message], ...] = ()
    in_flight: int = 64

    @property
    def consumes(self) -> tuple[type[Message], ...]:
        """Event classes read, from the first parameter's annotation."""
        hints = get_type_hints(self.processor.__call__)
        first = next(iter(name for name in hints if name != "return"))
        return tuple(_messages(hints[first]))

    @property
    def emits(self) -> tuple[type[Message], ...]:
        """Event classes written, from the return annotation; any stage may end a request."""
        found = dict.fromkeys(_messages(get_type_hints(self.processor.__call__)["return"]))
        return tuple(found | dict.fromkeys((DeadLettered, StatusChanged)))


STAGES: tuple[Stage, ...] = (
    Stage("redact", Redact, in_flight=32),
    Stage("admit", Admit, runs="fenced", folds=(Reserved, Settled, DeadLettered)),
    Stage("ground", Ground),
    Stage("classify", Classify),
    Stage("escalate", Escalate, in_flight=16),
    Stage("validate", Validate),
    Stage("enforce", Enforce, folds=(Judged,)),
    Stage("settle", Settle, runs="transactional", folds=(ActionPublished, ReviewOpened, DeadLettered)),
    Stage("account", Account),
)

EXTERNAL: frozenset[Topic] = frozenset({Topic.REQUESTS, Topic.DECISIONS})
"""Topics written from outside."""

SHARED: frozenset[Topic] = frozenset(
    {Topic.PROPOSALS, Topic.ESCALATIONS, Topic.DEAD_LETTERS, Topic.STATUSES, Topic.AUDIT}
)
"""Topics with more than one writing stage, declared."""

TERMINAL: frozenset[Topic] = frozenset({Topic.STATUSES, Topic.AUDIT, Topic.RESERVATIONS})
"""Topics that no stage needs to read: for publishers, for the record, or read back by their own writer."""

BACKWARD: dict[tuple[str, Topic], str] = {
    ("validate", Topic.ESCALATIONS): "capped by TaskSpec.max_repairs",
    ("validate", Topic.LOOKUPS): "capped by TaskSpec.max_lookups",
    ("account", Topic.SETTLEMENTS): "admit books a settlement and emits nothing",
    ("account", Topic.DEAD_LETTERS): "account passes over its own dead letters",
}
"""Hops that lead back, each with what bounds its loop. Without them the pipeline has no cycle."""


def stage(name: str) -> Stage:
    """Return a stage by name. Raises Fatal for an unknown one."""
    for each in STAGES:
        if each.name == name:
            return each
    raise Fatal("unknown_stage", name)


def recorded() -> dict[Topic, type[Message]]:
    """Return what record subscribes to: everything the stages emit and what people decide, never `requests`."""
    classes = {cls for each in STAGES for cls in (*each.emits, *each.consumes)}
    return {cls.topic: cls for cls in sorted(classes, key=lambda cls: cls.topic) if cls is not Request}


def verify(stages: tuple[Stage, ...] = STAGES) -> None:
    """Check the pipeline's shape.

    Raises:
        Fatal: `topology` naming an event nobody consumes, a topic with undeclared writers, one nobody writes, or
            an undeclared loop.
    """
    writers = _by_topic((each.name, cls) for each in stages for cls in each.emits)
    readers = _by_topic((each.name, cls) for each in stages for cls in each.consumes)
    for topic in writers:
        if topic not in readers and topic not in TERMINAL:
            raise Fatal("topology", f"nobody reads {topic}")
        if len(writers[topic]) > 1 and topic not in SHARED:
            raise Fatal("topology", f"{topic} is written by {', '.join(sorted(writers[topic]))}")
    for topic in readers:
        if topic not in writers and topic not in EXTERNAL:
            raise Fatal("topology", f"nobody writes {topic}")
    _check_loops(stages)


def _check_loops(stages: tuple[Stage, ...]) -> None:
    graph: dict[str, set[str]] = {}
    for writer, topic, reader in edges(stages):
        if (writer, topic) not in BACKWARD:
            graph.setdefault(reader, set()).add(writer)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise Fatal("topology", f"undeclared loop through {', '.join(error.args[1])}") from None


def edges(stages: tuple[Stage, ...] = STAGES) -> Iterator[tuple[str, Topic, str]]:
    """Yield (writer, topic, reader) for every hop between stages."""
    readers = _by_topic((each.name, cls) for each in stages for cls in each.consumes)
    for each in stages:
        for cls in each.emits:
            for reader in sorted(readers.get(cls.topic, ())):
                yield each.name, cls.topic, reader


def _by_topic(pairs: Iterator[tuple[str, type[Message]]]) -> dict[Topic, set[str]]:
    found: dict[Topic, set[str]] = {}
    for name, cls in pairs:
        found.setdefault(cls.topic, set()).add(name)
    return found


def _messages(hint: object) -> Iterator[type[Message]]:
    """Yield the message classes in an annotation; raw input stands for `Request`, `Rejected` for a dead letter."""
    if hint is Inbound:
        yield Request
    elif hint is Rejected:
        yield DeadLettered
    elif isinstance(hint, type) and issubclass(hint, Message):
        yield hint
    elif get_origin(hint) in {Union, types.UnionType, tuple} or hasattr(get_origin(hint), "__iter__"):
        for argument in get_args(hint):
            yield from _messages(argument)
