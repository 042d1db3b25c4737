"""The whole line on one machine: broker, model, store and workers as child processes on free loopback ports."""

import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from processors.tasks.shop_support import shop_database
from streams.clock import SystemClock
from streams.embedded.broker import EmbeddedBroker, free_port
from streams.embedded.model import EmbeddedModel
from streams.embedded.tether import tethered
from streams.keys import ensure_key
from streams.runtime.topics import Unmet, create_topics
from streams.settings import BrokerSettings, KeySettings, ModelSettings, Settings, StoreSettings, environment
from streams.topic_specs import declared_topics
from streams.topology import STAGES
from streams.wiring import Workshop

AGENTS = tuple(stage.name for stage in STAGES if stage.runs != "transactional")
WORKERS: dict[str, tuple[str, ...]] = {"agents": AGENTS, "settle": ("settle", "delay"), "record": ("record",)}
"""Processes of the embedded line: all agents in one (a seventh of the memory of one each), the loops beside it."""

NOTIONAL_INPUT_USD, NOTIONAL_OUTPUT_USD, NOTIONAL_DATE = "0.10", "0.40", "2026-11"
"""The embedded model costs nothing; a declared price per million tokens lets budgets and cost views show something."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONWARNINGS")
_STOP_SECONDS = 15.0


@dataclass
class Stack:
    """A context manager around the embedded line.

    Attributes:
        base: settings to start from; its state directory takes keys, classifier, store and logs.
        external: use the broker, store and model that `base` names, start only the workers.
        unmet: what the broker does not do as the topics declare.
    """

    base: Settings
    external: bool = False
    unmet: tuple[Unmet, ...] = ()
    _exits: ExitStack = field(default_factory=ExitStack)
    _workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

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
        return self.base.state_dir / "logs"

    @property
    def settings(self) -> Settings:
        """Settings of the running line: addresses, keys and tokens included."""
        return self._settings

    def failed(self) -> str | None:
        """Return the name of a process that has ended although it should run, if any."""
        ended = [name for name, process in self._workers.items() if process.poll() is not None]
        return ended[0] if ended else None

    def pids(self) -> dict[str, int]:
        """Return the processes of the line, to measure them by."""
        workers = {name: process.pid for name, process in self._workers.items()}
        if self.external:
            return workers
        parts = {"broker": self._broker.pid, "model": self._model.pid}
        return workers | {name: pid for name, pid in parts.items() if pid is not None}

    def _start(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._settings = self.base if self.external else self._embedded()
        self._prepare()
        self.unmet = create_topics(
            self._settings.broker.bootstrap, declared_topics(self._settings.broker.partitions)
        )
        for name, stages in WORKERS.items():
            self._workers[name] = self._spawn(name, stages)

    def _embedded(self) -> Settings:
        self._broker = self._exits.enter_context(EmbeddedBroker(self.logs))
        self._model = EmbeddedModel(self.logs)
        state = self.base.state_dir.resolve()
        return self.base.model_copy(
            update={
                "state_dir": state,
                "broker": _embedded_broker(self._broker.bootstrap, self.base.broker),
                "store": _embedded_store(state),
                "model": self._embedded_model(),
                "keys": _embedded_keys(state),
            }
        )

    def _embedded_model(self) -> ModelSettings:
        if self.base.model.base_url or EmbeddedModel.available() is not None:
            return self.base.model
        endpoint = self._exits.enter_context(self._model).endpoint()
        return ModelSettings.model_validate(
            {
                **endpoint.model_dump(
                    exclude={"connect_seconds", "retries", "max_response_bytes", "temperature"}
                ),
                "input_usd_per_million": NOTIONAL_INPUT_USD,
                "output_usd_per_million": NOTIONAL_OUTPUT_USD,
                "priced": NOTIONAL_DATE,
            }
        )

    def _prepare(self) -> None:
        Workshop(self._settings).train_missing()
        shop = self._settings.shop_database or self._settings.state_dir / "shop.sqlite"
        shop_database.create(shop, SystemClock().now().date())

    def _spawn(self, name: str, stages: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streams.cli", "worker", "--stages", ",".join(stages)]
        passed = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                tethered(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**passed, **environment(self._settings)},
                start_new_session=True,
            )
        self._exits.callback(_stop, process)
        return process


def _stop(process: subprocess.Popen[bytes]) -> None:
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
            "session_timeout_seconds": 6.0,
            "heartbeat_seconds": 1.0,
        }
    )


def _embedded_store(state: Path) -> StoreSettings:
    port, token = free_port(), secrets.token_urlsafe(24)
    return StoreSettings.model_validate(
        {"dsn": f"chdb://{state / 'store'}", "url": f"http://127.0.0.1:{port}", "token": token, "port": port}
    )


def _embedded_keys(state: Path) -> KeySettings:
    return KeySettings(
        vault=ensure_key(state / "keys" / "vault.key"), signing=ensure_key(state / "keys" / "signing.key")
    )
