"""Lines as the command answers them, without a model."""

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.redact import PatternDetector, placeholders
from processors.redact.detection.detecting import UNSCANNED
from schemas.ports import Detector, Profile, Span
from schemas.tasks import RedactionSpec
from streams.redacting import MAX_CHARACTERS, LineRedactor
from tests.processors.redact.samples import TASK, document

MAIL = "jane.doe@mail.example"


def redactor(detector: Detector | None = None, profile: Profile | None = None) -> LineRedactor:
    return LineRedactor(detector or PatternDetector(), profile, None, {TASK.name: TASK})


async def answers(*lines: bytes | str | object, by: LineRedactor | None = None) -> list[dict[str, object]]:
    given = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    found = await (by or redactor()).redact(given)
    assert [answer.failed for answer in found] == ["error" in answer.document for answer in found]
    return [json.loads(json.dumps(answer.document, ensure_ascii=False).encode()) for answer in found]


def neutral(text: object) -> str:
    return placeholders.PATTERN.sub(lambda match: f"<{match['entity']}>", str(text))


async def test_a_line_is_answered_by_redacted_text_and_places_in_the_original() -> None:
    text = f"\U0001f600 mail \uff4aane@mail.example or {MAIL}, {MAIL}"
    (answer,) = await answers({"id": "a", "text": text})

    assert neutral(answer["text"]) == "\U0001f600 mail <EMAIL_ADDRESS> or <EMAIL_ADDRESS>, <EMAIL_ADDRESS>"
    assert answer["spans"] == [
        {"start": 7, "end": 24, "entity": "EMAIL_ADDRESS", "score": 0.9},
        {"start": 28, "end": 49, "entity": "EMAIL_ADDRESS", "score": 0.9},
        {"start": 51, "end": 72, "entity": "EMAIL_ADDRESS", "score": 0.9},
    ]
    assert sorted(answer) == ["id", "spans", "text"]


async def test_a_value_has_one_placeholder_in_a_line_and_others_elsewhere() -> None:
    lines = [{"text": f"{MAIL} {MAIL.upper()}"}, {"text": MAIL}]
    first, second = await answers(*lines)
    (again, _) = await answers(*lines)

    left, right = str(first["text"]).split()
    assert left == right
    assert len({left, str(second["text"]), str(again["text"]).split()[0]}) == 3


async def test_a_whole_request_is_redacted_as_its_task_says() -> None:
    (answer,) = await answers(
        document(
            text="JANE again, about AB-123456",
            fields={"note": "for jane", "amount": 5},
            turns=[{"role": "requester", "text": "My name is Jane Okonkwo."}],
        )
    )

    assert neutral(answer["text"]) == "<PERSON> again, about AB-123456"
    assert neutral(answer["fields"]) == "{'note': 'for <PERSON>', 'amount': 5}"
    assert neutral(answer["turns"]) == "[{'role': 'requester', 'text': 'My name is <PERSON>.'}]"
    assert answer["spans"] == [{"start": 0, "end": 4, "entity": "PERSON", "score": 0.5}]


async def test_requests_of_one_conversation_share_their_placeholders() -> None:
    first, second, other = await answers(
        document(text=MAIL), document(text=MAIL, id="req-2"), document(text=MAIL, conversation_id="conv-2")
    )

    assert first["text"] == second["text"] != other["text"]


