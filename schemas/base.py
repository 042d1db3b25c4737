"""The base of every model, and the identifiers they share."""

from datetime import UTC, datetime
from typing import Annotated, Protocol
from uuid import UUID, uuid5

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

NAMESPACE = UUID("6f1c9a52-5d0e-5c1f-9a37-2b8e4d6a0c11")
"""Root of all deterministic ids (UUID version 5, RFC 9562)."""


class Model(BaseModel):
    """A frozen value that knows all its fields; its error texts carry no input."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        ser_json_timedelta="float",
        validate_default=True,
    )


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A point in time, always UTC."""

Opaque = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]
"""An identifier chosen by a publisher. It has no room for an e-mail address or a sentence."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""A short name chosen by an operator: a tenant, a task, a role."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A stable code written by a developer: a reason, a rule."""

SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]
"""A CloudEvents `source` as the registry knows it."""

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A BCP 47 language tag."""

DEFAULT_LANGUAGE = "en"
"""Spoken where nothing else is known."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 or HMAC-SHA-256 value in lower-case hexadecimal."""


def primary_language(tag: str | None) -> str:
    """Return the primary subtag of a BCP 47 language tag, in lower case; empty for None."""
    return (tag or "").partition("-")[0].lower()


def derive_id(*parts: object) -> UUID:
    """Return the UUID that these parts always give, so that a redelivery repeats ids instead of making new ones."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """Return the present, UTC."""
