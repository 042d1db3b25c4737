"""JSON in texts: what its strings say, what its keys tell, and that it stays JSON when values are replaced."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.redact.readings.json_strings import find, layers, literals, numbers, strings, within_strings
from processors.redact.readings.views import readings, views
from processors.redact.rules.spans import merge
from schemas.ports import Span

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)


def told(text: str) -> dict[str, str]:
    return {text[span.start : span.end]: span.entity for span in find(layers(text))}


def said(text: str) -> list[str]:
    return [view.text for view in strings(text)]


def every_string(value: object) -> list[str]:
    waiting, found = [value], []
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
    return sorted(found)


@given(values)
def test_all_strings_of_a_document_are_found_with_what_they_say(value: object) -> None:
    text = json.dumps([value])
    found = [json.loads(f'"{text[each.start : each.end]}"') for each in literals(text) if each.quoted]

    assert sorted(found) == every_string(value)


@given(values)
def test_what_a_string_says_leads_back_to_its_characters(value: object) -> None:
    text = json.dumps([value])

    for view in strings(text):
        written = text[view.starts[0] : view.ends[-1]] if view.text else ""
        assert json.loads(f'"{written}"') == view.text


def test_json_in_json_is_read_to_its_last_string() -> None:
    text = json.dumps({"a": json.dumps({"b": json.dumps(['J\u00f6rg said "hi"'])})})
    (view,) = [each for each in strings(text) if "rg" in each.text]

    assert view.text == 'J\u00f6rg said "hi"'
    assert text[view.starts[1] : view.ends[1]] == "\\\\\\\\u00f6"


def test_a_string_that_quotes_others_is_read_whole_and_a_document_by_its_strings() -> None:
    assert said(json.dumps({"m": 'He wrote: "ok", call "Jane Roe"'})) == [
        "m",
        'He wrote: "ok", call "Jane Roe"',
    ]
    assert said(json.dumps([json.dumps({"n": 12, "ok": ["J. Roe", True]})])) == ["n", "ok", "J. Roe"]


@pytest.mark.parametrize(
    "inner", ['{"a": [4, 1, 5, 5], "b": "c"}', '{"a": "b"} call', '["a" "b", "c"]', '{"a": "b", "n": 4 1 5}']
)
def test_what_is_said_between_strings_is_read(inner: str) -> None:
    assert inner in said(json.dumps([inner]))


def test_escaped_numbers_between_strings_are_read() -> None:
    assert '{"n": 4155, "a": "b"}' in said('["{\\"n\\": \\u0034155, \\"a\\": \\"b\\"}"]')


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
def test_depth_is_no_obstacle(opening: str) -> None:
    text = f'{opening * 100_000}"Jane Roe", "x y"'

    assert said(text)[-2:] == ["Jane Roe", "x y"]
    assert list(find(layers(text))) == []


def test_json_is_found_in_a_sentence_and_cut_off() -> None:
    assert said('what is {"note": "call Jane", "to": ["a b') == ["note", "call Jane", "to"]
    assert said('He said "no", or "yes" to me') == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"customer_name": "Rue Oak"}', {"Rue Oak": "PERSON"}),
        ('{"customerName": "Rue Oak"}', {"Rue Oak": "PERSON"}),
        ('{"customer name" : "Rue Oak"}', {"Rue Oak": "PERSON"}),
        ('{"email": ["a at b", "c"]}', {"a at b": "EMAIL_ADDRESS", "c": "EMAIL_ADDRESS"}),
        ('{"phone": 1234, "count": 5}', {"1234": "PHONE_NUMBER"}),
        (
            '{"address": {"line1": "4 Elm", "country": "Chad"}, "x": "y"}',
            {"4 Elm": "LOCATION", "Chad": "LOCATION"},
        ),
        ('{"name": {"first": "Rue", "style": "bold"}}', {"Rue": "PERSON"}),
        ('{"product_name": "Oak", "name": ""}', {}),
        (
            '{"items": [{"name": "Oak", "contact": {"email": "r@o.example"}}]}',
            {"r@o.example": "EMAIL_ADDRESS"},
        ),
        ('{"password": null, "pin": true}', {}),
        ('{"body": "{\\"name\\": \\"Rue\\"}"}', {"Rue": "PERSON"}),
    ],
)
def test_keys_tell_what_their_values_are(text: str, found: dict[str, str]) -> None:
    assert told(text) == found


def test_a_hint_ends_with_the_object_it_stands_in() -> None:
    assert told('{"name": {"first": "Rue"}, "note": "fine", "more": ["Oak"]}') == {"Rue": "PERSON"}


@st.composite
def cut(draw: st.DrawFn, length: int) -> list[Span]:
    ends = sorted(draw(st.lists(st.integers(0, length), min_size=2, max_size=8, unique=True)))
    return [Span(start, end, "NAME", 1) for start, end in zip(ends[::2], ends[1::2], strict=False)]


def replaced(text: str, spans: list[Span]) -> str:
    for span in reversed(merge(text, spans)):
        placeholder = "<NAME_00000000>"
        quote = numbers(text).get((span.start, span.end), "")
        quoted = f"{quote}{placeholder}{quote}"
        text = text[: span.start] + quoted + text[span.end :]
    return text


@given(st.data(), st.dictionaries(st.text(max_size=6), st.text(max_size=12), min_size=1, max_size=4))
def test_json_stays_json_whatever_is_replaced_in_it(data: st.DataObject, value: dict[str, str]) -> None:
    text = json.dumps(value)
    spans = within_strings(text, data.draw(cut(len(text))), layers(text))

    assert len(json.loads(replaced(text, spans))) <= len(value)


@given(
    st.data(),
    st.dictionaries(st.text('ab \\"\u00e9', max_size=6), st.text('Jane "\\\n', max_size=12), min_size=1),
)
def test_json_in_json_stays_json_too(data: st.DataObject, value: dict[str, str]) -> None:
    text = json.dumps({"body": json.dumps(value)})
    inner = text.index("{", 1)
    spans = [
        span for span in within_strings(text, data.draw(cut(len(text))), layers(text)) if span.start >= inner
    ]
    outer = json.loads(replaced(text, spans))

    assert len(json.loads(outer["body"])) <= len(value)


@given(st.data(), st.dictionaries(st.text(max_size=6), st.text(max_size=12), min_size=1, max_size=4))
def test_cutting_uncovers_no_word(data: st.DataObject, value: dict[str, str]) -> None:
    text = json.dumps(value)
    spans = data.draw(cut(len(text)))
    before = {place for span in spans for place in range(span.start, span.end)}
    after = {
        place for span in within_strings(text, spans, layers(text)) for place in range(span.start, span.end)
    }

    assert not any(text[place].isalnum() for place in before - after)


def test_spans_in_prose_are_left_alone() -> None:
    said = 'Jane "J" Roe: "hi" there'
    spans = [Span(0, 12, "NAME", 1.0)]

    assert within_strings(said, spans, layers(said)) == spans


def test_a_number_needs_quotes() -> None:
    text = '{"phone": 1715550182, "x": "1"}'
    start = text.index("1715")

    assert (start, start + 10) in numbers(text)
    assert (text.index('1"'), text.index('1"') + 1) not in numbers(text)
    assert json.loads(replaced(text, list(find(layers(text))))) == {"phone": "<NAME_00000000>", "x": "1"}


@pytest.mark.parametrize(
    "text",
    [
        '{"' * 2000,
        ',"' * 2000,
        ':"\\' * 1300,
        '"' * 4000,
        "[" * 4000,
        '["a",' * 800,
        '": "' * 1000,
        ", " * 2000,
        '{"a":"\\"b\\""}' * 300,
    ],
)
def test_json_made_to_be_slow_is_read(text: str) -> None:
    assert sum(len(view.text) for view in views(text)) <= 2 * len(text)
    assert within_strings(text, [Span(0, len(text), "NAME", 1)], layers(text)) is not None


def test_what_strings_leave_of_a_text_has_neither_them_nor_their_quotes() -> None:
    rest = readings('{"note": "call me back", "more": ["on Monday", "or later"]} Regards').rest

    assert rest is not None
    assert rest.text == '{"note": \n\n, "more": [\n\n, \n\n]} Regards'


def test_a_string_is_read_as_any_text_is() -> None:
    text = '{"note": "mail jane&#64;bloom.example \\u0046red", "id": "x1"}'

    assert [view.text for view in views(text)] == ["mail jane@bloom.example Fred"]
