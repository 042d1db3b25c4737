"""What is missing or weak in a set-up, found by looking."""

import platform
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from processors.signing import Ed25519Signer
from schemas.errors import Fatal, SluicegateError
from sinks.keys.sqlite import SqliteKeyStore
from streams.embedded.broker import broker_binary
from streams.embedded.model import EmbeddedModel
from streams.heartbeat import SILENT_SECONDS, Heartbeat, heartbeats
from streams.keys import key_encryption_keys, read_key
from streams.probe import any_listens
from streams.runtime.topics import Unmet, verify_topics
from streams.settings import Settings
from streams.topic_specs import declared_topics
from streams.wiring import Workshop

BUSY_SECONDS = 60.0
"""An event in hand for longer than this is worth a look: no stage but escalate takes seconds."""


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
        _python, _embedded_broker, _embedded_store, _embedded_model, _task, _broker, _topics, _store, _model, _keys,
        _key_store, _workers,
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


def _embedded_broker(_: Settings) -> Iterator[Finding]:
    part = "embedded broker"
    try:
        broker_binary()
    except Fatal as error:
        yield Finding(Level.WEAK, part, f"{error.detail}: another broker is needed, and `dev` cannot run")
    else:
        yield Finding(Level.OK, part, "installed; memory only: its data ends with it")


def _embedded_store(_: Settings) -> Iterator[Finding]:
    part = "embedded store"
    if find_spec("chdb") is None:
        yield Finding(Level.WEAK, part, "the package chdb is not installed: a ClickHouse server is needed")
    else:
        yield Finding(Level.OK, part, "installed; one process may hold it, readers use its endpoint")


def _embedded_model(_: Settings) -> Iterator[Finding]:
    missing = EmbeddedModel.available()
    if missing:
        yield Finding(Level.WEAK, "embedded model", f"{missing}: what needs a larger model goes to a person")
    else:
        yield Finding(Level.OK, "embedded model", "installed; small: it drafts text and decides nothing")


def _task(settings: Settings) -> Iterator[Finding]:
    workshop = Workshop(settings)
    for name, spec in workshop.specs.items():
        yield Finding(Level.OK, "task", f"{name}: {spec.description}")
    yield Finding(Level.OK, "policy", f"version {workshop.policy.version[:12]}")


def _broker(settings: Settings) -> Iterator[Finding]:
    broker = settings.broker
    if not any_listens(broker.bootstrap):
        yield Finding(
            Level.MISSING, "broker", f"nothing listens at {broker.bootstrap}; `sluicegate dev` starts one"
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
    if not any_listens(broker.bootstrap):
        return
    unmet = verify_topics(broker.bootstrap, declared_topics(broker.partitions))
    for setting, topics in grouped(unmet):
        yield Finding(
            Level.WEAK, "topics", f"{setting} of {len(topics)} topics is not confirmed by the broker"
        )
    if not unmet:
        yield Finding(Level.OK, "topics", "as declared")


def grouped(unmet: Iterable[Unmet]) -> list[tuple[str, list[str]]]:
    """Return what a broker does not confirm: settings that the same topics miss, joined, with those topics."""
    by_setting: dict[str, list[str]] = {}
    for item in unmet:
        by_setting.setdefault(item.setting, []).append(item.topic)
    by_topics: dict[tuple[str, ...], list[str]] = {}
    for setting, topics in sorted(by_setting.items()):
        by_topics.setdefault(tuple(sorted(topics)), []).append(setting)
    return [(", ".join(settings), list(topics)) for topics, settings in by_topics.items()]


def _store(settings: Settings) -> Iterator[Finding]:
    if not settings.store.dsn.get_secret_value():
        yield Finding(
            Level.MISSING, "store", "SLUICEGATE_STORE__DSN is not set; `sluicegate dev` has one of its own"
        )
    else:
        yield Finding(Level.OK, "store", settings.store.url or "set by DSN")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model.base_url:
        yield Finding(Level.OK, "model", f"{settings.model.provider}/{settings.model.model}")
    else:
        yield Finding(Level.WEAK, "model", "none configured: what needs a larger model goes to a person")


def _keys(settings: Settings) -> Iterator[Finding]:
    keys = settings.keys
    if keys.vault is not None or not keys.gives_vault_key:
        yield _key_file("keys.vault", keys.vault)
    yield _key_file("keys.signing", keys.signing)
    if keys.signing is not None and keys.signing.is_file():
        signer = Ed25519Signer(read_key(keys.signing, "keys.signing"))
        yield Finding(Level.OK, f"signer {signer.key_id}", f"public key {signer.public_key.hex()}")


def _key_file(name: str, path: Path | None) -> Finding:
    if path is None or not path.is_file():
        return Finding(Level.MISSING, name, "no such file; `sluicegate dev` makes one for itself")
    if _readable_by_others(path):
        return Finding(Level.WEAK, name, "others can read the file: chmod 600")
    return Finding(Level.OK, name, "readable by its owner only")


def _key_store(settings: Settings) -> Iterator[Finding]:
    part = "key store"
    if not settings.keys.gives_vault_key:
        return
    found = key_encryption_keys(settings.keys)
    if settings.keys.store is None:
        yield Finding(
            Level.WEAK,
            part,
            "in the state directory: name one in SLUICEGATE_KEYS__STORE, away from the key-encryption key",
        )
    if not settings.key_store.exists():
        yield Finding(Level.WEAK, part, "not there yet: the first worker that runs redact makes it")
        return
    store = SqliteKeyStore(settings.key_store)
    in_force = store.key_encryption_key()
    if in_force:
        found.of(in_force)
    if found.previous is not None and in_force in {"", found.current.key_id}:
        yield Finding(Level.WEAK, part, "the previous key-encryption key is not needed any more: retire it")
    elif found.previous is not None:
        yield Finding(
            Level.WEAK, part, "still under the previous key-encryption key: `sluicegate keys rewrap`"
        )
    if _readable_by_others(settings.key_store):
        yield Finding(Level.WEAK, part, "others can read the file: chmod 600")
    yield Finding(Level.OK, part, f"under key-encryption key {in_force or 'none yet'}")


def _workers(settings: Settings) -> Iterator[Finding]:
    for beat in heartbeats(settings.state_dir):
        part = f"worker {beat.pid}"
        if not beat.alive:
            yield Finding(Level.WEAK, part, f"ended {_ago(beat.silent_seconds)} ago without a word")
        elif beat.silent_seconds > SILENT_SECONDS:
            yield Finding(
                Level.MISSING, part, f"its event loop has been stuck for {_ago(beat.silent_seconds)}"
            )
        else:
            yield from _stages(part, beat)


def _stages(part: str, beat: Heartbeat) -> Iterator[Finding]:
    """Say in one line what works, and what does not by itself."""
    working = [signs.name for signs in beat.stages if signs.ready]
    idle = [signs.name for signs in beat.stages if not signs.ready]
    if working:
        processed = sum(signs.processed for signs in beat.stages)
        yield Finding(Level.OK, part, f"{', '.join(working)}: {processed} events")
    if idle:
        yield Finding(
            Level.WEAK, part, f"{', '.join(idle)}: no partition held, or its state is being rebuilt"
        )
    for signs in beat.stages:
        waited = time.time() - signs.last_activity
        if signs.in_flight and waited > BUSY_SECONDS:
            yield Finding(
                Level.WEAK, part, f"{signs.name}: {signs.in_flight} events in hand for {_ago(waited)}"
            )


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


def _readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