class Asked(PatternDetector):
    """Remembers the profiles and languages it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: set[tuple[str, Profile]] = set()

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        self.calls.add((language, profile))
        return await super().detect(texts, language, profile)


@pytest.mark.parametrize(
    ("profile", "line", "asked"),
    [
        (None, {"text": "Hello"}, ("en", Profile.STRICT)),
        (None, document(task="returns"), ("en", Profile.STRICT)),
        (None, document(), ("en", Profile.BALANCED)),
        (Profile.PATTERNS, document(), ("en", Profile.PATTERNS)),
        (Profile.PATTERNS, {"text": "Hello"}, ("en", Profile.PATTERNS)),
        (None, {"text": "Hello", "language": "de-AT"}, ("de-AT", Profile.STRICT)),
        (None, {"text": "Hello", "language": 5}, ("en", Profile.STRICT)),
        (None, {"text": "Wo bleibt meine Bestellung? Ich warte."}, ("de", Profile.STRICT)),
        (None, document(language="fr"), ("fr", Profile.BALANCED)),
    ],
)
async def test_profile_and_language_are_those_asked_for_or_those_of_the_line(
    profile: Profile | None, line: object, asked: tuple[str, Profile]
) -> None:
    detector = Asked()
    task = TASK.model_copy(update={"redaction": RedactionSpec(profile=Profile.BALANCED)})
    await answers(line, by=LineRedactor(detector, profile, None, {TASK.name: task}))

    assert detector.calls == {asked}


async def test_a_given_language_holds_for_lines_that_say_none() -> None:
    detector = Asked()
    await answers(
        {"text": "Hello"},
        document(),
        {"text": "Hello", "language": "fr"},
        by=LineRedactor(detector, language="es"),
    )

    assert {language for language, _ in detector.calls} == {"es", "fr"}


BAD: list[tuple[str, object, bytes]] = [
    ("not_json", None, b'{"id": 1, "text": "secret-word"'),
    ("not_json", None, b"secret-word"),
    ("not_json", None, b"[" * 100_000),
    ("not_json", None, b'{"id": 1, "text": NaN}'),
    ("not_json", None, b'{"text": "secret-word", "n": ' + b"1" * 5_000 + b"}"),
    ("not_utf8", None, b'{"text": "secret-word \xff"}'),
    ("not_an_object", None, b'["secret-word"]'),
    ("not_an_object", None, b'"secret-word"'),
    ("no_text", 1, b'{"id": 1}'),
    ("no_text", "a", b'{"id": "a", "text": ["secret-word"]}'),
    ("no_text", None, b'{"id": ["secret-word"], "text": null}'),
    ("bad_characters", 1.5, b'{"id": 1.5, "text": "secret-word \\ud800"}'),
    ("bad_characters", None, b'{"id": "\\ud800", "text": "\\udfff"}'),
    ("too_large", 1, json.dumps({"id": 1, "text": "secret-word" * 100_000}).encode()),
    ("schema_mismatch", "r", b'{"id": "r", "text": "secret-word", "turns": []}'),
    ("schema_mismatch", "req-1", json.dumps(document(text="secret-word" * 2_000)).encode()),
    ("schema_mismatch", "req-1", json.dumps(document(fields={"deep": {"secret-word": 1}})).encode()),
    ("bad_characters", "req-1", json.dumps(document(fields={"note": "secret-word \udfff"})).encode()),
]


@pytest.mark.parametrize(
    ("reason", "identity", "line"), BAD, ids=[f"{n}-{bad[0]}" for n, bad in enumerate(BAD)]
)
async def test_a_bad_line_is_answered_by_its_reason_in_its_place(
    reason: str, identity: object, line: bytes
) -> None:
    before, bad, after = await answers({"id": 1, "text": "a"}, line, {"id": 2, "text": "b"})

    assert (before["text"], after["text"]) == ("a", "b")
    assert bad["id"] == identity
    assert isinstance(bad["error"], dict)
    assert bad["error"]["reason"] == reason
    assert sorted(bad) == ["error", "id"]
    assert "secret-word" not in str(bad)


async def test_a_line_that_was_too_long_to_read_is_answered() -> None:
    (answer,) = await redactor().redact([None])

    assert answer.failed
    assert answer.document["error"] == {"reason": "too_large", "detail": "a line has at most 1600000 bytes"}


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\x00\x01", "a" * MAX_CHARACTERS, "\U0001f600"])
async def test_a_text_without_anything_to_find_comes_back_without_spans(text: str) -> None:
    (answer,) = await answers({"text": text}, by=redactor(profile=Profile.PATTERNS))

    assert answer["spans"] == []


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        (b'{"text": "", "id": true}', None),
        (b'{"text": "", "id": {"a": 1}}', None),
        (b'{"text": "", "id": 1e999}', None),
        (b'{"text": "", "id": "' + b"x" * 257 + b'"}', None),
        (b'{"text": "", "id": "' + b"x" * 256 + b'"}', "x" * 256),
        (b'\xef\xbb\xbf{"text": "", "id": 12345678901234567890}', 12345678901234567890),
        (b'{"text": "", "id": -0.5, "other": [1]}', -0.5),
    ],
)
async def test_only_an_id_that_is_short_comes_back(line: bytes, identity: object) -> None:
    (answer,) = await answers(line)

    assert answer["id"] == identity
    assert sorted(answer) == ["id", "spans", "text"]


class Unsure(PatternDetector):
    """Has no time for a text beside others, nor ever for some; breaks on others."""

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        if "breaks" in texts:
            raise RuntimeError("secret-word")
        if len(texts) > 1 or "slow" in texts:
            return [[Span(0, len(text), UNSCANNED, 1.0)] for text in texts]
        return await super().detect(texts, language, profile)


async def test_what_cannot_be_searched_even_alone_is_replaced_as_a_whole() -> None:
    found = await answers({"text": "slow"}, {"text": MAIL}, by=redactor(Unsure()))
    assert [neutral(answer["text"]) for answer in found] == ["<UNSCANNED>", "<EMAIL_ADDRESS>"]

    found = await answers({"text": "breaks"}, {"text": MAIL}, by=redactor(Unsure()))
    assert [neutral(answer["text"]) for answer in found] == ["<UNSCANNED>", "<EMAIL_ADDRESS>"]
    assert found[0]["spans"] == [{"start": 0, "end": 6, "entity": "UNSCANNED", "score": 1.0}]


async def test_what_should_not_happen_costs_its_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def colliding(_key: bytes, _scope: str, entity: str, value: str) -> str:
        if value == "7-days@mail.example":
            raise RuntimeError(value)
        return placeholders.compose(entity, "0" * 8)

    monkeypatch.setattr("processors.redact.placeholders.keyed", colliding)
    found = await answers(
        {"text": f"{MAIL} other@mail.example"}, {"text": "7-days@mail.example"}, {"text": MAIL}
    )

    assert [re.findall(r"reason': '(\w+)", str(answer)) for answer in found] == [
        ["placeholder_collision"],
        ["redaction_failed"],
        [],
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["id", "text", "language", "fields", "turns", "conversation_id"])


@settings(deadline=None)
@given(
    lines=st.lists(st.binary() | st.dictionaries(keys, anything).map(lambda line: json.dumps(line).encode()))
)
async def test_any_lines_are_answered_one_by_one(lines: list[bytes]) -> None:
    found = await answers(*lines)

    assert len(found) == len(lines)
    assert all(("error" in answer) != ("spans" in answer) for answer in found)
