from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from pydantic import ValidationError

from schemas.errors import Fatal
from sinks.models.prices import ConfiguredPrice, PublishedPrice, price_of
from sinks.models.tokens import Tokens

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CONFIGURED = ConfiguredPrice(input=Decimal("0.10"), output=Decimal("0.40"), dated="2026-11")


def test_a_configured_price_counts_per_million_and_rounds_up() -> None:
    assert CONFIGURED.cost(Tokens(input=455, output=33), NOW) == Decimal("0.000058700")
    assert CONFIGURED.cost(Tokens(), NOW) == 0
    thirds = ConfiguredPrice(input=Decimal("0.0003333"), output=Decimal(0), dated="2026-11-01")
    assert thirds.cost(Tokens(input=1), NOW) == Decimal("0.000000001")


def test_cached_tokens_cost_the_full_price_unless_they_have_their_own() -> None:
    tokens = Tokens(input=1_000_000, cached=500_000)
    assert CONFIGURED.cost(tokens, NOW) == Decimal("0.10")
    assert CONFIGURED.model_copy(update={"cached": Decimal(0)}).cost(tokens, NOW) == Decimal("0.05")


def test_a_published_price_is_the_snapshot_s() -> None:
    price = PublishedPrice("openai", "gpt-4o-mini", NOW)
    plain = price.cost(Tokens(input=1_000_000, output=1_000_000), NOW)
    assert plain == Decimal("0.75")
    assert price.cost(Tokens(input=1_000_000, cached=1_000_000, output=1_000_000), NOW) < plain
    assert price.version == f"genai-prices:{genai_prices.__version__}"


@pytest.mark.parametrize(("provider", "model"), [("openai", "no-such"), ("no-such", "gpt-4o-mini")])
def test_a_model_without_a_price_stops_the_worker(provider: str, model: str) -> None:
    with pytest.raises(Fatal, match=f"unknown_price: configure a price for {provider}/{model}"):
        price_of(provider, model, {}, NOW)


def test_a_configured_price_comes_first() -> None:
    assert price_of("openai", "gpt-4o-mini", {"openai/gpt-4o-mini": CONFIGURED}, NOW).version == (
        "configured:2026-11"
    )
    assert price_of("openai", "gpt-4o-mini", {"openai/gpt-4o": CONFIGURED}, NOW).version.startswith("genai-")


@pytest.mark.parametrize("changes", [{"input": Decimal(-1)}, {"output": Decimal("NaN")}, {"dated": "today"}])
def test_a_price_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ConfiguredPrice.model_validate({**CONFIGURED.model_dump(), **changes})
