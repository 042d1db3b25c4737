"""The whole line on one machine: broker, model, store and workers as child processes on free loopback ports."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.errors import Fatal
from streams.embedded import session
from streams.embedded.broker import EmbeddedBroker, free_port
from streams.embedded.model import EmbeddedModel
from streams.embedded.tether import tethered
from streams.heartbeat import forget, heartbeat
from streams.keys import ensure_key
from streams.knowledge.follower import FOLDER as KNOWLEDGE
from streams.knowledge.publishing import carry_out, compare, standing
from streams.preparation import prepare
from streams.runtime.confluent import EMBEDDED_SESSION
from streams.runtime.topics import Unmet, create_topics
from streams.settings import BrokerSettings, KeySettings, ModelSettings, Settings, StoreSettings, environment
from streams.topic_specs import declared_topics
from streams.topology import STAGES
from streams.wiring import Workshop

AGENTS = tuple(stage.name for stage in STAGES if stage.runs != "transactional")
AGENTS_PROCESS = "agents"
WORKERS: dict[str, tuple[str, ...]] = {
    AGENTS_PROCESS: AGENTS,
    "settle": ("settle", "delay"),
    "record": ("record",),
}
"""Processes of the embedded line: all agents in one (a seventh of the memory of one each), the loops beside it."""

NOTIONAL_INPUT_USD, NOTIONAL_OUTPUT_USD, NOTIONAL_DATE = "0.10", "0.40", "2026-11"
"""The embedded model costs nothing; a declared price per million tokens lets budgets and cost views show something."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONWARNINGS")
_STOP_SECONDS = 15.0
_TRAINING = "preparation"
_STORE = "store"

Process = subprocess.Popen[bytes]


