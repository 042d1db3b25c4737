"""What is missing or weak in a set-up, found by looking."""

import platform
import stat
from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from schemas.errors import SluicegateError
from streams.embedded.broker import broker_binary, reachable
from streams.embedded.model import EmbeddedModel
from streams.runtime.topics import verify_topics
from streams.settings import Settings
from streams.topic_specs import declared_topics
from streams.wiring import Workshop

_PROBE_SECONDS = 3.0


class Level(StrEnum):
    """How bad a finding is: `weak` works, with a limit to know of."""

    OK = "ok"
    WEAK = "weak"
    MISSING = "missing"


class Finding(NamedTuple):
    """Something found about one part."""

    level: Level
    part: str
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Return findings about everything the line needs, in the order in which a newcomer meets it."""
    examiners: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python, _embedded_parts, _task, _broker, _topics, _store, _model, _keys,
    )  # fmt: skip
    return [finding for examiner in examiners for finding in _guarded(examiner, settings)]


def _guarded(examiner: Callable[[Settings], Iterator[Finding]], settings: Settings) -> list[Finding]:
    part = examiner.__name__.strip("_").replace("_", " ")
    try:
        return list(examiner(settings))
    except SluicegateError as error:
        return [Finding(Level.MISSING, part, str(error))]


def _python(_: Settings) -> Iterator[Finding]:
    yield Finding(Level.OK, "python", f"{platform.python_version()} on {platform.system()}")


def _embedded_parts(_: Settings) -> Iterator[Finding]:
    broker_binary()
    yield Finding(Level.OK, "embedded broker", "installed; memory only: its data ends with it")
    if find_spec("chdb") is None:
        yield Finding(
            Level.WEAK, "embedded store", "the package chdb is not installed: a ClickHouse server is needed"
        )
    else:
        yield Finding(
            Level.OK, "embedded store", "installed; one process may hold it, readers use its endpoint"
        )
    missing = EmbeddedModel.available()
    if missing:
        yield Finding(Level.WEAK, "embedded model", f"{missing}: what needs a larger model goes to a person")
    else:
        yield Finding(Level.OK, "embedded model", "installed; small: it drafts text and decides nothing")


def _task(settings: Settings) -> Iterator[Finding]:
    workshop = Workshop(settings)
    for name in workshop.tasks:
        yield Finding(Level.OK, "task", name)
    yield Finding(Level.OK, "policy", f"version {workshop.policy.version[:12]}")


def _broker(settings: Settings) -> Iterator[Finding]:
    broker = settings.broker
    if not reachable(broker.bootstrap, _PROBE_SECONDS):
        yield Finding(
            Level.MISSING, "broker", f"{broker.bootstrap} does not answer; `sluicegate dev` starts one"
        )
        return
    yield Finding(Level.OK, "broker", broker.bootstrap)
    if not broker.transactions:
        yield Finding(
            Level.WEAK,
            "transactions",
            "not atomic here: aborted records stay visible. Fencing and folding still keep one action per id; "
            "Apache Kafka gives both",
        )


def _topics(settings: Settings) -> Iterator[Finding]:
    broker = settings.broker
    if not reachable(broker.bootstrap, _PROBE_SECONDS):
        return
    unmet = verify_topics(broker.bootstrap, declared_topics(broker.partitions))
    for name in sorted({item.setting for item in unmet}):
        count = sum(item.setting == name for item in unmet)
        yield Finding(Level.WEAK, "topics", f"{name} is not confirmed for {count} topics")
    if not unmet:
        yield Finding(Level.OK, "topics", "as declared")


def _store(settings: Settings) -> Iterator[Finding]:
    if not settings.store.dsn.get_secret_value():
        yield Finding(Level.MISSING, "store", "SLUICEGATE_STORE__DSN is not set")
    else:
        yield Finding(Level.OK, "store", settings.store.url or "set by DSN")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model.base_url:
        yield Finding(Level.OK, "model", f"{settings.model.provider}/{settings.model.model}")
    else:
        yield Finding(Level.WEAK, "model", "none configured: what needs a larger model goes to a person")


def _keys(settings: Settings) -> Iterator[Finding]:
    for name, path in (("keys.vault", settings.keys.vault), ("keys.signing", settings.keys.signing)):
        if path is None or not path.is_file():
            yield Finding(Level.MISSING, name, "no such file; `sluicegate dev` makes one for itself")
        elif _readable_by_others(path):
            yield Finding(Level.WEAK, name, "others can read the file: chmod 600")
        else:
            yield Finding(Level.OK, name, "readable by its owner only")


def _readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
