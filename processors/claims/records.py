"""Tools' records as grounds of what is said: their fields in words, and whether a text says something of one."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from processors.claims.figures import figures
from processors.claims.quotes import normal
from processors.claims.support import Ground, unsupported
from schemas.knowledge import ToolResult

_TELLING_LETTERS = 5
_WORD = re.compile(r"[^\W_]+")


def permitted(result: ToolResult) -> bool:
    """Whether there is a record, which the requester may read."""
    return result.status == "ok"


def ground(result: ToolResult) -> Ground:
    """Return what may be said on the strength of a record: its values, each with the words of its key."""
    currency = result.record.get("currency")
    lines = list(_lines(result.record, "", currency if isinstance(currency, str) else ""))
    asked = [f"{_words(name)} {value}" for name, value in result.arguments.items()]
    return Ground("\n".join([*lines, *asked]))


def is_used(result: ToolResult, text: str) -> bool:
    """Whether a text says a figure of a record, or one of its values as a word."""
    if not permitted(result):
        return False
    said = [figure for figure in figures(text) if figure.counts]
    if len(unsupported(said, [ground(result)])) < len(said):
        return True
    said_words = _as_words(text)
    return any(
        len(words := _as_words(value)) > _TELLING_LETTERS + 1 and words in said_words
        for value in _texts(result.record)
    )


def _as_words(text: str) -> str:
    words = " ".join(_WORD.findall(normal(text)))
    return f" {words} "


def _lines(value: JsonValue, key: str, currency: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _lines(item, name, currency)
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item, key, currency)
    elif value is not None and not isinstance(value, bool):
        yield f"{_words(key)} {value}"
        yield from _money(key, value, currency)


def _money(key: str, value: JsonValue, currency: str) -> Iterator[str]:
    """A sum kept in cents may be said in whole units."""
    if "cents" in key.lower() and currency:
        try:
            yield f"{Decimal(str(value)) / 100:.2f} {currency}"
        except InvalidOperation:
            return


def _words(key: str) -> str:
    return key.replace("_", " ")


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
