"""What documents and tools return, without personal data and without a way back."""

import json
import re
import sys
from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from processors.ground.marks import Marks
from processors.ground.sanitising import DEEPEST, REMEMBERED, Sanitiser
from processors.redact import PatternDetector, placeholders
from processors.redact.detection.detecting import UNSCANNED
from schemas.errors import Fatal, Retryable
from schemas.ports import Profile, Span
from schemas.requests import MAX_TEXT_CHARACTERS

MAIL, OTHER = "jane.doe@mail.example", "max.roe@mail.example"
KNOWN = frozenset({"AB-123456"})


class Asked(PatternDetector):
    """Remembers how it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Profile, tuple[str, ...]]] = []

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        self.calls.append((language, profile, tuple(texts)))
        return await super().detect(texts, language, profile)


class Finds:
    """Finds these places in every text that is as long as said."""

    version = "finds"

    def __init__(self, length: int, *spans: Span) -> None:
        self.length = length
        self.spans = spans

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        return [list(self.spans) if len(text) == self.length else [] for text in texts]


async def record(
    given: dict[str, JsonValue], detector: PatternDetector | Finds | None = None
) -> dict[str, JsonValue]:
    return await Sanitiser(detector or PatternDetector()).record(given, "en", KNOWN)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ({"note": f"mail {MAIL}"}, {"note": "mail [EMAIL_ADDRESS]"}),
        (
            {"from": MAIL, "to": [OTHER, {"copy": MAIL.upper()}]},
            {"from": "[EMAIL_ADDRESS 1]", "to": ["[EMAIL_ADDRESS 2]", {"copy": "[EMAIL_ADDRESS 1]"}]},
        ),
        (
            {"note": f"{MAIL}, 4111 1111 1111 1111, {MAIL}"},
            {"note": "[EMAIL_ADDRESS], [CREDIT_CARD], [EMAIL_ADDRESS]"},
        ),
        (
            {"customer_name": "jane okonkwo", "note": "okonkwo called"},
            {"customer_name": "[PERSON]", "note": "[PERSON] called"},
        ),
        (
            {
                "first_name": "jane",
                "name": "jane okonkwo",
                "contact": "max roe",
                "note": "Okonkwo called Roe",
            },
            {
                "first_name": "[PERSON 1]",
                "name": "[PERSON 1]",
                "contact": "[PERSON 2]",
                "note": "[PERSON 1] called [PERSON 2]",
            },
        ),
        ({"product_name": "trail jacket"}, {"product_name": "trail jacket"}),
        (
            {"phone": 491701234567, "pin": 12, "total": 129900},
            {"phone": "[PHONE_NUMBER]", "pin": "[SECRET]", "total": 129900},
        ),
        ({"number": 491701234567}, {"number": "[NUMBER]"}),
        (
            {"share": 0.125, "near": [4155550132.0, 52.520008], "gift": True, "gone": None},
            {"share": 0.125, "near": ["[NUMBER 1]", "[NUMBER 2]"], "gift": True, "gone": None},
        ),
        ({"member": 48213, "customerName": "jo quill"}, {"member": "[NUMBER]", "customerName": "[PERSON]"}),
        ({"total_tel": 4155550, "total": 491701234567}, {"total_tel": "[PHONE_NUMBER]", "total": "[NUMBER]"}),
        ({"order_number": "AB-123456"}, {"order_number": "AB-123456"}),
        ({"order_number": "AB-654321"}, {"order_number": "[NUMBER]"}),
        ({"4111-1111-1111-1111": 1, "first_seen": 2}, {"[CREDIT_CARD]": 1, "first_seen": 2}),
        ({"deep": [{MAIL: {MAIL: "x"}}]}, {"deep": [{"[EMAIL_ADDRESS]": {"[EMAIL_ADDRESS]": "x"}}]}),
        ({MAIL: 1, MAIL.upper(): 2}, {"[EMAIL_ADDRESS]": 1, "[EMAIL_ADDRESS]_": 2}),
        ({"": "", "empty": [], "none": {}}, {"": "", "empty": [], "none": {}}),
    ],
)
async def test_records_are_redacted_keys_and_values_at_any_depth(
    given: dict[str, JsonValue], clean: dict[str, JsonValue]
) -> None:
    assert await record(given) == clean


@pytest.mark.parametrize(
    "given",
    [
        {
            "order_number": "AB-123456",
            "amount": "12999.00",
            "currency": "EUR",
            "articles": ["2 x trail jacket"],
        },
        {"ordered_on": "2026-11-02", "days_since_delivery": 12, "status": "delivered"},
        {"total_cents": 129900, "unitPrice": 12999.95, "amount_eur": -12999, "quantity": 10000},
        {"orderNumber": 654321, "Order": {"AB-123456": "Delivered"}},
    ],
)
async def test_what_rules_and_templates_need_of_an_order_stays_readable(given: dict[str, JsonValue]) -> None:
    assert await Sanitiser(PatternDetector()).record(given, "en", KNOWN | {"654321"}) == given


@pytest.mark.parametrize(
    ("key", "clean"),
    [
        ("Carlos_Mendez-Ruiz", "[PERSON]"),
        ("carlos mendez ruiz", "[PERSON]"),
        ("carlosMendezRuiz", "[PERSON]"),
        ("c\u00e1rlos_mendez_ruiz", "[PERSON]"),
        ("carlos_mendez_ruiz", "[PERSON]"),
        ("ngozi_mendez_ruizi", "[PERSON]"),
    ],
)
async def test_keys_that_no_programmer_wrote_are_searched_like_values(key: str, clean: str) -> None:
    detector = Finds(18, Span(7 if key.startswith("ngozi") else 0, 18, "PERSON", 1.0))

    assert await record({key: "ok", "list": [{key: 1}]}, detector) == {clean: "ok", "list": [{clean: 1}]}


async def test_what_is_nested_too_deep_goes_unread() -> None:
    deepest: JsonValue = MAIL
    for _ in range(600):
        deepest = {"a": [deepest]}
    kept: JsonValue = await record({"a": deepest, "b": "ok"})

    opened = 0
    while isinstance(kept, dict | list):
        opened += 1
        kept = kept["a"] if isinstance(kept, dict) else kept[0]
    assert (opened, kept) == (DEEPEST, "[UNSCANNED]")


@pytest.mark.parametrize(
    "planted", ["<PERSON_1a2b3c4d>", "\uff1cPERSON_1a2b3c4d\uff1e", "<PER\u200bSON_1a2b3c4d>"]
)
async def test_nothing_in_a_document_or_record_can_be_restored(planted: str) -> None:
    sanitiser = Sanitiser(PatternDetector())
    kept = await sanitiser.record({planted: planted, "x": [planted]}, "en", frozenset())
    (passage,) = await sanitiser.passages([(planted, f"for {planted}")], "en")

    assert not placeholders.found_in([str(kept), *passage])


async def test_overlapping_spans_leave_nothing_behind() -> None:
    detector = Finds(10, Span(2, 6, "B", 1.0), Span(0, 4, "A", 1.0), Span(5, 6, "C", 1.0))

    assert await record({"a": "0123456789"}, detector) == {"a": "[A]6789"}


async def test_published_text_keeps_what_is_impersonal() -> None:
    text = f"Write to {MAIL} or {OTHER}; {MAIL} is faster. It weighs 12345678 grams."
    (passage,) = await Sanitiser(PatternDetector()).passages([(f"About {OTHER}", text)], "en")

    assert passage == (
        "About [EMAIL_ADDRESS 1]",
        "Write to [EMAIL_ADDRESS 2] or [EMAIL_ADDRESS 1]; [EMAIL_ADDRESS 2] is faster. It weighs 12345678 grams.",
    )


@pytest.mark.parametrize("entity", ["LOCATION", "ORGANIZATION"])
async def test_a_published_place_is_personal_where_it_is_an_address(entity: str) -> None:
    for text, clean in (
        ("Elm Street 123", "[LOCATION]"),
        ("Elm Street Inn", "Elm Street Inn"),
        ("Toaster Arcs 2", "Toaster Arcs 2"),
        ("Format A5 or B", "Format A5 or B"),
    ):
        (kept,) = await Sanitiser(Finds(14, Span(0, 14, entity, 1.0))).passages([("T", text)], "en")
        assert kept == ("T", clean)


async def test_a_number_of_json_gets_a_quoted_mark() -> None:
    text = '{"phone": 4155550132, "iban": "DE89370400440532013000"}'
    sanitiser = Sanitiser(PatternDetector())
    (passage,) = await sanitiser.passages([("Data", text)], "en")
    kept = await sanitiser.record({"data": text}, "en", KNOWN)

    assert passage[1] == kept["data"] == '{"phone": "[PHONE_NUMBER]", "iban": "[IBAN_CODE]"}'


async def test_a_number_of_json_in_a_string_of_json_gets_a_mark_in_escaped_quotes() -> None:
    text = json.dumps({"said": json.dumps({"phone": 4155550132, "count": 3})})
    sanitiser = Sanitiser(PatternDetector())
    (passage,) = await sanitiser.passages([("Data", text)], "en")
    kept = await sanitiser.record({"data": text}, "en", KNOWN)

    assert passage[1] == kept["data"]
    assert json.loads(json.loads(passage[1])["said"]) == {"phone": "[PHONE_NUMBER]", "count": 3}


async def test_what_programmers_write_is_not_taken_for_names() -> None:
    for key, found in (("gtin", "PERSON"), ("utm_medium", "NAME"), ("sku_mrp", "ORGANIZATION")):
        assert await record({key: "ok"}, Finds(len(key), Span(0, len(key), found, 1.0))) == {key: "ok"}


async def test_a_usual_name_among_the_keys_needs_no_detector() -> None:
    given: JsonValue = {"anna-schmidt": 1, "notes": {"maria_garcia": "ok"}}

    assert await record({"by": given}, Finds(0)) == {"by": {"[PERSON 1]": 1, "notes": {"[PERSON 2]": "ok"}}}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ring 4917012345678 or 14155550132.", "Ring [NUMBER 1] or [NUMBER 2]."),
        ("It is 442079460958", "It is [NUMBER]"),
        ("EAN: 4917012345678", "EAN: 4917012345678"),
        ("Order 100001 costs 129900 in 2024", "Order 100001 costs 129900 in 2024"),
    ],
)
async def test_a_bare_telephone_number_with_its_country_is_no_knowledge(text: str, clean: str) -> None:
    numbers = [Span(*match.span(), "NUMBER", 0.5) for match in re.finditer(r"\d+", text)]
    ((_, found),) = await Sanitiser(Finds(len(text), *numbers)).passages([("T", text)], "en")

    assert found == clean


def test_a_provisional_mark_tells_nothing_of_its_value() -> None:
    marks = Marks()

    assert marks.provisional("EMAIL_ADDRESS", MAIL) == marks.provisional("EMAIL_ADDRESS", MAIL.upper())
    assert marks.provisional("EMAIL_ADDRESS", OTHER) == "[EMAIL_ADDRESS #1]"


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["jane roe", "max roe", "roe", "jane", "max"], [1, 2, 1, 1, 2]),
        (["roe", "jane", "jane mary roe", "mary"], [1, 2, 1, 1]),
        (["jane mary ann roe", "ann jane", "mary lee", "lee"], [1, 1, 2, 2]),
        (["one two three four five six", "six", "two three", "ten"], [1, 1, 2, 3]),
    ],
)
def test_a_part_of_a_name_has_the_number_of_the_whole(names: list[str], numbers: list[int]) -> None:
    marks = Marks()
    provisional = [marks.provisional("PERSON", name) for name in names]

    assert [marks.final(mark) for mark in provisional] == [f"[PERSON {number}]" for number in numbers]


def test_names_are_numbered_in_steps_proportional_to_their_count() -> None:
    assert _steps(400) < 3 * _steps(200)


def _steps(names: int) -> int:
    """Return how many calls it takes to number so many names and to write their marks."""
    marks, steps = Marks(), 0

    def step(*_: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        for mark in [marks.provisional("PERSON", f"jane{n} roe{n}") for n in range(names)]:
            marks.final(mark)
    finally:
        sys.setprofile(before)
    return steps


async def test_passages_are_searched_by_the_balanced_profile_and_records_strictly() -> None:
    detector = Asked()
    await Sanitiser(detector).passages([("Title", "text")], "en")
    assert detector.calls == [("en", Profile.BALANCED, ("Title", "text"))]

    detector.calls.clear()
    await record({"first_note": "text"}, detector)
    assert detector.calls == [
        ("en", Profile.STRICT, ("first note", "text")),
    ]


@pytest.mark.parametrize(
    ("text", "spoken", "searched"),
    [
        ("Die Lieferung dauert in der Regel drei bis f\u00fcnf Werktage.", "en", "de"),
        ("Delivery usually takes three to five working days.", "fr", "en"),
        ("La livraison prend trois \u00e0 cinq jours ouvrables.", "en-GB", "fr"),
        ("Jacke blau", "fr", "fr"),
        ("12 3 4 5 6 7", "es", "es"),
    ],
)
async def test_sentences_are_searched_in_their_own_language(text: str, spoken: str, searched: str) -> None:
    detector = Asked()
    sanitiser = Sanitiser(detector)
    await sanitiser.passages([("Title", text)], spoken)
    await sanitiser.record({"note": text, "status": "ok"}, spoken, frozenset())

    assert {language for language, _, _ in detector.calls} == {searched}


async def test_a_passage_is_searched_once_and_the_oldest_are_forgotten() -> None:
    detector = Asked()
    sanitiser = Sanitiser(detector)
    for _ in range(2):
        kept = await sanitiser.passages([("a", MAIL), ("b", "text"), ("a", MAIL)], "en")
        assert kept == [("a", "[EMAIL_ADDRESS]"), ("b", "text"), ("a", "[EMAIL_ADDRESS]")]
    assert len(detector.calls) == 1

    for number in range(REMEMBERED):
        sanitiser._passages[("old", str(number)), "en"] = ("", "")
    await sanitiser.passages([("a", MAIL)], "en")
    assert len(sanitiser._passages) == REMEMBERED


async def test_a_passage_asked_for_again_is_not_the_oldest() -> None:
    detector = Asked()
    sanitiser = Sanitiser(detector)
    await sanitiser.passages([("b", "text")], "en")
    for number in range(REMEMBERED - 1):
        sanitiser._passages[("old", str(number)), "en"] = ("", "")
    for text in ("text", "new", "text"):
        await sanitiser.passages([("b", text)], "en")

    assert len(detector.calls) == 2


async def test_what_was_remembered_may_be_forgotten_while_others_are_searched() -> None:
    class Forgets(PatternDetector):
        async def detect(
            self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
        ) -> list[list[Span]]:
            sanitiser._passages.clear()
            return await super().detect(texts, language, profile)

    sanitiser = Sanitiser(Forgets())
    await sanitiser.passages([("a", MAIL)], "en")

    assert await sanitiser.passages([("a", MAIL), ("b", "text")], "en") == [
        ("a", "[EMAIL_ADDRESS]"),
        ("b", "text"),
    ]


class Broken(PatternDetector):
    """Cannot be asked, or says that it had no time."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        if self.error is not None:
            raise self.error
        return [[Span(0, len(text), UNSCANNED, 1.0)] for text in texts]


