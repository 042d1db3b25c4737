"""Disguised values: whatever they wear, the detector covers them whole."""

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pytest

from processors.redact.detection.detector import PresidioDetector
from processors.redact.rules.contacts import is_iban
from processors.redact.rules.numbers import is_card
from schemas.ports import Profile, Span
from tests.processors.redact.evasions import DISGUISES, JSONS, VALUES, Sample, samples

UNCOVERED: Mapping[str, str] = {}
"""Kinds that get through, and why. None does in the strict profile."""

NAMES_IN_DISGUISE = {
    "camel case",
    "dotted",
    "lower case",
    "snake case",
    "snake case in an identifier",
    "ROT13",
}
"""What only default-deny covers where no usual first name is in it."""

KINDS = (*DISGUISES, *JSONS)


def by_kind() -> dict[str, list[Sample]]:
    kinds: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples():
        kinds[sample.kind].append(sample)
    return kinds


@pytest.fixture(scope="module")
def uncovered() -> list[tuple[Sample, str]]:
    """What no span covers of the values in the strict profile, blanks aside."""
    return _uncovered(Profile.STRICT)


@pytest.fixture(scope="module")
def left(uncovered: Sequence[tuple[Sample, str]]) -> dict[str, list[str]]:
    """What is left in clear of the values, by kind, in the strict profile."""
    return _left(uncovered)


def _left(uncovered: Sequence[tuple[Sample, str]]) -> dict[str, list[str]]:
    left: dict[str, list[str]] = {sample.kind: [] for sample, _ in uncovered}
    for sample, rest in uncovered:
        if any(map(_tells, rest)):
            left[sample.kind].append(f"{sample.value}: {rest}")
    return left


def _uncovered(profile: Profile) -> list[tuple[Sample, str]]:
    detector = PresidioDetector(budget_seconds=600)
    try:
        return [
            (sample, _rest(sample, spans))
            for each in by_kind().values()
            for sample, spans in zip(
                each, detector.scan([sample.text for sample in each], "en", profile), strict=True
            )
        ]
    finally:
        detector.close()


def _rest(sample: Sample, spans: Sequence[Span]) -> str:
    """Return the visible characters of a value that no span covers."""
    covered = {place for span in spans for place in range(span.start, span.end)}
    return "".join(
        character
        for place, character in enumerate(sample.text)
        if sample.start <= place < sample.end and place not in covered and not character.isspace()
    )


def _tells(character: str) -> bool:
    framed = 0x1F100 <= ord(character) < 0x1F200
    tag = 0xE0000 <= ord(character) < 0xE0080
    return character.isalnum() or framed or tag


def test_the_values_are_what_they_seem() -> None:
    assert all(is_iban(value) for value in VALUES["iban"])
    assert all(is_card(value.replace(" ", "")) for value in VALUES["card"])


def test_there_are_many_kinds_in_three_phrases_each() -> None:
    assert len(KINDS) >= 80
    assert all(len({sample.text for sample in each}) >= 3 for each in by_kind().values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_disguised_value_is_covered_whole(kind: str, left: dict[str, list[str]]) -> None:
    assert kind in UNCOVERED or left[kind] == []


def test_hardly_a_sign_or_mark_of_a_value_is_left(uncovered: Sequence[tuple[Sample, str]]) -> None:
    left = [f"{sample.kind}, {sample.value}: {rest!a}" for sample, rest in uncovered if rest]

    assert len(left) <= 0.005 * len(uncovered), left


def test_what_is_said_to_get_through_does(left: dict[str, list[str]]) -> None:
    assert [kind for kind in UNCOVERED if not left[kind]] == []


def test_without_default_deny_all_but_unusual_names_are_covered() -> None:
    missed = {
        kind: [each for each in found if not (each.startswith("name") and kind in NAMES_IN_DISGUISE)]
        for kind, found in _left(_uncovered(Profile.BALANCED)).items()
    }

    assert sum(map(len, missed.values())) <= 0.01 * len(list(samples()))


@pytest.fixture(scope="module")
def strict() -> Iterator[PresidioDetector]:
    made = PresidioDetector(budget_seconds=600)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Mr Peter Miller\u0336\u0316\ufe0f said so", "Peter Miller\u0336\u0316\ufe0f"),
        (
            "card 4111 1111 1111 111\ufe0f\u20e31\ufe0f\u20e3 was",
            "4111 1111 1111 111\ufe0f\u20e31\ufe0f\u20e3",
        ),
        ("write to anna\u200d@mail.example\u200d, please", "anna\u200d@mail.example\u200d"),
        ('{"n": "Peter Miller\\u0336\\u0316"}', "Peter Miller\\u0336\\u0316"),
        ("call me on + | 4 | 4 | 2 | 0 | 7 | 9 | 4 | 6 | 0 | 9", "+ | 4 | 4 | 2 | 0 | 7 | 9 | 4 | 6 | 0 | 9"),
        ("call me on +_4_4_2_0_7_9_4_6_0_9_5_8 soon", "+_4_4_2_0_7_9_4_6_0_9_5_8"),
        ("call me on 8590 6497 02 44+ soon", "8590 6497 02 44+"),
        ("it is =34=35=33=39=20=35=37=38=37=20=36=33=36=32=20=31=34=38=36.", "=34=35=33=39=20=35=37=38=37"),
    ],
)
def test_signs_and_marks_of_a_value_are_covered(text: str, covered: str, strict: PresidioDetector) -> None:
    (spans,) = strict.scan([text], "en", Profile.STRICT)

    start = text.index(covered)
    assert any(span.start <= start and start + len(covered) <= span.end for span in spans)


HIDDEN = "jane.doe@mail.example.com"
ENCODED = (
    HIDDEN.encode().hex(" "),
    HIDDEN.encode().hex(),
    base64.b64encode(HIDDEN.encode()).decode(),
    base64.b64encode(base64.b64encode(HIDDEN.encode())).decode(),
    " ".join(map(str, HIDDEN.encode())),
)
NEVER_DONE = (
    "&amp;amp;amp;amp;amp;",
    "%2525252525253d",
    "\\" * 99,
    "&#38;" + "#38;" * 9,
    "%26" + "amp%3b" * 9,
)


@pytest.mark.parametrize("other", NEVER_DONE)
@pytest.mark.parametrize("encoded", ENCODED)
def test_what_is_escaped_elsewhere_hides_no_encoding(
    encoded: str, other: str, strict: PresidioDetector
) -> None:
    text = f"see {encoded} ok {other}"
    (spans,) = strict.scan([text], "en")

    assert any(span.start <= 4 and span.end >= 4 + len(encoded) for span in spans)


@pytest.mark.parametrize(
    "sign",
    [
        "\\" * 15 + "u0040",
        "\\" * 64 + "u0040",
        "&" + "amp;" * 9 + "#64;",
        "&" + "#38;" * 9 + "#64;",
        "&" + "#x26;" * 9 + "commat;",
        "%" + "25" * 9 + "40",
        "=" + "3D" * 9 + "40",
    ],
)
def test_an_escape_escaped_often_hides_nothing(sign: str, strict: PresidioDetector) -> None:
    text = f"see jane{sign}mail.example ok"
    (spans,) = strict.scan([text], "en", Profile.BALANCED)

    assert [text[span.start : span.end] for span in spans] == [f"jane{sign}mail.example"]
