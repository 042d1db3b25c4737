"""Saved queries: SQL files known by name, with the parameters they take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from schemas.errors import Fatal
from sinks.clickhouse.answer import Answer, Reads

_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
_PURPOSE = re.compile(r"^-- (.+)$", re.MULTILINE)
_MAY_BE_EMPTY = "String"


@dataclass(frozen=True, slots=True)
class Saved:
    """One query.

    Attributes:
        purpose: the question it answers, its first comment.
        parameters: ClickHouse types by name. Text may be left out, and then selects everything.
    """

    name: str
    purpose: str
    sql: str
    parameters: Mapping[str, str]


def names() -> tuple[str, ...]:
    """Return the names of all saved queries."""
    found = (each.name for each in files("sinks.clickhouse.queries").iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))


def load(name: str) -> Saved:
    """Return a saved query.

    Raises:
        Fatal: `unknown_query`.
    """
    if name not in names():
        raise Fatal("unknown_query", f"known are {', '.join(names())}")
    sql = (files("sinks.clickhouse.queries") / f"{name}.sql").read_text("utf-8")
    purpose = _PURPOSE.search(sql)
    parameters = dict(_PARAMETER.findall(sql))
    return Saved(name, purpose[1] if purpose else "", sql, MappingProxyType(parameters))


def run(reads: Reads, name: str, **parameters: object) -> Answer:
    """Run a saved query.

    Raises:
        Fatal: `unknown_query`, or `query_parameters` when one is missing or unknown.
        QueryFailed, Retryable: as `Reads.query`.
    """
    saved = load(name)
    optional = {each: "" for each, kind in saved.parameters.items() if kind == _MAY_BE_EMPTY}
    given = optional | parameters
    if given.keys() != saved.parameters.keys():
        raise Fatal("query_parameters", f"{name} takes {', '.join(saved.parameters) or 'none'}")
    return reads.query(saved.sql, given)
