"""Settings: a mistyped variable is an error, secrets are never shown, a child process gets the same."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.errors import Fatal
from streams.settings import (
    MASK,
    BrokerSettings,
    KeySettings,
    ModelSettings,
    Settings,
    StoreSettings,
    ToolSettings,
    environment,
    load,
    shown,
)

SECRET = "Q7zXcanaryW9k"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("SLUICEGATE_"):
            monkeypatch.delenv(name)


def test_defaults_need_no_environment() -> None:
    assert load() == Settings()
    assert load().task_dirs[0].joinpath("task.yaml").is_file()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICEGATE_BROKER__PARTITIONS", "12")
    monkeypatch.setenv("SLUICEGATE_BROKER__TRANSACTIONS", "false")
    monkeypatch.setenv("SLUICEGATE_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("SLUICEGATE_TASK_DIRS", '["/tasks/a", "/tasks/b"]')
    monkeypatch.setenv("SLUICEGATE_MODEL__API_KEY", SECRET)
    settings = load()
    assert settings.broker == BrokerSettings(partitions=12, transactions=False)
    assert (settings.log_level, settings.task_dirs) == ("DEBUG", (Path("/tasks/a"), Path("/tasks/b")))
    assert settings.model.api_key.get_secret_value() == SECRET


@pytest.mark.parametrize(
    "name",
    [
        "SLUICEGATE_LOG_LEVLE",
        "SLUICEGATE_BROKER__PARTITION",
        "SLUICEGATE_BROKER_PARTITIONS",
        "SLUICEGATE_BROKER",
        "SLUICEGATE_BROKER__PARTITIONS__MORE",
        "SLUICEGATE_",
    ],
)
def test_a_mistyped_variable_is_an_error_that_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(Fatal) as refused:
        load()
    assert (refused.value.reason, refused.value.detail) == ("unknown_setting", name)


def test_the_variables_of_others_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_GATE", "1")
    monkeypatch.setenv("MY_SLUICEGATE_LOG", "1")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("SLUICEGATE_BROKER__PARTITIONS", SECRET, "broker.partitions"),
        ("SLUICEGATE_BROKER__PARTITIONS", "0", "broker.partitions"),
        ("SLUICEGATE_LOG_LEVEL", SECRET, "log_level"),
        ("SLUICEGATE_MODEL__INPUT_USD_PER_MILLION", "-1", "model.input_usd_per_million"),
    ],
)
def test_a_wrong_value_is_an_error_that_does_not_repeat_it(
    name: str, value: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Fatal) as refused:
        load()
    assert (refused.value.reason, refused.value.detail) == ("invalid_setting", place)
    assert refused.value.__cause__ is None


VARIED = Settings(
    state_dir=Path("/var/lib/with space"),
    task_dirs=(Path('/tasks/"quoted"'), Path("/tasks/b, c")),
    registry=Path("/etc/registry.yaml"),
    log_level="ERROR",
    broker=BrokerSettings(
        bootstrap="a:1,b:2",
        partitions=9,
        transactions=False,
        session_timeout_seconds=6.5,
        group_prefix="",
    ),
    store=StoreSettings(dsn=SecretStr(f"http://user:{SECRET}@host/db"), token=SecretStr(SECRET), port=8123),
    model=ModelSettings(
        base_url="https://model/v1",
        api_key=SecretStr(SECRET),
        provider="",
        extra={"chat_template_kwargs": {"enable_thinking": False}},
        input_usd_per_million=Decimal("0.15"),
    ),
    tools=ToolSettings(stock_url="https://stock/v1", stock_token=SecretStr(SECRET)),
    keys=KeySettings(
        vault=Path("/keys/vault"),
        vault_value=SecretStr(SECRET),
        vault_command=("sops", '--output "x"', "a, b"),
        vault_previous_value=SecretStr(SECRET),
        store=Path("/keys/store"),
    ),
)


@pytest.mark.parametrize("settings", [Settings(), VARIED], ids=["defaults", "varied"])
def test_a_child_process_gets_the_same_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load() == settings


def test_secrets_are_shown_masked_and_only_if_set() -> None:
    display = shown(VARIED)
    assert SECRET not in repr(display)
    assert SECRET not in repr(VARIED)
    secrets = ("SLUICEGATE_STORE__DSN", "SLUICEGATE_STORE__TOKEN", "SLUICEGATE_MODEL__API_KEY")
    assert [display[name] for name in secrets] == [MASK] * 3
    assert [shown(Settings())[name] for name in secrets] == [""] * 3
    assert display["SLUICEGATE_BROKER__PARTITIONS"] == "9"


def test_every_secret_is_masked() -> None:
    given = {
        f"SLUICEGATE_{part}__{name}".upper()
        for part, info in Settings.model_fields.items()
        for name, field in getattr(info.annotation, "model_fields", {}).items()
        if field.annotation is SecretStr
    }
    masked = {name for name, value in shown(VARIED).items() if value == MASK}
    assert given == masked


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().broker.partitions = 3  # type: ignore[misc]
