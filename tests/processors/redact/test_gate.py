"""With and without Hyperscan the same is found."""

from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.redact.detection import gate
from processors.redact.detection.gate import Gate
from processors.redact.detection.presidio import PresidioRecognisers

SHAPES = [
    "078-05-1120",
    "4111 1111 1111 1111",
    "jane@mail.example",
    "1.2.3.4",
    "::1",
    "fe80::1",
    "00:1B:44:11:3A:B7",
    "0123.4567.89ab",
    "BB1388568",
    "AB 12 34 56 C",
    "RSSMRA85T10A562S",
    "X1234567L",
    "943 476 5919",
    "900-70-0000",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "+44 20 7946 0958",
    *"\u00e9\u00fc\u0141\u00df\u00aa\u2019\u20ac\u00a0\u0661\u017f\u212a\u00b2_-\n\t x",
]


@pytest.fixture(scope="module")
def without() -> PresidioRecognisers:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "hyperscan", lambda: None)
        return PresidioRecognisers()


@pytest.fixture(scope="module")
def behind() -> PresidioRecognisers:
    if find_spec("hyperscan") is None:
        pytest.skip("hyperscan is not installed")
    return PresidioRecognisers()


@settings(deadline=None, max_examples=400)
@given(
    st.lists(
        st.sampled_from(SHAPES) | st.text(st.characters(max_codepoint=0x2100), max_size=3), max_size=8
    ).map("".join)
)
def test_hyperscan_changes_nothing_that_is_found(
    behind: PresidioRecognisers, without: PresidioRecognisers, text: str
) -> None:
    assert [*behind.find(text)] == [*without.find(text)]


@pytest.mark.parametrize("shape", SHAPES)
def test_hyperscan_changes_nothing_around_a_shape(
    behind: PresidioRecognisers, without: PresidioRecognisers, shape: str
) -> None:
    for text in (
        shape,
        f"it is {shape}.",
        f"\u00e9{shape}\u00e9",
        f"a\n{shape}\nb",
        f"({shape})",
        shape.lower(),
    ):
        assert [*behind.find(text)] == [*without.find(text)]


@pytest.mark.parametrize(
    ("text", "possible"),
    [("nothing here", set()), ("a 12", {0}), ("A B", {1}), ("x 34 a  b", {0, 1}), ("\u00e9 7\u00e9", {0})],
)
def test_only_what_could_match_passes(text: str, possible: set[int]) -> None:
    gated = Gate([r"\d", r"\ba\s+b\b"])
    if not gated.closes:
        pytest.skip("hyperscan is not installed")

    assert set(gated.possible(text)) == possible


@pytest.mark.parametrize("text", ["\u0661", "\u212a", "\u0130", "\x1c", "\ud800", "\U0001f600"])
def test_where_engines_could_differ_everything_passes(text: str) -> None:
    assert set(Gate(["a", "b"]).possible(text)) == {0, 1}


def test_without_hyperscan_everything_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "hyperscan", lambda: None)
    gated = Gate(["a", "b"])

    assert (gated.closes, set(gated.possible("x"))) == (False, {0, 1})


def test_what_hyperscan_cannot_compile_does_not_close_the_gate() -> None:
    assert not Gate(["(", "b"]).closes
