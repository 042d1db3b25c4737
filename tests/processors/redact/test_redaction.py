"""What stage and command share: places in the original, and one search for many."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.redact import PatternDetector, placeholders
from processors.redact.redaction import Redaction, prepare, rewrite, search
from processors.redact.segments import Words
from schemas.ports import Detector, Profile, Span
from schemas.requests import Turn
from schemas.tasks import RedactionSpec

SPEC = RedactionSpec(on_failure="redact")
DETECTOR = PatternDetector()


def named(entity: str, value: str) -> str:
    canonical = placeholders.canonical(entity, value)
    return placeholders.compose(entity, f"{abs(hash(canonical)) % 2**32:08x}")


async def redacted(words: Words, detector: Detector = DETECTOR, spec: RedactionSpec = SPEC) -> Redaction:
    draft = prepare(words, spec)
    (found,) = await search(detector, [draft])
    return rewrite(draft, found, named)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("mail jane@mail.example now", ["jane@mail.example"]),
        ("\uff4aane\uff20doe.example", ["\uff4aane\uff20doe.example"]),
        ("\u200b4111\u200b1111\u200b1111\u200b1111 ok", ["4111\u200b1111\u200b1111\u200b1111"]),
        ("\U0001f600\ufb01rst 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("a\r\nb\x00 jane@mail.example", ["jane@mail.example"]),
        ("<PERSON_abcdefab> jane@mail.example", ["jane@mail.example"]),
        ("e\u0301 jane@mail.example e\u0301", ["jane@mail.example"]),
        ("nothing", []),
    ],
)
async def test_spans_are_places_in_the_text_as_it_was_written(text: str, covered: list[str]) -> None:
    spans = (await redacted(Words(text))).in_original()

    assert [text[span.start : span.end] for span in spans] == covered


class Cuts:
    """Finds whatever it is told to, as far as the text reaches."""

    version = "cuts"

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        self.places = places

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        return [
            [
                Span(start, min(end, len(text)), "PERSON", 1.0)
                for start, end in self.places
                if start < len(text)
            ]
            for text in texts
        ]


writing = st.text(
    alphabet=st.characters(codec="utf-8")
    | st.sampled_from("\u200b\u2060\ufdfa\ufb01\uff21\r\n\x00e\u0301\u00ad<>_aB4 "),
    max_size=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=writing,
    places=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda at: (at[0], sum(at)))),
)
def test_original_spans_are_in_order_apart_and_inside_and_what_is_outside_stays(
    text: str, places: list[tuple[int, int]]
) -> None:
    redaction = asyncio.run(redacted(Words(text), Cuts(places)))
    spans = redaction.in_original()

    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        at = span.end
    if not redaction.rewritten.own.edits:
        assert spans == []


async def test_spans_of_one_character_that_was_written_out_are_one() -> None:
    redaction = await redacted(Words("a\ufdfab"), Cuts([(1, 4), (6, 9)]))

    assert len(redaction.spans[0]) == 2
    assert [(span.start, span.end) for span in redaction.in_original()] == [(1, 2)]


async def test_words_of_one_request_know_each_other_s_names() -> None:
    words = Words(
        "and JANE?",
        {"note": "for jane"},
        (Turn(role="requester", text="My name is Jane Okonkwo."),),
    )
    redaction = await redacted(words)

    assert "jane" not in redaction.rewritten.own.text.lower()
    assert "jane" not in str(redaction.rewritten.fields(words)).lower()
    assert [finding.entity for finding in redaction.findings] == ["PERSON"]


@pytest.mark.parametrize(
    ("written", "elsewhere"),
    [
        ("Istanbul-42x", "\u0130STANBUL-42X"),
        ("\u039f\u03b4\u03bf\u03c3-42x", "\u039f\u0394\u039f\u03a3-42X"),
        ("\u0131stanbul-42x", "ISTANBUL-42X"),
        ("Stra\u00dfe-42x", "stra\u00dfe-42X"),
    ],
)
async def test_a_value_is_known_again_in_any_case(written: str, elsewhere: str) -> None:
    """The first mention is told by its words; the second one stands alone."""
    redaction = await redacted(Words(f"password: {written}", {}, (Turn(role="requester", text=elsewhere),)))

    assert placeholders.PATTERN.fullmatch(redaction.rewritten.turns[0].text)


@pytest.mark.parametrize("beside", ["x{}", "{}x", "_{}", "{}1"])
async def test_a_value_inside_a_longer_word_is_not_that_value(beside: str) -> None:
    longer = beside.format("sommer")
    redaction = await redacted(Words(f"password: sommer\n {longer}"))

    assert redaction.rewritten.own.text.endswith(longer)


async def test_many_drafts_are_searched_in_one_call_for_each_language_and_profile() -> None:
    class Counts(PatternDetector):
        calls = 0

        async def detect(
            self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
        ) -> list[list[Span]]:
            self.calls += 1
            return await super().detect(texts, language, profile)

    detector = Counts()
    drafts = [
        prepare(Words(f"jane{number}@mail.example"), SPEC, spoken=("de", "en")[number % 2])
        for number in range(10)
    ]
    found = await search(detector, drafts)

    assert detector.calls == 2
    assert [[span.end for span in spans] for (spans,) in found] == [[18]] * 10


async def test_a_text_that_breaks_the_detector_costs_the_others_nothing() -> None:
    class Breaks(PatternDetector):
        async def detect(
            self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
        ) -> list[list[Span]]:
            if "poison" in texts:
                raise RuntimeError
            return await super().detect(texts, language, profile)

    drafts = [prepare(Words(text), SPEC) for text in ("jane@mail.example", "poison", "harmless")]
    found = await search(Breaks(), drafts)

    assert [[span.entity for span in spans] for (spans,) in found] == [["EMAIL_ADDRESS"], ["UNSCANNED"], []]
