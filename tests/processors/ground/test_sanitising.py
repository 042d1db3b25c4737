"""What documents and tools return, without personal data and without a way back."""

from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from processors.ground.sanitising import REMEMBERED, Sanitiser
from processors.redact import PatternDetector, placeholders
from processors.redact.detection.detecting import UNSCANNED
from schemas.errors import Retryable
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
            {"share": 0.123456789012, "gift": True, "gone": None},
            {"share": 0.123456789012, "gift": True, "gone": None},
        ),
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


async def test_passages_are_searched_by_the_balanced_profile_and_records_strictly() -> None:
    detector = Asked()
    await Sanitiser(detector).passages([("Title", "text")], "en")
    assert detector.calls == [("en", Profile.BALANCED, ("Title", "text"))]

    detector.calls.clear()
    await record({"first_note": "text"}, detector)
    assert detector.calls == [
        ("en", Profile.PATTERNS, ("first note",)),
        ("en", Profile.STRICT, ("text",)),
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
