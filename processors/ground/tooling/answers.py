"""What is checked before an answer is believed: its shape, that it answers what was asked, and whose it is."""

import json

from pydantic import JsonValue, ValidationError

from processors.ground.tooling.asking import Call
from schemas.tooling import CallRefused, Found, Row, ToolSpec, ToolStatus


def verified(call: Call, found: Found | None) -> dict[str, JsonValue]:
    """Return the record. Raises CallRefused: `not_found`, `invalid_result`, `not_permitted`."""
    if found is None:
        raise CallRefused(ToolStatus.NOT_FOUND)
    _check_owner(call, found)
    record = _typed(call.spec, found.record)
    for name in call.spec.identifiers:
        if name in record and name in call.given and record[name] != call.given[name]:
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


def _typed(spec: ToolSpec, row: Row) -> dict[str, JsonValue]:
    try:
        raw = json.dumps(dict(row), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise CallRefused(ToolStatus.INVALID_RESULT, "no_json") from None
    if len(raw) > spec.max_bytes:
        raise CallRefused(ToolStatus.INVALID_RESULT, "too_large")
    try:
        return spec.output.model_validate_json(raw, strict=True).model_dump(mode="json")
    except ValidationError as error:
        raise CallRefused(ToolStatus.INVALID_RESULT, _first_error(spec, error)) from None


def _first_error(spec: ToolSpec, error: ValidationError) -> str:
    item = error.errors(include_input=False, include_context=False, include_url=False)[0]
    fields = [str(part) for part in item["loc"][:1] if part in spec.output.model_fields]
    return ".".join([item["type"], *fields])
