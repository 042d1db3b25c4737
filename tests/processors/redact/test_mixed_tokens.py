"""Tokens that mix letters with digits or signs: made-up ones go, versions, measures and articles stay."""

import random
from collections.abc import Iterator

import pytest

from processors.redact import identifiers
from processors.redact.detection.detector import PresidioDetector
from processors.redact.rules import mixed_tokens
from processors.redact.rules.spans import merge
from schemas.ports import Profile, Span
from schemas.tasks import IdentifierSpec
from tests.processors.redact.secret_samples import FORMATS, Sample, untold


def covered(text: str) -> list[str]:
    return [text[span.start : span.end] for span in merge(text, mixed_tokens.find(text))]


@pytest.mark.parametrize(
    "token",
    [
        "0llhp2k6vn6mqog",
        "9xK2mQ4v",
        "h7g3kd92",
        "x7k2-9qmp-4tz8",
        "8f14e45f-ceea-467f-a9af-0d2b1e5c7f11",
        "winter9439!",
        "winter.Meadow4278",
        "sommer24$",
        "blumen#Dragon77",
        "kLm#vQz$RtXpWd",
        "7gZ!~MmNJMYre$vnPE",
        "$ZO0E9N4-7N%",
        "f3nw1ck",
    ],
)
@pytest.mark.parametrize("text", ["it is {} now", "SETTING={}", '{{"note": "{}"}}', "X-Custom: {}", "{}"])
def test_a_made_up_token_is_covered_whole(token: str, text: str) -> None:
    assert covered(text.format(token)) == [token]


@pytest.mark.parametrize(
    "token",
    ["iphone15pro", "galaxys24ultra", "windows11", "covid19", "mp3-player-2-pack", "v1.2.3-rc1", "4x100g", "10x20x30cm", "10000mah", "base64", "sha256", "log4j2", "oauth2", "x86_64", "err-4012", "ERR_502", "order#4711", "50%off", "US$1200", "great!Thanks", "2h30min", "3d-printer", "4k-60fps-hdr10", "wifi6e", "xbox360", "rtx3080", "rtx4090ti", "summer2024", "black&white", "c++20", "#summer2024", "4-pack", "2-in-1", "100%cotton", "18v/4ah", "802.11ac", "1080p60fps", "wh-1000xm4", "sm-g998b", "size42", "caf%C3%A9", "https://shop.example/p/shirt?a=m2&b=x1", "/orders?page=2&sort=asc2", "what?!yes"],
)  # fmt: skip
def test_versions_measures_articles_and_addresses_stay(token: str) -> None:
    assert covered(f"I have {token} here") == []


def test_an_identifier_that_a_task_declares_stays() -> None:
    text = "order=AB-123456!x and k7x2m9q4"
    spans = merge(text, mixed_tokens.find(text))
    declared = [
        IdentifierSpec(name="order", pattern="[A-Z]{2}-[0-9]{6}"),
        IdentifierSpec(name="ticket", pattern="k[0-9a-z]{7}"),
    ]

    assert [mention.value for mention in identifiers.find(text, declared, spans)] == ["AB-123456", "k7x2m9q4"]


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=600)
    yield made
    made.close()


def is_whole(sample: Sample, spans: list[Span]) -> bool:
    start = sample.text.index(sample.value)
    places = {place for span in spans for place in range(span.start, span.end)}
    return all(
        place in places or sample.text[place].isspace() for place in range(start, start + len(sample.value))
    )


def test_secrets_that_nothing_tells_of_are_covered(detector: PresidioDetector) -> None:
    dice = random.Random(31)
    samples = [each for form in FORMATS for _ in range(2) for each in untold(form, form.draw(dice))]
    found = detector.scan([sample.text for sample in samples], "en", Profile.STRICT)

    missed = [sample for sample, spans in zip(samples, found, strict=True) if not is_whole(sample, spans)]

    assert len(missed) <= 0.003 * len(samples)
