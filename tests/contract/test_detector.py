"""What every detector must do, whatever it is made of."""

import asyncio
from collections.abc import Iterator

import pytest

from processors.redact import PatternDetector
from processors.redact.detection.detecting import ThreadedDetector
from processors.redact.detection.detector import PresidioDetector
from schemas.errors import Retryable
from schemas.metering import metering
from schemas.ports import Profile, Span
from tests.processors.redact.samples import rendered

CANARY = "canary-7d1f"


@pytest.fixture(scope="module", params=[PatternDetector, PresidioDetector])
def detector(request: pytest.FixtureRequest) -> Iterator[ThreadedDetector]:
    made: ThreadedDetector = request.param()
    yield made
    made.close()


async def found(detector: ThreadedDetector, text: str, language: str = "en") -> dict[str, str]:
    (spans,) = await detector.detect([text], language)
    return {text[span.start : span.end]: span.entity for span in spans}


@pytest.mark.parametrize(
    ("text", "value", "entity"),
    [
        (
            "write to jane.doe+shop@mail.example.co.uk, please",
            "jane.doe+shop@mail.example.co.uk",
            "EMAIL_ADDRESS",
        ),
        ("my card is 4111 1111 1111 1111 and it", "4111 1111 1111 1111", "CREDIT_CARD"),
        ("my card is 378282246310005 and it", "378282246310005", "CREDIT_CARD"),
        ("call +49 170 1234567 in the morning", "+49 170 1234567", "PHONE_NUMBER"),
        ("appelez le 06 12 34 56 78 demain", "06 12 34 56 78", "PHONE_NUMBER"),
        ("pay to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00", "IBAN_CODE"),
        ("key sk-proj-9aB3dE5fG7hJ9kL1mN3pQ5rS was used", "sk-proj-9aB3dE5fG7hJ9kL1mN3pQ5rS", "SECRET"),
        ("the password is hunter2! since then", "hunter2!", "SECRET"),
        ("my name is Jane Doe and i wait", "Jane Doe", "PERSON"),
        ("from 203.0.113.77 it fails", "203.0.113.77", "IP_ADDRESS"),
    ],
)
async def test_what_has_a_shape_is_found_whole_and_by_type(
    detector: ThreadedDetector, text: str, value: str, entity: str
) -> None:
    assert (await found(detector, text)).get(value) == entity


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Hello, where is my order? I ordered two shirts last Monday and paid 129.90 EUR on 12.11.2025.",
        ),
        ("en", "Can I return the blue jacket? It arrived on 2025-02-28 at 14:30 and the zip is broken."),
        ("de", "Guten Tag, das Paket ist beschädigt angekommen. Wann bekomme ich mein Geld zurück?"),
        ("fr", "Bonjour, je voudrais échanger ces chaussures contre une taille plus grande. Merci."),
        ("es", "Hola, ¿cuándo llega mi pedido? Lo compré el lunes y todavía no tengo noticias."),
    ],
)
async def test_ordinary_words_dates_and_amounts_stay(
    detector: ThreadedDetector, language: str, text: str
) -> None:
    assert await found(detector, text, language) == {}


@pytest.mark.parametrize("texts", [[], [""], ["", "x", ""], ["a@b.example"] * 3])
async def test_there_is_one_list_a_text(detector: ThreadedDetector, texts: list[str]) -> None:
    assert len(await detector.detect(texts, "en")) == len(texts)


async def test_spans_are_in_order_inside_the_text_and_apart(detector: ThreadedDetector) -> None:
    text = "Dr. Jane Doe <jane@doe.example>, +1 212-555-0123, 4111111111111111, AKIAIOSFODNN7EXAMPLE " * 3
    (spans,) = await detector.detect([text], "en")

    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert spans
    assert edges[-1] <= len(text)


async def test_detection_does_not_hold_the_event_loop(
    detector: ThreadedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def scan(texts: list[str], language: str, profile: Profile) -> list[list[Span]]:
        asyncio.run_coroutine_threadsafe(moved_on.wait(), loop).result(timeout=30)
        return [[] for _ in texts]

    monkeypatch.setattr(detector, "scan", scan)
    waiting = asyncio.create_task(detector.detect(["x"], "en"))
    await asyncio.sleep(0)
    moved_on.set()

    assert await waiting == [[]]


@pytest.mark.parametrize(
    "error", [ValueError(CANARY), MemoryError(CANARY), RecursionError(CANARY), KeyError(CANARY)]
)
async def test_a_failure_is_retryable_and_says_nothing_of_the_text(
    detector: ThreadedDetector, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def scan(texts: list[str], language: str, profile: Profile) -> list[list[Span]]:
        raise error

    monkeypatch.setattr(detector, "scan", scan)
    with pytest.raises(Retryable) as caught:
        await detector.detect([CANARY], "en")

    assert caught.value.reason == "detector_failed"
    assert CANARY not in rendered([caught.value])


async def test_a_result_that_does_not_cover_all_texts_is_a_failure(
    detector: ThreadedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector, "scan", lambda texts, language: [[]])

    with pytest.raises(Retryable):
        await detector.detect(["a", "b"], "en")


def test_the_version_names_the_rules(detector: ThreadedDetector) -> None:
    assert detector.version == detector.version
    assert any(character.isdigit() for character in detector.version)


async def test_the_search_s_processor_time_is_booked(detector: ThreadedDetector) -> None:
    with metering() as elsewhere:
        await found(detector, "my card is 4111 1111 1111 1111 and it")
    assert elsewhere.seconds > 0