@dataclass
class Stack:
    """A context manager around the embedded line.

    Attributes:
        base: settings to start from; its state directory takes keys, classifier, store and logs.
        own_broker: start the embedded broker; else the one that `base` names is used. Store, model and keys are
            embedded wherever `base` names none.
        unmet: what the broker does not do as the topics declare.
    """

    base: Settings
    own_broker: bool = True
    unmet: tuple[Unmet, ...] = ()
    _broker: EmbeddedBroker | None = None
    _model: EmbeddedModel | None = None
    _exits: ExitStack = field(default_factory=ExitStack)
    _workers: dict[str, Process] = field(default_factory=dict)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @property
    def logs(self) -> Path:
        """Directory of the processes' logs."""
        return self.base.state_dir.resolve() / "logs"

    @property
    def settings(self) -> Settings:
        """Settings of the running line: addresses, keys and tokens included."""
        return self._settings

    def failed(self) -> str | None:
        """Return the name of a process that has ended although it should run, if any."""
        ended = [name for name, process in self._workers.items() if process.poll() is not None]
        if self._broker is not None and not self._broker.alive:
            ended.append("broker")
        if self._model is not None and not self._model.alive:
            ended.append("model")
        return ended[0] if ended else None

    def waiting(self) -> list[str]:
        """Return the stages that do not take up events yet, in the order of the line."""
        beats = [heartbeat(self._settings.state_dir, process.pid) for process in self._workers.values()]
        ready = {signs.name for beat in beats if beat is not None for signs in beat.stages if signs.ready}
        return [name for names in WORKERS.values() for name in names if name not in ready]

    def pids(self) -> dict[str, int]:
        """Return the processes of the line, to measure them by."""
        return {name: pid for name, pid in self._pids() if pid is not None}

    def _pids(self) -> Iterator[tuple[str, int | None]]:
        yield from ((name, process.pid) for name, process in self._workers.items())
        yield "broker", self._broker.pid if self._broker else None
        yield "model", self._model.pid if self._model else None

    def _start(self) -> None:
        """Start everything, what takes longest first; nothing is waited for before something else needs it."""
        state = self.base.state_dir.resolve()
        self.logs.mkdir(parents=True, exist_ok=True)
        self._exits.enter_context(session.held(state))
        forget(state)
        if self.own_broker:  # it starts empty, and so must what is told of it
            for told in (_STORE, KNOWLEDGE):
                shutil.rmtree(state / told, ignore_errors=True)
        self.base = self.base.model_copy(update={"state_dir": state})
        training = self._train()
        self._settings = self.base.model_copy(
            update={
                "model": self._model_settings(),
                "broker": self._broker_settings(),
                "store": _store_settings(self.base.store, state),
                "keys": _key_settings(self.base.keys, state),
            }
        )
        broker = self._settings.broker
        self.unmet = create_topics(broker.bootstrap, declared_topics(broker.partitions), broker.replication)
        self._spawn_workers(training)
        session.remember(self._settings)
        if self._model is not None:
            self._model.await_ready()

    def _publish_documents(self) -> None:
        """Bring the tasks' documents onto their topic, before anybody asks."""
        bootstrap = self._settings.broker.bootstrap
        documents = [each for task in Workshop(self._settings).tasks.values() for each in task.documents]
        carry_out(bootstrap, compare(documents, {} if self.own_broker else standing(bootstrap)))

    def _spawn_workers(self, training: Process | None) -> None:
        """Spawn the agents first, as they take longest to load; but not before what they load is there."""
        if training is None:
            prepare(self._settings)
        for name in sorted(WORKERS, key=lambda name: training is not None and name == AGENTS_PROCESS):
            if name == AGENTS_PROCESS:
                if training is not None and training.wait() != 0:
                    raise Fatal("preparation_failed", f"see {self.logs / _TRAINING}.log")
                self._publish_documents()
            self._workers[name] = self._spawn(name, WORKERS[name])
        self._exits.callback(self._terminate)

    def _train(self) -> Process | None:
        """Start training in a process of its own, if there is something to train."""
        if Workshop(self.base).trained:
            return None
        return self._child(_TRAINING, [sys.executable, "-m", "streams.preparation"], self.base)

    def _broker_settings(self) -> BrokerSettings:
        if not self.own_broker:
            return self.base.broker
        self._broker = self._exits.enter_context(EmbeddedBroker(self.logs))
        return _embedded_broker(self._broker.bootstrap, self.base.broker)

    def _model_settings(self) -> ModelSettings:
        if self.base.model.base_url or EmbeddedModel.available() is not None:
            return self.base.model
        self._model = EmbeddedModel(self.logs, port=free_port())
        self._exits.callback(self._model.stop)
        self._model.launch()
        endpoint = self._model.endpoint().model_dump(include=set(ModelSettings.model_fields))
        ability = {"drafts_only": True, "chunks": 1, "languages": ["en"]}
        price = {
            "input_usd_per_million": NOTIONAL_INPUT_USD,
            "output_usd_per_million": NOTIONAL_OUTPUT_USD,
            "priced": NOTIONAL_DATE,
        }
        return ModelSettings.model_validate({**endpoint, **ability, **price})

    def _terminate(self) -> None:
        """Tell all workers at once to end, so that they drain at the same time."""
        for process in self._workers.values():
            process.terminate()

    def _spawn(self, name: str, stages: Sequence[str]) -> Process:
        command = [sys.executable, "-m", "streams.cli", "worker", "--stages", ",".join(stages)]
        return self._child(name, command, self._settings)

    def _child(self, name: str, command: Sequence[str], settings: Settings) -> Process:
        passed = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                tethered(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**passed, **environment(settings)},
                start_new_session=True,
            )
        self._exits.callback(_stop, process)
        return process


def _stop(process: Process) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _embedded_broker(bootstrap: str, base: BrokerSettings) -> BrokerSettings:
    return base.model_copy(
        update={
            "bootstrap": bootstrap,
            "transactions": False,
            "session_timeout_seconds": EMBEDDED_SESSION.timeout_seconds,
            "heartbeat_seconds": EMBEDDED_SESSION.heartbeat_seconds,
        }
    )


def _store_settings(base: StoreSettings, state: Path) -> StoreSettings:
    if base.dsn.get_secret_value():
        return base
    port, token = free_port(), secrets.token_urlsafe(24)
    return StoreSettings.model_validate(
        {"dsn": f"chdb://{state / _STORE}", "url": f"http://127.0.0.1:{port}", "token": token, "port": port}
    )


def _key_settings(base: KeySettings, state: Path) -> KeySettings:
    made = {} if base.gives_vault_key else {"vault": ensure_key(state / "keys" / "vault.key")}
    signing = base.signing or ensure_key(state / "keys" / "signing.key")
    return base.model_copy(update={**made, "signing": signing})
