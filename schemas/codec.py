"""Models to bytes and back. No error raised here carries a value."""

import json
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schemas.envelope import Message
from schemas.errors import Unprocessable
from schemas.wire import Inbound

M = TypeVar("M", bound=Message)

_INDEX = "item"


def encode(message: Message) -> bytes:
    """Return a message as JSON, UTF-8."""
    return message.model_dump_json().encode()


def canonical(model: BaseModel) -> bytes:
    """Return a model as JSON with sorted keys and no spaces: the bytes that digests and signatures are taken of."""
    document = model.model_dump(mode="json")
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(model: type[M], inbound: Inbound) -> M:
    """Return one of our own messages.

    Raises:
        Unprocessable: `tombstone` or `schema_mismatch`, naming error types and fields of the model only.
    """
    if inbound.value is None:
        raise Unprocessable("tombstone", "a value is needed")
    try:
        return model.model_validate_json(inbound.value)
    except ValidationError as error:
        raise Unprocessable("schema_mismatch", describe(error, model)) from None


def describe(error: ValidationError, model: type[Message]) -> str:
    """Name what is wrong by error types and known field names; unknown keys and all values are left out."""
    known = set(model.model_fields) | {"id", "roles", "role", "text", "max_cost_usd", "max_tokens"}
    found = sorted(
        {
            f"{_path(item['loc'], known)}:{item['type']}"
            for item in error.errors(include_input=False, include_context=False, include_url=False)
        }
    )
    return ", ".join(found)[:300]


def _path(location: Iterable[int | str], known: set[str]) -> str:
    return ".".join(_INDEX if isinstance(part, int) else part if part in known else "*" for part in location)
