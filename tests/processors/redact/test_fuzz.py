"""Whatever is sent: a result or a typed failure, in silence; and what was planted in it is gone."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.redact.detection.detector import PresidioDetector
from schemas.codec import encode
from schemas.errors import Retryable, SluicegateError, Unprocessable
from schemas.ports import Profile, Span
from schemas.requests import MAX_TEXT_CHARACTERS, Redacted
from schemas.wire import Headers, Inbound
from tests.e2e.canaries import IN_TEXT, Canary, Haystack, Search
from tests.e2e.planting import said
from tests.processors.redact.hostile import LONG, encodable, nested, texts, values
from tests.processors.redact.samples import MOMENT, document, rendered, stage

SEARCH = Search(IN_TEXT)
MAIL = next(each for each in IN_TEXT if each.name == "e-mail")
MILLION = 1_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")
quick = settings(
    deadline=None,
    derandomize=True,
    max_examples=70,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    assert SEARCH.hits([Haystack("log", caplog.text.encode(errors="replace"))]) == []


async def outcome(
    detector: PresidioDetector, value: bytes, headers: Headers = ()
) -> Redacted | SluicegateError:
    """Return what the stage makes of a record; whatever else is raised fails the test."""
    try:
        return await stage(detector)(Inbound("requests", 0, 7, None, value, headers, MOMENT))
    except SluicegateError as error:
        return error


def said_by(result: Redacted | SluicegateError) -> Haystack:
    """Return all that a result says: an event whole, of an error all that could be printed."""
    if isinstance(result, Redacted):
        return Haystack("event", encode(result))
    assert result.__cause__ is None
    assert result.__context__ is None
    assert isinstance(result, Unprocessable | Retryable)
    return Haystack("error", rendered([result]).encode(errors="replace"))


@quick
@given(text=texts, turn=texts, value=texts | st.integers() | st.floats())
async def test_any_words_are_redacted_or_refused_in_silence(
    detector: PresidioDetector, text: str, turn: str, value: object
) -> None:
    changes = document(
        text=f"{text}\n{said(MAIL)}",
        turns=[{"role": "requester", "text": f"{said(MAIL)}\n{turn}"}],
        fields={"note": f"{said(MAIL)}\n{text}"[:4000], "other": value},
    )
    result = await outcome(detector, json.dumps(changes).encode())

    assert SEARCH.hits([said_by(result)]) == []


@quick
@given(value=values, member=st.sampled_from(sorted(document())), name=texts, header=texts)
async def test_any_json_and_headers_are_redacted_or_refused_in_silence(
    detector: PresidioDetector, value: object, member: str, name: str, header: str
) -> None:
    told = {"text": MAIL.value, "also": [value, MAIL.value], name + MAIL.value: value}
    headers = ((name + MAIL.value, header.encode(errors="surrogatepass")), ("ce_id", MAIL.value.encode()))
    for changed in (value, told, [value, MAIL.value]):
        raw = json.dumps({**document(), member: changed}).encode()
        assert SEARCH.hits([said_by(await outcome(detector, raw))]) == []
        assert SEARCH.hits([said_by(await outcome(detector, raw, headers))]) == []


@quick
@given(before=st.binary(max_size=60), after=st.binary(max_size=60))
async def test_any_bytes_are_refused_in_silence(
    detector: PresidioDetector, before: bytes, after: bytes
) -> None:
    result = await outcome(detector, before + json.dumps(document(text=MAIL.value)).encode() + after)

    assert SEARCH.hits([said_by(result)]) == []


@settings(quick, max_examples=130)
@given(
    before=encodable,
    after=encodable,
    canary=st.sampled_from(IN_TEXT),
    place=st.sampled_from(["text", "field", "turn", "JSON"]),
)
async def test_what_is_planted_between_any_words_is_gone(
    detector: PresidioDetector, before: str, after: str, canary: Canary, place: str
) -> None:
    words = f"{before} {said(canary)} {after}"
    changes: dict[str, dict[str, object]] = {
        "text": {"text": words},
        "field": {"fields": {"note": words[:4000]}},
        "turn": {"turns": [{"role": "requester", "text": words}]},
        "JSON": {"text": json.dumps({"a": [words, {"b": words}]})},
    }
    result = await outcome(detector, json.dumps(document(**changes[place])).encode())

    assert Search([canary]).hits([said_by(result)]) == []


@quick
@given(
    some=st.lists(texts, max_size=4),
    language=st.sampled_from(["en", "de", "fr", "es-MX", "ja", "", "xx"]),
    profile=st.sampled_from(Profile),
)
async def test_spans_lie_in_order_inside_any_text(
    detector: PresidioDetector, some: list[str], language: str, profile: Profile
) -> None:
    found = await searched(detector, some, language, profile)

    assert are_sound(found, some) if found is not None else any(map(_SURROGATE.search, some))


async def searched(
    detector: PresidioDetector, some: list[str], language: str = "en", profile: Profile = Profile.STRICT
) -> list[list[Span]] | None:
    """Return what is found, or None where the search says that it cannot be done."""
    try:
        return await detector.detect(some, language, profile)
    except Retryable:
        return None


def are_sound(found: list[list[Span]], some: list[str]) -> bool:
    """Tell whether spans are in order, apart, and inside their texts."""
    edges = [[edge for span in spans for edge in (span.start, span.end)] for spans in found]
    ordered = all(each == sorted(each) for each in edges)
    inside = all(
        0 <= span.start < span.end <= len(text)
        for text, spans in zip(some, found, strict=True)
        for span in spans
    )
    return ordered and inside


@pytest.mark.parametrize("scrap", LONG.values(), ids=LONG)
async def test_a_text_as_long_as_may_be_is_redacted_or_refused(
    detector: PresidioDetector, scrap: str
) -> None:
    tail = f"\n{said(MAIL)}"
    text = (scrap * MAX_TEXT_CHARACTERS)[: MAX_TEXT_CHARACTERS - len(tail)] + tail
    result = await outcome(detector, json.dumps(document(text=text)).encode())

    assert SEARCH.hits([said_by(result)]) == []


@pytest.mark.parametrize("scrap", ["a", "1 ", "a.", "a@", "\u0301", '{"a":', "Jane Doe ", "QUJD", "<"])
async def test_a_million_characters_are_searched_or_refused(detector: PresidioDetector, scrap: str) -> None:
    text = (scrap * MILLION)[:MILLION]
    refused = await outcome(detector, json.dumps(document(text=text)).encode())
    spans = await searched(detector, [text])

    assert isinstance(refused, Unprocessable)
    assert spans is None or are_sound(spans, [text])


@pytest.mark.parametrize("depth", [10, 500, 1_000, 3_000])
async def test_json_of_any_depth_inside_a_text_is_redacted_or_refused(
    detector: PresidioDetector, depth: int
) -> None:
    for text in (
        nested(depth),
        nested(depth)[:-1],
        f"{nested(depth)} {said(MAIL)}",
        json.dumps(nested(depth)),
    ):
        result = await outcome(detector, json.dumps(document(text=text[:MAX_TEXT_CHARACTERS])).encode())
        assert SEARCH.hits([said_by(result)]) == []


@pytest.mark.parametrize("depth", [500, 990, 5_000, 100_000])
async def test_a_request_of_any_depth_is_refused_in_silence(detector: PresidioDetector, depth: int) -> None:
    whole = json.dumps(document(text="?"))
    for told in (f'"fields": {nested(depth)}', f'"{MAIL.value}": {nested(depth)}'):
        result = await outcome(detector, f"{whole[:-1]}, {told}}}".encode())
        assert isinstance(result, Unprocessable)
        assert SEARCH.hits([said_by(result)]) == []
