"""Tools' records as grounds of what is said: their fields in words, and whether a text says something of one."""

import re
from collections.abc import Iterator
from decimal import Decimal

from pydantic import JsonValue

from processors.claims.figures import figures
from processors.claims.quotes import normal
from processors.claims.support import Ground, unsupported
from schemas.knowledge import ToolResult

_TELLING_LETTERS = 5
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_MONEY = re.compile(r"\b(?:amount|price|total|subtotal|cost|fee|surcharge|refund|value)s?\b")
_UNIT = re.compile(r"\b(?:minute|hour|day|week|month|year)s?\b|\bpercent\b")
_QUANTITY = re.compile(r"^\d{1,6} ?x (?=\S)")
_WORD = re.compile(r"[^\W_]+")


def permitted(result: ToolResult) -> bool:
    """Whether there is a record, which the requester may read."""
    return result.status == "ok"


def grounds(result: ToolResult) -> list[Ground]:
    """Return what may be said on the strength of a record: each value with its unit, or with the words of its key."""
    currency = result.record.get("currency")
    lines = _lines(result.record, "", currency if isinstance(currency, str) else "")
    asked = (f"{_words(name)} {value}" for name, value in result.arguments.items())
    return [Ground(line) for line in (*lines, *asked)]


def is_used(result: ToolResult, text: str) -> bool:
    """Whether a text says a figure of a record, or one of its values as a word."""
    if not permitted(result):
        return False
    said = [figure for figure in figures(text) if figure.counts]
    if len(unsupported(said, grounds(result))) < len(said):
        return True
    said_words = _as_words(text)
    return any(
        len(words := _as_words(value)) > _TELLING_LETTERS + 1 and words in said_words
        for value in _texts(result.record)
    )


def is_told(result: ToolResult, text: str) -> bool:
    """Whether a text says something of a record beyond what the record was asked for by, which tells nothing."""
    asked = set(result.arguments.values())
    beyond: dict[str, JsonValue] = {
        key: value for key, value in result.record.items() if str(value) not in asked
    }
    return is_used(result.model_copy(update={"arguments": {}, "record": beyond}), text)


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
        yield _measured(_words(key), str(value), currency)


def _measured(key: str, value: str, currency: str) -> str:
    """Return a value as it may be said: a number with the unit that its key names, a sum of cents in whole units."""
    if not _NUMBER.fullmatch(value):
        return f"{key} {value}"
    if currency and "cents" in key:
        return f"{Decimal(value) / 100:.2f} {currency}"
    if currency and _MONEY.search(key):
        return f"{value} {currency}"
    unit = _UNIT.search(key)
    return f"{value} {unit[0]}" if unit else f"{key} {value}"


def _words(key: str) -> str:
    return key.replace("_", " ").lower()


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield _QUANTITY.sub("", value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