@pytest.mark.parametrize("detector", [Broken(Retryable("detector_failed")), Broken()])
async def test_what_cannot_be_searched_is_not_passed_on_nor_remembered(detector: Broken) -> None:
    sanitiser = Sanitiser(detector)
    for _ in range(2):
        with pytest.raises(Retryable, match="detector_"):
            await sanitiser.passages([("a", "text")], "en")
        with pytest.raises(Retryable, match="detector_"):
            await sanitiser.record({"a": "text"}, "en", frozenset())
    assert not sanitiser._passages


async def test_a_value_that_is_too_long_to_be_searched_goes_as_a_whole() -> None:
    given: dict[str, JsonValue] = {"log": "x" * (MAX_TEXT_CHARACTERS + 1), "status": "ok"}

    assert await record(given) == {"log": "[UNSCANNED]", "status": "ok"}


class Missing:
    """Is not there, like a detector whose model is not installed, until it is."""

    version = "missing"

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        if self.error is not None:
            raise self.error
        return [[] for _ in texts]


@pytest.mark.parametrize("error", [Fatal("model_missing"), Retryable("detector_failed")])
async def test_what_cannot_be_searched_is_held_or_replaced_whole(error: Exception) -> None:
    detector = Missing(error)
    sanitiser = Sanitiser(detector)
    with pytest.raises(type(error)):
        await sanitiser.passages([("a", MAIL)], "en")
    with pytest.raises(type(error)):
        await sanitiser.record({"note": MAIL}, "en", KNOWN)

    assert await sanitiser.passages([("a", MAIL)], "en", "redact") == [("[UNSCANNED 1]", "[UNSCANNED 2]")]
    assert await sanitiser.record({"note": MAIL, "order": "AB-123456"}, "en", KNOWN, "redact") == {
        "[UNSCANNED 1]": "[UNSCANNED 2]",
        "[UNSCANNED 3]": "AB-123456",
    }
    detector.error = None
    assert await sanitiser.passages([("a", "text")], "en", "redact") == [("a", "text")]
    assert await sanitiser.passages([("a", MAIL)], "en") == [("a", MAIL)]
