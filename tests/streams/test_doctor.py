import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from processors.redact.sealing.key_operations import rewrap
from processors.redact.sealing.keyring import Keyring
from schemas.errors import Fatal
from sinks.keys.sqlite import SqliteKeyStore
from streams import doctor
from streams.doctor import Finding, Level, examine, grouped
from streams.embedded.broker import free_port
from streams.embedded.model import EmbeddedModel
from streams.heartbeat import Heartbeat, StageSigns
from streams.keys import ensure_key, read_key
from streams.runtime.topics import Unmet, create_topics
from streams.settings import BrokerSettings, KeySettings, ModelSettings, Settings, StoreSettings
from streams.topic_specs import declared_topics
from tests.brokers import Broker
from tests.vaults import roots


def settings(tmp_path: Path, **parts: object) -> Settings:
    return Settings.model_validate(
        {"state_dir": tmp_path, "broker": {"bootstrap": f"127.0.0.1:{free_port()}"}, **parts}
    )


def of(findings: list[Finding], part: str) -> list[Finding]:
    return [finding for finding in findings if finding.part == part]


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    found = examine(settings(tmp_path))
    missing = {finding.part: finding.text for finding in found if finding.level is Level.MISSING}
    assert missing.keys() == {"broker", "store", "keys.vault", "keys.signing"}
    assert all("sluicegate dev" in text for text in missing.values())


def test_a_complete_set_up_lacks_nothing(tmp_path: Path, broker: Broker) -> None:
    create_topics(broker.bootstrap, declared_topics(4), 1)
    complete = settings(
        tmp_path,
        broker=BrokerSettings(bootstrap=broker.bootstrap, transactions=broker.transactions),
        store=StoreSettings(dsn=SecretStr("http://user:password@127.0.0.1:1/sluicegate")),
        model=ModelSettings(base_url="http://127.0.0.1:1/v1", model="some-model"),
        keys=KeySettings(vault=ensure_key(tmp_path / "vault"), signing=ensure_key(tmp_path / "signing")),
    )
    found = examine(complete)
    assert [finding for finding in found if finding.level is Level.MISSING] == []
    assert "password" not in str(found)
    limits = {finding.part for finding in found if finding.level is Level.WEAK}
    assert ({"topics", "transactions"} <= limits) is (broker.kind == "embedded")


def test_without_the_embedded_parts_others_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> str:
        raise Fatal("embedded_broker_missing", "install the extra `embedded`")

    monkeypatch.setattr(doctor, "broker_binary", absent)
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    monkeypatch.setattr(EmbeddedModel, "available", staticmethod(lambda: "the package is not installed"))
    found = examine(settings(tmp_path))
    levels = {finding.part: finding.level for finding in found if finding.part.startswith("embedded")}
    assert levels == dict.fromkeys(("embedded broker", "embedded store", "embedded model"), Level.WEAK)


def test_a_key_that_others_can_read_is_weak(tmp_path: Path) -> None:
    key = ensure_key(tmp_path / "vault")
    key.chmod(0o640)
    (found,) = of(examine(settings(tmp_path, keys=KeySettings(vault=key))), "keys.vault")
    assert (found.level, found.text) == (Level.WEAK, "others can read the file: chmod 600")


def stored(tmp_path: Path, *keys: bytes) -> Path:
    """Return a key store that is under the first of these keys."""
    path = tmp_path / "store" / "keys.sqlite"
    SqliteKeyStore(path).create()
    Keyring(SqliteKeyStore(path), roots(*keys)).sealing_key("acme-shop", "cust-1", datetime.now(UTC))
    return path


def about_keys(tmp_path: Path, **given: object) -> list[tuple[Level, str]]:
    vault = given.pop("vault", None) or ensure_key(tmp_path / "vault")
    findings = examine(settings(tmp_path, keys=KeySettings.model_validate({"vault": vault, **given})))
    return [(finding.level, finding.text) for finding in of(findings, "key store")]


def test_a_key_store_in_its_default_place_is_weak(tmp_path: Path) -> None:
    default, absent = about_keys(tmp_path)
    assert default[0] is absent[0] is Level.WEAK
    assert "SLUICEGATE_KEYS__STORE" in default[1]
    assert "not there yet" in absent[1]


def test_a_key_store_elsewhere_that_only_its_owner_reads_is_as_it_should_be(tmp_path: Path) -> None:
    key = ensure_key(tmp_path / "vault")
    store = stored(tmp_path, read_key(key, ""))
    ((level, text),) = about_keys(tmp_path, store=store)
    assert (level, text.startswith("under key-encryption key ")) == (Level.OK, True)
    store.chmod(0o644)
    assert (Level.WEAK, "others can read the file: chmod 600") in about_keys(tmp_path, store=store)


