"""Postal addresses of any country: by their street, and on to the end of their block."""

import pytest

from processors.redact.detection.patterns_only import PatternDetector
from processors.redact.rules import addresses, capitals
from processors.redact.rules.growing import grow
from processors.redact.rules.spans import merge


def covered(text: str) -> list[str]:
    spans = merge(text, [*addresses.find(text), *capitals.find(text, "en")])
    return [text[span.start : span.end] for span in merge(text, grow(text, spans, "en"))]


@pytest.mark.parametrize(
    "address",
    [
        "12 High Street\nFlat 3\nLittle Snoring\nNorfolk\nNR21 0HZ",
        "4410 17 Quarry Lane Apt. 12\nMoose Jaw\n, SK\n Canada 51034",
        "ul. D\u0142uga 5, 00-238 Warszawa",
        "Vas\u00fat u. 9.\n Suite 3\n Eger\n Hungary 33004",
        "Rua das Flores 1634",
        "Via dei Mulini 17",
        "36 rue de pologne",
        "Hjortevej 18",
        "kivikatu 7",
        "PSC 1203, Box 41\nAPO AE 09021",
        "unit 77 box 1002\ndpo ae 09022",
        "USNS Halcyon\nFPO AP 96601",
        "the corner of 25 Quarry Street and Zelkova Road",
        "Zbigniew and Hjortevej 15",
        "Zelkova 25, Okehampton, Austria",
        "9 Filadelfou Str",
    ],
)
def test_an_address_goes_as_a_whole(address: str) -> None:
    assert covered(f"please send it to {address}") == [address]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12 High Street\nLeeds\nThanks for your help", "Thanks for your help"),
        ("12 High Street\nLeeds\nMobile: none", "Mobile: none"),
        ("12 High Street, Leeds. Please hurry", "Please hurry"),
        ("12 High Street costs 40 EUR a month", "costs 40 EUR a month"),
        ("send it to Leipzig 3 days earlier", "3 days earlier"),
        ("Leipzig 20 EUR", "20 EUR"),
        ("Leipzig is 20% cheaper", "is 20% cheaper"),
        ("al extranjero 8 euros", "al extranjero 8 euros"),
    ],
)
def test_what_follows_an_address_stays(text: str, kept: str) -> None:
    assert all(kept not in value and value not in kept for value in covered(text) if value != "extranjero")


@pytest.mark.parametrize(
    "text", ["two streets away, 24/7, in 3 days", "the corner of my eye", "unit price 12 EUR", "box 3 of 4"]
)
def test_these_are_no_addresses(text: str) -> None:
    assert covered(text) == []


def test_patterns_alone_follow_an_address_too() -> None:
    text = "send it to 12 High Street\nFlat 3\nOkehampton\nNR21 0HZ"
    detector = PatternDetector()
    try:
        (spans,) = detector.scan([text], "en")
    finally:
        detector.close()

    assert [text[span.start : span.end] for span in spans] == [text.removeprefix("send it to ")]
