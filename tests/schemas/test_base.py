"""Identifiers: what they have room for, and that derived ones never change."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.base import Code, LanguageTag, Model, Moment, Opaque, Slug, derive_id

OPAQUE: TypeAdapter[str] = TypeAdapter(Opaque)
identifiers = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,20}", fullmatch=True)


def test_derived_ids_are_pinned() -> None:
    assert str(derive_id("request", "web-chat", "msg-1001")) == "20516501-f40a-506e-b463-7650de2796f2"


@given(st.lists(identifiers, min_size=1, max_size=4), st.lists(identifiers, min_size=1, max_size=4))
def test_derived_ids_are_equal_only_for_equal_parts(left: list[str], right: list[str]) -> None:
    assert (derive_id(*left) == derive_id(*right)) is (left == right)


def test_parts_do_not_run_together() -> None:
    assert derive_id("ab", "c") != derive_id("a", "bc")


@given(identifiers)
def test_identifiers_are_taken(value: str) -> None:
    assert OPAQUE.validate_python(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        " a",
        "a b",
        "anna@example.org",
        "+491701234567",
        "a\n",
        "\x1f",
        "-a",
        "é",
        "<b>",
        "a" * 129,
        "Please refund me.",
        "a\x00",
    ],
)
def test_an_identifier_has_no_room_for_anything_else(value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OPAQUE.validate_python(value)
    assert caught.value.errors()[0]["type"] == "string_pattern_mismatch"


@pytest.mark.parametrize(
    ("adapter", "good", "bad"),
    [
        (TypeAdapter(Slug), "shop_support-2", "Shop"),
        (TypeAdapter(Code), "order_found", "order-found"),
        (TypeAdapter(LanguageTag), "pt-BR", "portuguese"),
    ],
)
def test_names_keep_their_form(adapter: TypeAdapter[str], good: str, bad: str) -> None:
    assert adapter.validate_python(good) == good
    with pytest.raises(ValidationError):
        adapter.validate_python(bad)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_moment_that_utc_has_no_room_for_is_refused(moment: str) -> None:
    with pytest.raises(ValidationError, match="out of range"):
        TypeAdapter(Moment).validate_python(moment)


def test_a_moment_is_utc_whatever_zone_it_came_in() -> None:
    adapter: TypeAdapter[datetime] = TypeAdapter(Moment)
    east = datetime(2026, 3, 2, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    moment = adapter.validate_python(east)
    assert (moment.tzinfo, moment.hour) == (UTC, 9)
    with pytest.raises(ValidationError):
        adapter.validate_python(datetime(2026, 3, 2, 11, 30))  # noqa: DTZ001  the naive one is the point


class Sample(Model):
    count: int
    share: float = 0.5


def test_a_model_is_frozen_knows_its_fields_and_hides_its_input() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Sample(count=1).count = 2  # type: ignore[misc]
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate({"count": "Zanzibar", "Zanzibar": 1, "share": float("nan")})
    assert {error["type"] for error in caught.value.errors()} == {
        "int_parsing",
        "extra_forbidden",
        "finite_number",
    }
    assert "input_value" not in str(caught.value)
