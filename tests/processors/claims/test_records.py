"""Tools' records as grounds of what is said."""

import pytest

from processors.claims.figures import figures
from processors.claims.records import grounds, is_told, is_used
from processors.claims.support import unsupported
from tests.events import order_found

RECORD = order_found(
    status="shipped",
    delivered_on="2025-02-21",
    shipping_cents=490,
    count=7,
    articles=["2 x Mug", "1 x Desk lamp Arc"],
)


@pytest.mark.parametrize(
    "text",
    [
        "Your order AB-100001 costs 40 \u20ac.",
        "It was delivered on 21 February 2025, ten days ago.",
        "Shipping was 4.90 EUR.",
        "It was shipped.",
        "It holds the desk lamp Arc.",
    ],
)
def test_what_a_record_says(text: str) -> None:
    assert unsupported(figures(text), grounds(RECORD)) == ()
    assert is_used(RECORD, text)
    assert is_told(RECORD, text)


@pytest.mark.parametrize("text", ["About your order AB-100001: a kettle is dishwasher safe.", "AB-100001?"])
def test_saying_what_a_record_was_asked_for_by_tells_nothing_of_it(text: str) -> None:
    assert is_used(RECORD, text)
    assert not is_told(RECORD, text)


@pytest.mark.parametrize(
    "text",
    [
        "AB-100002",
        "40 USD",
        "41 EUR",
        "22 February 2025",
        "in ten hours",
        "490 EUR",
        "7 days",
        "10 percent",
        "a refund of 39.99 EUR",
    ],
)
def test_what_it_does_not_say(text: str) -> None:
    assert unsupported(figures(text), grounds(RECORD))


@pytest.mark.parametrize("text", ["Thank you.", "You have 30 days.", "Ship it.", "Which order is it?"])
def test_a_record_that_is_not_spoken_of_is_not_used(text: str) -> None:
    assert not is_used(RECORD, text)


def test_a_record_that_may_not_be_read_is_never_used() -> None:
    refused = RECORD.model_copy(update={"status": "not_permitted"})
    assert not is_used(refused, "Your order AB-100001 costs 40 EUR.")
