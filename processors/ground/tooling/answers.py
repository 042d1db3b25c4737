"""What is checked before an answer is believed: its shape, that it answers what was asked, and whose it is."""

import json
from collections.abc import Iterator
from datetime import date
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import ValidationError

from processors.ground.tooling.asking import Call
from processors.redact.hints import entity_of_field
from schemas.base import Model
from schemas.tooling import CallRefused, Found, Row, ToolSpec, ToolStatus


def verified(call: Call, found: Found | None) -> Model:
    """Return the record. Raises CallRefused: `not_found`, `invalid_result`, `not_permitted`."""
    if found is None:
        raise CallRefused(ToolStatus.NOT_FOUND)
    _check_owner(call, found)
    record = _typed(call.spec, found.record)
    for name in call.spec.identifiers:
        answered = getattr(record, name, None)
        if answered is not None and str(answered) != call.given.get(name, str(answered)):
            raise CallRefused(ToolStatus.INVALID_RESULT, f"not_what_was_asked.{name}")
    return record


def _check_owner(call: Call, found: Found) -> None:
    requester, spec = call.asking.requester, call.spec
    if found.tenants != {requester.tenant}:
        raise CallRefused(ToolStatus.NOT_PERMITTED, "other_tenant")
    if not spec.owned or not spec.staff_roles.isdisjoint(requester.principal.roles):
        return
    if found.owners != {requester.principal.id}:
        raise CallRefused(ToolStatus.NOT_PERMITTED, "other_owner")


def _typed(spec: ToolSpec, row: Row) -> Model:
    try:
        raw = json.dumps(dict(row), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise CallRefused(ToolStatus.INVALID_RESULT, "no_json") from None
    if len(raw) > spec.max_bytes:
        raise CallRefused(ToolStatus.INVALID_RESULT, "too_large")
    try:
        return spec.output.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise CallRefused(ToolStatus.INVALID_RESULT, _first_error(spec, error)) from None


def _first_error(spec: ToolSpec, error: ValidationError) -> str:
    item = error.errors(include_input=False, include_context=False, include_url=False)[0]
    fields = [str(part) for part in item["loc"][:1] if part in spec.output.model_fields]
    return ".".join([item["type"], *fields])


def closed_texts(record: Model) -> Iterator[str]:
    """Yield the texts of a record that its model leaves no room for anything personal in: names, choices and dates."""
    for name, info in type(record).model_fields.items():
        yield name
        if not entity_of_field(name):
            yield from _closed(getattr(record, name), is_choice=_is_choice(info.annotation))


def _closed(value: object, *, is_choice: bool) -> Iterator[str]:
    if isinstance(value, Model):
        yield from closed_texts(value)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _closed(item, is_choice=False)
    elif isinstance(value, date) or (is_choice and isinstance(value, str)):
        yield str(value)


def _is_choice(annotation: object) -> bool:
    if get_origin(annotation) in {Union, UnionType}:
        return all(part is NoneType or _is_choice(part) for part in get_args(annotation))
    return get_origin(annotation) is Literal
