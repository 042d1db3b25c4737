"""JSON before and after the detector: what its keys tell is covered, and with placeholders in it it is still JSON."""

import json
from collections.abc import Iterator

import pytest

from processors.redact.detection.detector import PresidioDetector
from processors.redact.readings.json_strings import numbers
from schemas.ports import Profile, Span

DOCUMENTS: tuple[object, ...] = (
    {"customer_name": "rue oak", "items": [{"sku": "AB-1", "name": "blue shoe"}], "phone": 1715550182},
    {
        "note": 'She said "call Jane Roe at +44 20 7946 0958"\nthanks,\nPeter',
        "list": ["J\u00f6rg M\u00fcller", 12345678],
    },
    {"path": "C:\\new\\temp\\Jane\\Roe", "mail": 'write to "jane.roe@bloom.example", ok'},
    {
        "body": json.dumps(
            {"name": 'O"Neil "Bob" Smith', "text": json.dumps(["Ich bin J\u00f6rg\r\nM\u00fcller"])}
        )
    },
    [[["MY NAME IS JANE STONE", "jane dot roe at bloom dot example", {"password": 'h"unter\\2'}]]],
)
LAYOUTS: tuple[dict[str, object], ...] = (
    {},
    {"indent": 2},
    {"ensure_ascii": False},
    {"separators": (",", ":")},
)


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=60)
    yield made
    made.close()


def redacted(text: str, spans: list[Span]) -> str:
    unquoted = numbers(text)
    for span in sorted(spans, key=lambda each: -each.start):
        placeholder = f"<{span.entity}_0000abcd>"
        quote = unquoted.get((span.start, span.end), "")
        quoted = f"{quote}{placeholder}{quote}"
        text = text[: span.start] + quoted + text[span.end :]
    return text


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_json_stays_json(
    detector: PresidioDetector, document: object, layout: dict[str, object], profile: Profile
) -> None:
    text = json.dumps(document, **layout)  # type: ignore[arg-type]
    (spans,) = detector.scan([text], "en", profile)
    made = redacted(text, spans)

    assert spans
    assert type(json.loads(made)) is type(document)
    assert not any(value in made for value in ("1715550182", "7946", "rue oak", "unter", "jane.roe@"))


def test_values_are_typed_by_their_keys_and_things_keep_their_names(detector: PresidioDetector) -> None:
    text = json.dumps(DOCUMENTS[0])
    (spans,) = detector.scan([text], "en")

    assert json.loads(redacted(text, spans)) == {
        "customer_name": "<PERSON_0000abcd>",
        "items": [{"sku": "AB-1", "name": "blue shoe"}],
        "phone": "<PHONE_NUMBER_0000abcd>",
    }


def test_json_in_json_in_json_stays_json_where_its_numbers_were(detector: PresidioDetector) -> None:
    innermost = {"tel": 1715550182, "count": 3}
    middle = {"phone": 1715550182, "said": json.dumps(innermost)}
    text = json.dumps({"customer_phone": 1715550182, "said": json.dumps(middle), "size": 5})
    (spans,) = detector.scan([text], "en")

    made = json.loads(redacted(text, spans))
    inner = json.loads(made["said"])

    assert (made["customer_phone"], made["size"]) == ("<PHONE_NUMBER_0000abcd>", 5)
    assert inner["phone"] == "<PHONE_NUMBER_0000abcd>"
    assert json.loads(inner["said"]) == {"tel": "<PHONE_NUMBER_0000abcd>", "count": 3}


WORDED = "my number is four one five five five five zero one three two"


def dumped(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps({"m": text})
    return text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (dumped(f'He wrote: "ok", {WORDED}', 1), "five"),
        (dumped(f'He wrote: "ok", {WORDED}', 2), "five"),
        (dumped(f'{WORDED}, "ok", "so" it is', 3), "five"),
        ('{"m": "He wrote: \\"ok\\", \\u006a\\u0061\\u006e\\u0065\\u0040mail.example"}', "mail.example"),
        ('{"m": "He wrote: \\"\\u006a\\u0061\\u006e\\u0065\\u0040mail.example\\", ok"}', "mail.example"),
        *((dumped(WORDED, times), "five") for times in range(1, 7)),
        *(
            (dumped("\U0001f600 mail j\u00e4ne dot roe at mail dot example", times), "roe")
            for times in range(1, 7)
        ),
    ],
)
def test_strings_that_quote_and_strings_however_deep_are_read_whole(
    detector: PresidioDetector, text: str, left: str
) -> None:
    (spans,) = detector.scan([text], "en")
    made = redacted(text, spans)

    assert left not in made
    assert json.loads(made).keys() == {"m"}
