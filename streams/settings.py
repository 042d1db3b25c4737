"""One settings module: defaults, then the environment.

A variable that starts with `SLUICEGATE_` and is not known is an error, never ignored. Secrets come from files or the
environment and are never printed.
"""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import Fatal
from streams.runtime.confluent import Session

PREFIX = "SLUICEGATE_"
NESTED = "__"
MASK = "********"

_SECRET_ENDINGS = ("TOKEN", "API_KEY", "DSN", "VAULT_VALUE", "VAULT_PREVIOUS_VALUE")
_PACKAGE = Path(__file__).resolve().parent.parent


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BrokerSettings(_Part):
    """The Kafka-compatible broker.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        partitions: of every topic; one number, because stages rely on topics being co-partitioned.
        transactions: whether the broker's transactions are atomic and fenced. The embedded one's are not atomic.
    """

    bootstrap: str = "127.0.0.1:9092"
    partitions: int = Field(default=4, ge=1, le=1024)
    replication: int = Field(default=1, ge=1, le=9)
    transactions: bool = True
    session_timeout_seconds: float = Field(default=30, gt=1)
    heartbeat_seconds: float = Field(default=3, gt=0)
    fetch_wait_seconds: float = Field(default=0.1, gt=0, le=5)
    group_prefix: str = "sluicegate."

    @property
    def session(self) -> Session:
        return Session(self.session_timeout_seconds, self.heartbeat_seconds)


class StoreSettings(_Part):
    """The trace store.

    Attributes:
        dsn: `chdb:///directory` (embedded) or `http(s)://user:password@host:port/database`.
        url: where to read it from: with the embedded store the endpoint that record serves; empty means `dsn`.
        port: of that endpoint, on loopback; 0 takes a free one.
    """

    dsn: SecretStr = SecretStr("")
    url: str = ""
    token: SecretStr = SecretStr("")
    port: int = Field(default=0, ge=0, le=65535)


class ModelSettings(_Part):
    """The larger model: any OpenAI-compatible endpoint, as `sinks.models.endpoint.Endpoint` describes it.

    Attributes:
        base_url: up to and including the version; empty means there is none, and what needs it goes to a person.
        drafts_only: it writes replies and nothing else.
        chunks: passages it is shown at most.
        languages: those it can write; all when empty.
        input_usd_per_million, output_usd_per_million: prices to use instead of the published ones, both or neither.
        priced: since when they hold, as in `2026-11`.
    """

    base_url: str = ""
    model: str = ""
    provider: str = "openai"
    api_key: SecretStr = SecretStr("")
    output_limit: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"
    length_keywords: bool = False
    concurrency: int = Field(default=32, ge=1, le=1024)
    timeout_seconds: float = Field(default=60, gt=0)
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    drafts_only: bool = True
    chunks: int = Field(default=5, ge=0, le=20)
    languages: tuple[str, ...] = ()
    input_usd_per_million: Decimal | None = Field(default=None, ge=0)
    output_usd_per_million: Decimal | None = Field(default=None, ge=0)
    priced: str = Field(default="", pattern=r"^(\d{4}-\d{2}(-\d{2})?)?$")


class ToolSettings(_Part):
    """Where the shipped task's tools look.

    Attributes:
        stock_url: a service that is asked for stock in place of the shop's database, up to and including the version.
        stock_token: it is asked with.
    """

    stock_url: str = Field(default="", pattern=r"^(https?://[^\s?#@]+)?$")
    stock_token: SecretStr = SecretStr("")


class KnowledgeSettings(_Part):
    """A worker's own index of the documents.

    Attributes:
        max_stale_seconds: how long it may be answered from without having been confirmed to lack nothing.
    """

    max_stale_seconds: float = Field(default=60, ge=1, le=86_400)


class KeySettings(_Part):
    """Where keys come from: 32 random bytes each, in hexadecimal.

    The key-encryption key of the vault has exactly one source: a file, a variable's own value, or the standard output
    of a command. Needed by redact, enforce and settle only.

    Attributes:
        vault, vault_value, vault_command: that key. The command is a list of its words and is run without a shell.
        vault_previous, vault_previous_value, vault_previous_command: the one before it, while it is being changed.
        store: SQLite file of the wrapped keys; by default in the state directory.
        signing: file of the Ed25519 private key's seed. Needed by settle only.
    """

    vault: Path | None = None
    vault_value: SecretStr = SecretStr("")
    vault_command: tuple[str, ...] = ()
    vault_previous: Path | None = None
    vault_previous_value: SecretStr = SecretStr("")
    vault_previous_command: tuple[str, ...] = ()
    store: Path | None = None
    signing: Path | None = None

    @property
    def gives_vault_key(self) -> bool:
        """Whether any source of the key-encryption key is named."""
        return bool(self.vault or self.vault_value.get_secret_value() or self.vault_command)


class Settings(BaseSettings):
    """The effective configuration of a process.

    Attributes:
        state_dir: where this machine's files go: keys made by `dev`, models, logs, the embedded store.
        task_dirs: one folder per task.
        registry: who may speak for whom; by default the one shipped with the first task.
        shop_database: SQLite file of the shipped task's tools.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTED, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    state_dir: Path = Path(".sluicegate")
    task_dirs: tuple[Path, ...] = (_PACKAGE / "processors" / "tasks" / "shop_support",)
    registry: Path | None = None
    shop_database: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    broker: BrokerSettings = BrokerSettings()
    store: StoreSettings = StoreSettings()
    model: ModelSettings = ModelSettings()
    tools: ToolSettings = ToolSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    keys: KeySettings = KeySettings()

    @property
    def key_store(self) -> Path:
        """The file of wrapped keys."""
        return self.keys.store or self.state_dir / "keys" / "keys.sqlite"


def load() -> Settings:
    """Return the settings that the environment gives.

    Raises:
        Fatal: `unknown_setting` naming a mistyped variable, `invalid_setting` naming a wrong one. No value is named.
    """
    known = {name.upper() for name in _names()}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise Fatal("unknown_setting", ", ".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        places = sorted(
            {".".join(str(part) for part in item["loc"]) for item in error.errors(include_input=False)}
        )
        raise Fatal("invalid_setting", ", ".join(places)) from None


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that give a child process these settings, secrets included: never print them."""
    return {name: value for name, value in _flat(settings) if value is not None}


def shown(settings: Settings) -> dict[str, str]:
    """Return the settings for display, by variable, with secrets masked."""
    secrets = {name for name in _names() if name.endswith(_SECRET_ENDINGS)}
    return {name: MASK if name in secrets and value else value or "" for name, value in _flat(settings)}


def _names() -> Iterator[str]:
    for name, info in Settings.model_fields.items():
        part = info.annotation
        if isinstance(part, type) and issubclass(part, _Part):
            yield from (f"{PREFIX}{name}{NESTED}{inner}".upper() for inner in part.model_fields)
        else:
            yield f"{PREFIX}{name}".upper()


def _flat(settings: Settings) -> Iterator[tuple[str, str | None]]:
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, _Part):
            for inner in type(value).model_fields:
                yield f"{PREFIX}{name}{NESTED}{inner}".upper(), _text(getattr(value, inner))
        else:
            yield f"{PREFIX}{name}".upper(), _text(value)


def _text(value: object) -> str | None:
    """Return a value as a variable holds it. None has no text: an empty one is a value that may replace a default."""
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return json.dumps([str(item) for item in value])
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
