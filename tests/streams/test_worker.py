import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.errors import Fatal, Retryable
from schemas.ports import Detector
from streams.embedded.broker import free_port
from streams.embedded.tether import tethered
from streams.heartbeat import heartbeat
from streams.keys import ensure_key
from streams.runtime.topics import create_topics
from streams.settings import BrokerSettings, KeySettings, Settings, StoreSettings, environment
from streams.topic_specs import declared_topics
from streams.topology import STAGES
from streams.worker import NAMES, Worker
from tests.brokers import Broker

READY_SECONDS = 60.0


def settings(tmp_path: Path, bootstrap: str = "", **parts: object) -> Settings:
    broker = BrokerSettings(
        bootstrap=bootstrap or f"127.0.0.1:{free_port()}",
        transactions=False,
        session_timeout_seconds=6,
        heartbeat_seconds=1,
        group_prefix=f"{tmp_path.name}.",
    )
    return Settings.model_validate({"state_dir": tmp_path, "broker": broker, **parts})


def test_every_stage_record_and_delay_can_be_named() -> None:
    assert set(NAMES) == {*(stage.name for stage in STAGES), "record", "delay"}


def test_unknown_stages_are_named_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"unknown_stage: nosuch, other; known are redact, .*record, delay"):
        Worker(["redact", "other", "nosuch"], settings(tmp_path))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("redact", "key_missing: keys.vault"),
        ("enforce", "key_missing: keys.vault"),
        ("settle", "key_missing: keys.vault"),
        ("record", "store_missing: SLUICEGATE_STORE__DSN is not set"),
        ("classify", "classifier_missing: train it first"),
    ],
)
def test_a_missing_part_ends_a_worker_before_anything_runs(tmp_path: Path, name: str, reason: str) -> None:
    """Not even with a stage that lacks nothing, and would go on alone."""
    with pytest.raises(Fatal) as missing:
        Worker(["delay", name], settings(tmp_path)).run()
    assert str(missing.value) == reason


@pytest.mark.parametrize("name", ["admit", "delay"])
def test_a_broker_that_is_away_at_the_start_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Retryable, match=r"broker_unreachable: nothing listens at 127\.0\.0\.1:"):
        Worker([name], settings(tmp_path)).run()


def test_a_stage_that_seals_nothing_needs_no_key(tmp_path: Path) -> None:
    for name in ("admit", "escalate", "validate", "account"):
        assert Worker([name], settings(tmp_path))._workshop.processor(name) is not None


def test_only_redact_makes_the_key_store(tmp_path: Path) -> None:
    """Keys that another stage made in a store of its own would open nothing, and judge payloads to be changed."""
    keys = KeySettings(vault=ensure_key(tmp_path / "vault"), signing=ensure_key(tmp_path / "signing"))
    given = settings(tmp_path, keys=keys)
    for name, made in (("enforce", False), ("settle", False), ("redact", True)):
        Worker([name], given)._workshop.processor(name)
        assert given.key_store.exists() is made, name


@contextmanager
def running(given: Settings, *names: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "streams.cli", "worker", "--stages", ",".join(names)]
    passed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        tethered(command),
        env={**passed, **environment(given)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def await_ready(given: Settings, process: "subprocess.Popen[bytes]", *names: str) -> None:
    limit = time.monotonic() + READY_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        beat = heartbeat(given.state_dir, process.pid)
        if beat is not None and {signs.name for signs in beat.stages if signs.ready} == set(names):
            return
        time.sleep(0.1)
    _, told = process.communicate(timeout=10) if process.poll() is not None else (b"", b"not ready in time")
    pytest.fail(told.decode()[-2000:])


def test_a_worker_says_when_its_stages_are_ready_and_drains_on_sigterm(
    tmp_path: Path, broker: Broker
) -> None:
    create_topics(broker.bootstrap, declared_topics(4), 1)
    keys = KeySettings(vault=ensure_key(tmp_path / "vault"), signing=ensure_key(tmp_path / "signing"))
    given = settings(tmp_path, broker.bootstrap, keys=keys)
    names = ("admit", "validate", "settle", "delay")
    with running(given, *names) as process:
        await_ready(given, process, *names)
        process.send_signal(signal.SIGTERM)
        printed, told = process.communicate(timeout=30)
    assert process.returncode == 0, told.decode()
    assert (printed, told) == (b"", b"")
    assert heartbeat(tmp_path, process.pid) is None


def test_a_part_that_cannot_be_loaded_ends_a_worker_that_runs_already(
    tmp_path: Path, embedded_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Detector:
        raise Fatal("model_missing", "the package is not installed")

    monkeypatch.setattr("streams.wiring._detector", missing)
    create_topics(embedded_broker.bootstrap, declared_topics(4), 1)
    given = settings(
        tmp_path, embedded_broker.bootstrap, keys=KeySettings(vault=ensure_key(tmp_path / "vault"))
    )
    with pytest.raises(Fatal, match="model_missing"):
        Worker(["redact"], given).run()


def test_a_loop_that_fails_ends_its_worker(tmp_path: Path, embedded_broker: Broker) -> None:
    """The store's directory cannot be made: record stops, and the delay loop beside it with it."""
    create_topics(embedded_broker.bootstrap, declared_topics(4), 1)
    (tmp_path / "file").write_text("")
    store = StoreSettings(dsn=SecretStr(f"chdb://{tmp_path}/file/store"), token=SecretStr("token"))
    given = settings(tmp_path, embedded_broker.bootstrap, store=store)
    with running(given, "record", "delay") as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"CRITICAL" in told
    assert b"record: " in told
    assert b"Traceback" not in told
