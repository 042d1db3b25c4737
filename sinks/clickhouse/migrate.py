"""Brings a store to the newest schema: numbered, forward-only SQL files, each remembered with its checksum.

ClickHouse has no transactional DDL, so every statement can be repeated (`IF NOT EXISTS`) and a migration that was
interrupted is simply run again.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from schemas.errors import Fatal

_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|--[^\n]*|/\*.*?\*/|;""", re.DOTALL
)

_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version
"""


class Engine(Protocol):
    """What migrations need of a client."""

    def command(self, cmd: str) -> object:
        """Run a statement."""

    def query(self, query: str) -> "Answer":
        """Run a query."""


class Answer(Protocol):
    @property
    def result_rows(self) -> Sequence[Sequence[object]]:
        """Rows in order."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file.

    Attributes:
        checksum: SHA-256 of the file's text with its line ends normalised.
    """

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256("\n".join(self.sql.splitlines()).encode()).hexdigest()

    def statements(self) -> list[str]:
        """Return the file's statements, without comments."""
        return list(split_statements(self.sql))


def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this release, in order."""
    found = [(_FILE.match(each.name), each) for each in files("sinks.clickhouse.migrations").iterdir()]
    return tuple(
        sorted(
            (Migration(int(match[1]), match[2], each.read_text("utf-8")) for match, each in found if match),
            key=lambda migration: migration.version,
        )
    )


def split_statements(sql: str) -> Iterator[str]:
    """Split on semicolons that stand outside literals, quoted names and comments; comments are dropped."""
    statement, position = "", 0
    for token in _TOKEN.finditer(sql):
        statement += sql[position : token.start()]
        position = token.end()
        if token[0] == ";":
            yield from _unless_blank(statement)
            statement = ""
        else:
            statement += "" if token[0].startswith(("--", "/*")) else token[0]
    yield from _unless_blank(statement + sql[position:])


def _unless_blank(statement: str) -> Iterator[str]:
    if statement.strip():
        yield statement.strip()


def migrate(engine: Engine, migrations: Sequence[Migration] | None = None) -> tuple[Migration, ...]:
    """Apply what is missing, in order, in the client's current database; return what was applied.

    Raises:
        Fatal: `migration_changed` when a file differs from what was applied, `migration_out_of_order` when an older
            one is missing below one already applied, `schema_newer` when the store knows migrations that this
            release does not.
    """
    known = shipped() if migrations is None else tuple(migrations)
    engine.command(_HISTORY)
    pending = _pending(known, applied(engine))
    for migration in pending:
        for statement in migration.statements():
            engine.command(statement)
        engine.command(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES "  # noqa: S608
            f"({migration.version}, '{migration.name}', '{migration.checksum}')"
        )
    return pending


def applied(engine: Engine) -> dict[int, str]:
    """Return the checksums of applied migrations by version."""
    rows = engine.query("SELECT version, checksum FROM schema_migrations FINAL ORDER BY version").result_rows
    return {int(str(version)): str(checksum) for version, checksum in rows}


def _pending(known: Sequence[Migration], done: dict[int, str]) -> tuple[Migration, ...]:
    if done.keys() - {migration.version for migration in known}:
        raise Fatal("schema_newer", f"the store has migration {max(done)}, which this release does not know")
    for migration in known:
        if done.get(migration.version, migration.checksum) != migration.checksum:
            raise Fatal("migration_changed", f"{migration.version:04d}_{migration.name}")
    missing = tuple(migration for migration in known if migration.version not in done)
    if missing and done and missing[0].version < max(done):
        raise Fatal("migration_out_of_order", f"{missing[0].version:04d}_{missing[0].name}")
    return missing