def test_a_change_of_the_key_encryption_key_is_followed_to_its_end(tmp_path: Path) -> None:
    old, new = (ensure_key(tmp_path / name) for name in ("old", "new"))
    store = stored(tmp_path, read_key(old, ""))
    ((level, text),) = about_keys(tmp_path, vault=new, store=store)
    assert (level, text) == (
        Level.MISSING,
        "vault_key_missing: the key store is under another key-encryption key",
    )
    both = {"vault": new, "vault_previous": old, "store": store}
    assert "sluicegate keys rewrap" in about_keys(tmp_path, **both)[0][1]
    rewrap(SqliteKeyStore(store), roots(read_key(new, ""), read_key(old, "")), "ann")
    assert "retire it" in about_keys(tmp_path, **both)[0][1]
    assert [level for level, _ in about_keys(tmp_path, vault=new, store=store)] == [Level.OK]


def test_a_key_that_comes_as_a_value_needs_no_file(tmp_path: Path) -> None:
    given = KeySettings(vault_value=SecretStr("ab" * 32))
    found = examine(settings(tmp_path, keys=given))
    assert of(found, "keys.vault") == []
    assert "abab" not in str(found)
    ambiguous = KeySettings(vault=tmp_path, vault_value=SecretStr("ab" * 32))
    (finding,) = of(examine(settings(tmp_path, keys=ambiguous)), "key store")
    assert (finding.level, "key_ambiguous" in finding.text) == (Level.MISSING, True)


def test_a_broken_task_is_missing(tmp_path: Path) -> None:
    (found,) = of(examine(settings(tmp_path, task_dirs=(tmp_path,))), "task")
    assert found.level is Level.MISSING


def beat(*stages: StageSigns, pid: int | None = None, ago: float = 0.0) -> Heartbeat:
    return Heartbeat(pid=os.getpid() if pid is None else pid, beat_at=time.time() - ago, stages=stages)


def workers(tmp_path: Path, found: Heartbeat) -> list[tuple[Level, str]]:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / f"{found.pid}.json").write_text(found.model_dump_json())
    findings = examine(settings(tmp_path))
    return [(finding.level, finding.text) for finding in findings if finding.part.startswith("worker")]


def test_a_worker_at_work_is_well(tmp_path: Path) -> None:
    stages = (
        StageSigns(name="redact", ready=True, processed=3),
        StageSigns(name="admit", ready=True, processed=2),
    )
    assert workers(tmp_path, beat(*stages)) == [(Level.OK, "redact, admit: 5 events")]


def test_a_stage_without_partitions_is_named(tmp_path: Path) -> None:
    stages = (StageSigns(name="redact", ready=True), StageSigns(name="admit", ready=False))
    assert workers(tmp_path, beat(*stages)) == [
        (Level.OK, "redact: 0 events"),
        (Level.WEAK, "admit: no partition held, or its state is being rebuilt"),
    ]


def test_an_event_in_hand_for_long_is_named(tmp_path: Path) -> None:
    stage = StageSigns(name="escalate", ready=True, in_flight=2, last_activity=time.time() - 90)
    (_, (level, text)) = workers(tmp_path, beat(stage))
    assert (level, text) == (Level.WEAK, "escalate: 2 events in hand for 90 s")


def test_a_stuck_worker_is_missing(tmp_path: Path) -> None:
    found = workers(tmp_path, beat(StageSigns(name="redact", ready=True), ago=300))
    assert found == [(Level.MISSING, "its event loop has been stuck for 5 min")]


def test_a_worker_that_was_killed_is_remembered(tmp_path: Path) -> None:
    nobody = 2**22 + 1  # above the kernel's largest process id
    found = workers(tmp_path, beat(StageSigns(name="redact", ready=True), pid=nobody, ago=40))
    assert found == [(Level.WEAK, "ended 40 s ago without a word")]


def test_settings_that_the_same_topics_miss_are_said_at_once() -> None:
    unmet = [
        Unmet(topic, setting, "wanted", None)
        for topic in ("a", "b")
        for setting in ("retention.ms", "cleanup")
    ]
    other = Unmet("a", "max.message.bytes", "1", "2")
    assert grouped([*unmet, other]) == [("cleanup, retention.ms", ["a", "b"]), ("max.message.bytes", ["a"])]
