"""What an operator declares about an OpenAI-compatible endpoint."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue, SecretStr

from schemas.base import Model, Slug


def plain_http_url(url: str) -> str:
    """Return an address without its last slash. Raises ValueError for anything but host, port and path."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https address is needed")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("credentials, query and fragment do not belong into the address")
    return url.rstrip("/")


class Endpoint(Model):
    """An upstream and its dialect.

    Attributes:
        base_url: up to and including the version, as in `http://127.0.0.1:8080/v1`.
        output_limit: the name under which the upstream knows the limit of the answer's tokens.
        temperature: None where the upstream accepts none.
        length_keywords: whether its JSON Schema dialect knows `minLength` and `maxLength`; else they are not sent.
        concurrency: calls in flight at most, of this process.
        timeout_seconds: the longest one attempt may take.
        retries: further attempts after the first.
        extra: further fields of the request body.
    """

    provider: Slug
    base_url: Annotated[str, AfterValidator(plain_http_url)]
    model: str = Field(min_length=1, max_length=200)
    api_key: SecretStr | None = None
    output_limit: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"
    temperature: float | None = Field(default=0, ge=0, le=2)
    length_keywords: bool = False
    concurrency: int = Field(default=32, ge=1, le=1024)
    connect_seconds: float = Field(default=5, gt=0)
    timeout_seconds: float = Field(default=60, gt=0)
    retries: int = Field(default=2, ge=0, le=5)
    max_response_bytes: int = Field(default=1_000_000, ge=1024)
    extra: dict[str, JsonValue] = Field(default_factory=dict)
