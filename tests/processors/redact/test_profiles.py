"""Which profile each of a request's words is searched by."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from processors.redact import PatternDetector
from schemas.ports import Profile, Span
from schemas.tasks import RedactionSpec
from tests.processors.redact.samples import published, stage


class Asked(PatternDetector):
    """Remembers how it was asked, and takes away any word in capitals that a profile other than patterns wants."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Profile, str, tuple[str, ...]]] = []

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        self.calls.append((profile, language, tuple(texts)))
        return await super().detect(texts, language, profile)


FIELDS = {"note": "free words", "sku": "AB12", "colour": "red", "amount": 5, "batch": 123456}
SPEC = RedactionSpec(fields={"sku": Profile.PATTERNS, "colour": Profile.BALANCED})


async def test_each_text_is_searched_by_its_own_profile_in_one_call_for_each() -> None:
    detector = Asked()
    await stage(detector, SPEC)(
        published(text="Hello", fields=FIELDS, turns=[{"role": "requester", "text": "Before"}], language="de")
    )

    assert {profile: texts for profile, _, texts in detector.calls} == {
        Profile.STRICT: ("Hello", "Before", "free words", "123456"),
        Profile.BALANCED: ("red",),
        Profile.PATTERNS: ("note", "sku", "AB12", "colour", "amount", "batch"),
    }
    assert len(detector.calls) == 3
    assert {language for _, language, _ in detector.calls} == {"de"}


async def test_free_text_has_the_profile_of_its_task() -> None:
    detector = Asked()
    await stage(detector, RedactionSpec(profile=Profile.BALANCED))(published(fields={"note": "x"}))

    assert {profile: texts for profile, _, texts in detector.calls} == {
        Profile.BALANCED: ("Where is my order?", "x"),
        Profile.PATTERNS: ("note",),
    }


async def test_without_a_word_about_it_everything_is_searched_strictly() -> None:
    assert RedactionSpec().profile_of("anything") is Profile.STRICT
    assert RedactionSpec().on_failure == "hold"


async def test_a_profile_does_not_undo_what_a_key_says() -> None:
    spec = RedactionSpec(fields={"contact": Profile.PATTERNS})
    event = await stage(spec=spec)(published(text="for jane", fields={"contact": "jane"}))

    assert event.content.fields["contact"] != "jane"
    assert "jane" not in event.content.text


@pytest.mark.parametrize(
    "given",
    [
        {"profile": "lenient"},
        {"fields": {"Not A Key": "strict"}},
        {"fields": {"sku": "none"}},
        {"on_failure": "pass"},
        {"off": True},
    ],
)
def test_a_task_s_file_cannot_say_anything_else(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RedactionSpec.model_validate(given)
