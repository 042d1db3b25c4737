"""From a message as the broker carries it to a request that this source may make."""

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from processors.redact.opaque import is_numberless, is_opaque
from schemas import cloudevents
from schemas.base import derive_id
from schemas.cloudevents import CloudEvent
from schemas.codec import describe
from schemas.envelope import request_id
from schemas.errors import Unprocessable
from schemas.requests import MAX_REQUEST_BYTES, Request
from schemas.tasks import Registry, SourceGrant, TaskSpec
from schemas.wire import Inbound

_SURROGATE = re.compile("[\ud800-\udfff]")


def read(message: Inbound, registry: Registry, tasks: Mapping[str, TaskSpec]) -> tuple[Request, str]:
    """Return the request in a message, and its W3C trace id: the publisher's, or one derived from the request.

    Raises:
        Unprocessable: `too_large`, the reasons of `schemas.cloudevents.parse`, `cloudevents_mismatch`,
            `bad_characters`, `schema_mismatch`, `unknown_source`, `tenant_not_granted`, `unknown_task`,
            `task_not_granted`, `role_not_granted` or `identifier_not_opaque`.
    """
    if message.value is not None and len(message.value) > MAX_REQUEST_BYTES:
        raise Unprocessable("too_large", f"a request has at most {MAX_REQUEST_BYTES} bytes")
    request = validated(_document(cloudevents.parse(message)))
    _check_grant(request, registry, tasks)
    _check_identifiers(request)
    return request, cloudevents.trace_id(message) or derived_trace_id(request)


def derived_trace_id(request: Request) -> str:
    """Return the trace id of a request that came without one; a redelivery repeats it."""
    return derive_id("trace", request_id(request.source, request.tenant, request.id)).hex


def _document(event: CloudEvent) -> dict[str, object]:
    """Return the data with `id` and `source` filled from the event's attributes of these names."""
    if not isinstance(event.data, dict):
        raise Unprocessable("schema_mismatch", "a request is a JSON object")
    document: dict[str, object] = dict(event.data)
    for name in ("id", "source"):
        attribute = event.attributes.get(name)
        if attribute is not None and document.setdefault(name, attribute) != attribute:
            raise Unprocessable("cloudevents_mismatch", f"{name} differs between attributes and data")
    return document


def validated(document: dict[str, object]) -> Request:
    """Return a request, whoever may make it. Raises Unprocessable: `bad_characters` or `schema_mismatch`."""
    if any(has_surrogate(text) for text in _strings(document)):
        raise Unprocessable("bad_characters", "an unpaired surrogate is not text")
    try:
        return Request.model_validate(document)
    except ValidationError as error:
        mismatch = describe(error, Request)
    raise Unprocessable("schema_mismatch", mismatch)


def _strings(document: object) -> Iterator[str]:
    """Yield every key and string, without recursion, as a request may be as deep as its parser allows."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def has_surrogate(text: str) -> bool:
    """Whether a text holds half a character, which no encoding can carry."""
    return _SURROGATE.search(text) is not None


def _check_grant(request: Request, registry: Registry, tasks: Mapping[str, TaskSpec]) -> None:
    grant = registry.grant(request.source)
    if grant is None:
        raise Unprocessable("unknown_source", "no such source is registered")
    if request.tenant not in grant.tenants or registry.tenant(request.tenant) is None:
        raise Unprocessable("tenant_not_granted", "this source may not speak for this tenant")
    if request.task not in tasks:
        raise Unprocessable("unknown_task", "no such task is declared")
    _check_scope(request, grant)


def _check_scope(request: Request, grant: SourceGrant) -> None:
    if request.task not in grant.tasks:
        raise Unprocessable("task_not_granted", "this source may not use this task")
    if not set(request.principal.roles) <= set(grant.roles):
        raise Unprocessable("role_not_granted", "this source may not assert one of the roles")


def _check_identifiers(request: Request) -> None:
    """Identifiers travel in clear through every topic, so one that is a name, phone, card or key is refused.

    A conversation may be called by a name: what travels is a pseudonym then.
    """
    named = all(map(is_opaque, (request.id, request.principal.id)))
    if not (named and is_numberless(request.conversation_id)):
        raise Unprocessable("identifier_not_opaque", "an identifier looks like personal data or a secret")
