"""What is checked before a tool is asked. Each raises CallRefused with the status of the result."""

from collections.abc import Mapping

import regex  # type: ignore[import-untyped]
from pydantic import ValidationError

from processors.ground.tooling.asking import Asking, Call
from schemas.tasks import TenantSpec
from schemas.tooling import (
    MAX_ARGUMENT_CHARACTERS,
    Arguments,
    CallRefused,
    ToolRule,
    ToolSpec,
    ToolStatus,
)

MAX_ARGUMENTS = 8

_PATTERN_SECONDS = 0.05
_NAMED_ERRORS = 3


def fitting(spec: ToolSpec, arguments: Mapping[str, str]) -> Arguments:
    """Return the arguments as the tool's input model has them."""
    if len(arguments) > MAX_ARGUMENTS or any(
        len(text) > MAX_ARGUMENT_CHARACTERS for text in arguments.values()
    ):
        raise CallRefused(ToolStatus.INVALID_ARGUMENTS, "too_long")
    try:
        return spec.input.model_validate(dict(arguments)).model_dump(mode="json")
    except ValidationError as error:
        raise CallRefused(ToolStatus.INVALID_ARGUMENTS, _errors(spec, error)) from None


def _errors(spec: ToolSpec, error: ValidationError) -> str:
    """Name errors by type and input. A name that the tool does not have is the asker's, so it is not repeated."""
    named = [
        ".".join([item["type"], *(str(part) for part in item["loc"][:1] if part in spec.input.model_fields)])
        for item in error.errors(include_input=False, include_context=False, include_url=False)
    ]
    return ",".join(named[:_NAMED_ERRORS])


def check_identifiers(call: Call) -> None:
    """Refuse an identifier that nobody entitled to has named."""
    for name, source in call.spec.identifiers.items():
        value = call.given.get(name)
        if value is not None and value not in call.asking.known.get(source, frozenset()):
            raise CallRefused(ToolStatus.UNKNOWN_IDENTIFIER, name)


def check_tenant(call: Call) -> None:
    """Refuse what the requester's tenant does not allow, or whose tenant nobody knows."""
    rule = _rule(call.asking.tenant, call.spec.name)
    if rule is None or not rule.allowed:
        raise CallRefused(ToolStatus.NOT_ALLOWED)
    for name, pattern in rule.arguments.items():
        if not _matches(pattern, call.given.get(name, "")):
            raise CallRefused(ToolStatus.NOT_ALLOWED, name)


def _rule(tenant: TenantSpec | None, tool: str) -> ToolRule | None:
    if tenant is None:
        return None
    return ToolRule() if tenant.tools is None else tenant.tools.get(tool)


def _matches(pattern: str, value: str) -> bool:
    """Match the whole of a value; a pattern that takes too long matches nothing."""
    try:
        return regex.fullmatch(pattern, value, timeout=_PATTERN_SECONDS) is not None
    except TimeoutError:
        return False


def check_cost(asking: Asking, spec: ToolSpec) -> None:
    """Refuse a call that the request cannot pay."""
    if spec.cost_usd > asking.left_usd:
        raise CallRefused(ToolStatus.UNAFFORDABLE)
