"""What tokens cost: published prices from a dated snapshot inside a package, or prices an operator configured."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Protocol

import genai_prices
from pydantic import Field

from schemas.base import Model
from schemas.envelope import Usd
from schemas.errors import Fatal
from sinks.models.tokens import Tokens

_NANODOLLAR = Decimal("0.000000001")
_MILLION = Decimal(1_000_000)


class Price(Protocol):
    """The price of one model."""

    @property
    def version(self) -> str:
        """Where the price is from, and of when."""

    def cost(self, tokens: Tokens, at: datetime) -> Usd:
        """Return the cost, rounded up to a billionth of a US dollar."""


class ConfiguredPrice(Model):
    """A price an operator set, US dollars per million tokens.

    Attributes:
        cached: per million cached input tokens; `input` when absent.
        dated: since when it holds, as in `2026-11`.
    """

    input: Usd = Field(ge=0)
    output: Usd = Field(ge=0)
    cached: Usd | None = Field(default=None, ge=0)
    dated: str = Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")

    @property
    def version(self) -> str:
        return f"configured:{self.dated}"

    def cost(self, tokens: Tokens, at: datetime) -> Usd:  # noqa: ARG002 -- a configured price has no history
        cached = self.input if self.cached is None else self.cached
        fresh = (tokens.input - tokens.cached) * self.input
        return _rounded((fresh + tokens.cached * cached + tokens.output * self.output) / _MILLION)


class PublishedPrice:
    """The price in the snapshot that the installed `genai-prices` carries; it is never updated over the network.

    Raises:
        Fatal: `unknown_price` when the snapshot has none, or has it as free: what is free must be configured so.
    """

    def __init__(self, provider: str, model: str, at: datetime) -> None:
        self._provider = provider
        self._model = model
        try:
            known = self.cost(Tokens(input=1_000_000, output=1_000_000), at) > 0
        except LookupError:
            known = False
        if not known:
            raise Fatal("unknown_price", f"configure a price for {provider}/{model}")

    @property
    def version(self) -> str:
        return f"genai-prices:{genai_prices.__version__}"

    def cost(self, tokens: Tokens, at: datetime) -> Usd:
        usage = genai_prices.Usage(
            input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached
        )
        priced = genai_prices.calc_price(
            usage, self._model, provider_id=self._provider, genai_request_timestamp=at
        )
        return _rounded(Decimal(priced.total_price))


def price_of(provider: str, model: str, configured: Mapping[str, ConfiguredPrice], at: datetime) -> Price:
    """Return the price configured for `provider/model`, else the published one.

    Raises:
        Fatal: `unknown_price`.
    """
    return configured.get(f"{provider}/{model}") or PublishedPrice(provider, model, at)


def _rounded(cost: Decimal) -> Usd:
    return cost.quantize(_NANODOLLAR, rounding=ROUND_UP)
