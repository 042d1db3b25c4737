"""Other readings of a text: what they read, and that every place in them leads back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.redact.readings.normalising import normalise, normalised_view
from processors.redact.readings.reading import Change, View, in_order, reread, unchanged
from processors.redact.readings.views import views
from schemas.ports import Span

CONTEXT = 200

texts = st.text(
    st.one_of(st.characters(), st.sampled_from("a1 \u0301\u1161\u11a8\uff9e\u200b\r\n\ud800\uff21&#;%40\\x"))
)


def span(start: int, end: int) -> Span:
    return Span(start, end, "NAME", 1.0)


@st.composite
def changes(draw: st.DrawFn, length: int) -> list[Change]:
    places = sorted(draw(st.lists(st.integers(0, length), max_size=8, unique=True)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Change(start, end, draw(st.text(max_size=4))) for start, end in pairs]


def leads_back(view: View, length: int) -> bool:
    inside = all(0 <= start <= end <= length for start, end in zip(view.starts, view.ends, strict=True))
    ascending = [*view.starts] == sorted(view.starts) and [*view.ends] == sorted(view.ends)
    return inside and ascending and len(view.text) == len(view.starts)


@given(st.data(), st.text(max_size=30))
def test_changes_upon_changes_lead_back_into_the_original(data: st.DataObject, text: str) -> None:
    once = reread(unchanged(text), data.draw(changes(len(text))))
    twice = reread(once, data.draw(changes(len(once.text))))

    assert leads_back(once, len(text))
    assert leads_back(twice, len(text))


@given(st.data(), st.text(min_size=1, max_size=30))
def test_what_was_not_changed_leads_to_itself(data: st.DataObject, text: str) -> None:
    made = data.draw(changes(len(text)))
    view = reread(unchanged(text), made)
    kept = set(range(len(text))).difference(*(range(change.start, change.end) for change in made))

    exact = {start for start, end in zip(view.starts, view.ends, strict=True) if end == start + 1}
    assert kept <= exact
    assert "".join(text[place] for place in sorted(kept)) in {view.text, *_without(view, kept)}


def _without(view: View, kept: set[int]) -> set[str]:
    copied = (
        character
        for character, start, end in zip(view.text, view.starts, view.ends, strict=True)
        if end == start + 1 and start in kept
    )
    return {"".join(copied)}


@given(st.data(), st.text(min_size=1, max_size=30))
def test_a_change_is_covered_whole(data: st.DataObject, text: str) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    put = data.draw(st.text(min_size=1, max_size=9).filter(lambda made: len(made) != end - start))
    view = reread(unchanged(text), [Change(start, end, put)])

    for place in range(start, start + len(put)):
        assert view.original(span(place, place + 1)) == span(start, end)


@given(st.data(), st.text(min_size=1, max_size=30))
def test_a_span_of_a_reading_stays_inside_the_text(data: st.DataObject, text: str) -> None:
    view = reread(unchanged(text), data.draw(changes(len(text))))
    start, end = data.draw(st.integers(-3, 40)), data.draw(st.integers(-3, 40))

    found = view.original(span(start, end))
    assert 0 <= found.start <= found.end <= len(text)


def test_a_reading_of_nothing_leads_to_the_beginning() -> None:
    assert reread(unchanged("a"), [Change(0, 1, "")]).original(span(-1, 3)) == span(0, 0)


def test_characters_replaced_one_by_one_lead_back_one_by_one() -> None:
    view = reread(unchanged("to JANE"), [Change(3, 7, "Jane")])

    assert view.original(span(4, 6)) == span(4, 6)


def test_what_is_passed_over_is_covered_between_and_not_beside() -> None:
    view = reread(unchanged("-1-2-"), [Change(0, 1, ""), Change(2, 3, ""), Change(4, 5, "")])

    assert (view.text, view.original(span(0, 2))) == ("12", span(1, 4))


def test_what_is_put_between_leads_to_where_it_stands() -> None:
    view = reread(unchanged("ab"), [Change(1, 1, " ")])

    assert (view.text, view.original(span(1, 2)), view.original(span(0, 3))) == (
        "a b",
        span(1, 1),
        span(0, 2),
    )


def test_an_excerpt_leads_to_the_same_original() -> None:
    view = reread(unchanged("see &#65;nna"), [Change(4, 9, "A")]).excerpt(4, 8)

    assert (view.text, view.original(span(0, 4))) == ("Anna", span(4, 12))


def test_of_overlapping_changes_the_first_and_longest_is_made() -> None:
    assert in_order([Change(2, 3, "c"), Change(0, 1, "a"), Change(0, 2, "b")]) == [
        Change(0, 2, "b"),
        Change(2, 3, "c"),
    ]


@given(texts)
def test_the_normalised_view_reads_as_normalised_and_leads_back(text: str) -> None:
    view = normalised_view(text)

    assert view.text == normalise(text).text
    assert leads_back(view, len(text))


@pytest.mark.parametrize(
    ("text", "found", "origin"),
    [
        ("x \uff4a\uff41ne", "jane", "\uff4a\uff41ne"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9", "e\u0301t\u00e9"),
        ("ja\u200bne.", "jane", "ja\u200bne"),
        ("\ufb01ne", "fi", "\ufb01"),
        ("\u1112\u1161\u11ab x", "\ud55c", "\u1112\u1161\u11ab"),
        ("a\r\nb", "a\nb", "a\r\nb"),
        ("ja\x00n\ud800e", "jane", "ja\x00n\ud800e"),
    ],
)
def test_normalised_characters_lead_to_all_they_were_made_of(text: str, found: str, origin: str) -> None:
    view = normalised_view(text)
    start = view.text.index(found)
    covered = view.original(span(start, start + len(found)))

    assert text[covered.start : covered.end] == origin


@pytest.mark.parametrize("mark", ["\u0301\u0316", "\uff9e\u0316", "\u0344"])
def test_letters_carry_no_more_marks_than_the_stream_safe_format_allows(mark: str) -> None:
    once = normalise("e" + mark * 100).text

    assert len(once) <= 31
    assert normalise(once).text == once


@given(texts)
@settings(deadline=None)
def test_any_text_has_views_that_lead_back_and_are_not_much_longer(text: str) -> None:
    found = views(text)

    assert all(leads_back(view, len(text)) for view in found)
    assert sum(len(view.text) for view in found) <= 3 * len(text) + CONTEXT


FRAGMENTS = (
    "300 ",
    "99 ",
    "65 ",
    "4",
    "1 ",
    "0x",
    "41",
    "\\x",
    "\\u",
    "\\",
    "00",
    "{",
    "}",
    "d83d",
    "&#",
    "&amp",
    ";",
    "x",
    "%",
    "%u",
    "=",
    "=\n",
    "at ",
    " dot ",
    "@",
    "(a)",
    "U+",
    "D800 ",
    "0041 ",
    "one ",
    "double ",
    "twenty",
    "-",
    "dash ",
    "plus ",
    "+",
    "und",
    "JANE ",
    "jane",
    "_",
    "Doe",
    "\u0430",
    "\U000e0041",
    "\ufe01",
    "\u0661",
    "\u4e00",
    "\u0301",
    "\ud800",
    "<b>",
    "<!--",
    "-->",
    '"',
    '":',
    ",",
    "[",
    "AAAA",
    "GB94",
    "QUJD",
    "\n",
    "\t",
    " ",
    "\x00",
    "\u00a0",
    "O",
    "|",
    "\ufdfa",
    "\uac00",
    "\u11a8",
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)  # the first text loads the vocabulary
def test_texts_made_of_what_readings_look_for_are_read(text: str) -> None:
    assert all(leads_back(view, len(text)) for view in views(text))
    assert normalised_view(text).text == normalise(text).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "300 301 302 303 304 305",
        "Hi, I ordered the blue backpack on March 3 and it has not arrived.",
        "Is the 4K TV (55 inch) back? I paid 1,299.00 EUR on 2025-03-03 at 10:30.",
        "K\u00f6nnten Sie die Gr\u00f6\u00dfe \u00e4ndern \u2013 von 42 auf 43? Danke\u2026",
        "See you at home. Thanks for your help, this is about the order from last week",
        "I'd like one or two of them, three at most",
        "\u041f\u043e\u0441\u044b\u043b\u043a\u0430 \u043d\u0435 \u043f\u0440\u0438\u0448\u043b\u0430, \u0433\u0434\u0435 \u043e\u043d\u0430?",
    ],
)
def test_ordinary_text_reads_as_it_stands(text: str) -> None:
    assert views(text) == ()
