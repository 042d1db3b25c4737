"""Texts that nobody in good faith would send: strategies for Hypothesis, and a few of the worst by hand."""

import json
from collections.abc import Mapping

from hypothesis import strategies as st

ODD_CHARACTERS = (
    "\x00\x01\x07\x08\t\n\x0b\x0c\r\x1b\x1f\x7f\x85\x9f\xa0\xad"
    "\u0300\u0301\u0338\u034f\u0489\u05d0\u0600\u061c\u0627\u0661\u06f5\u0966\u115f\u17b5\u180e"
    "\u1e9e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u20e3"
    "\u2215\u3000\u3164\uac00\ud800\udbff\udc00\udfff\ue000\ufb03\ufdfa\ufe0f\ufeff\uff10\uff20\uff21\uffa0\ufffd\uffff"
    "\U0001d400\U0001d7d8\U0001f468\U0001f3fd\U000e0041\U000f0000\U0010ffff"
)
FRAGMENTS = (
    *(
        "<",
        ">",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "`",
        "\\",
        "/",
        "%",
        "&",
        ";",
        ":",
        "=",
        "@",
        ".",
        ",",
        "-",
        "_",
        "#",
        "$",
    ),
    *(
        "<PERSON_0badcafe>",
        "\u2039NAME_0badcafe\u203a",
        "<|im_start|>",
        "\\u0041",
        "\\ud800",
        "%41",
        "&#64;",
        "&lt;",
    ),
    *(
        "AKIA",
        "ghp_",
        "sk-",
        "eyJ",
        "-----BEGIN ",
        " KEY-----",
        "postgres://",
        "http://",
        "password",
        "api_key",
        "Bearer",
    ),
    *(
        " at ",
        " dot ",
        "[at]",
        " one ",
        " two ",
        "zero",
        "nine",
        "Mr. ",
        "Jane",
        "GmbH",
        "street",
        "the",
        " and ",
    ),
    *(
        "+44",
        "00",
        "4111",
        "1111 ",
        "2026-01-01",
        "12:30",
        "1e309",
        "NaN",
        "true",
        "null",
        "QUJD",
        "==",
        "0x41",
        "=?utf-8?q?",
    ),
)

odd = st.sampled_from(ODD_CHARACTERS)
fragments = st.sampled_from(FRAGMENTS)
scraps = st.lists(odd | fragments | st.characters(codec=None), max_size=40).map("".join)
repeated = st.builds(
    lambda scrap, times: scrap * times,
    st.lists(odd | fragments, min_size=1, max_size=3).map("".join),
    st.integers(1, 300),
)
texts = scraps | repeated | st.builds("".join, st.lists(scraps | repeated, max_size=3))
"""Any text, with unpaired surrogates as well."""

encodable = texts.map(lambda text: "".join(each for each in text if not "\ud800" <= each <= "\udfff"))
"""The same without them: what can be written as UTF-8."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
"""Any JSON value, and numbers that JSON has not."""

LONG: Mapping[str, str] = {
    "letters": "a",
    "capitals": "A",
    "digits": "1",
    "blanks": " ",
    "line breaks": "\n",
    "accents": "e\u0301\u0338",
    "marks alone": "\u0301",
    "hidden": "\u200b",
    "directions": "\u202e\u202c",
    "labels": "a.",
    "dots": ".",
    "at signs": "a@",
    "dashes": "-",
    "brackets": "[",
    "braces": '{"a":',
    "quotation marks": '"',
    "backslashes": "\\",
    "escapes": "\\u0041",
    "percents": "%41",
    "entities": "&#64;",
    "Base64": "QUJD",
    "hexadecimal": "4a",
    "placeholders": "<PERSON_0badcafe>",
    "armour": "-----BEGIN PRIVATE KEY-----",
    "assignments": "password=",
    "names": "Jane Doe ",
    "numbers in words": "one two three ",
    "telephones": "+44 20 7946 0000 ",
    "full width": "\uff11\uff12",
    "ligatures": "\ufb03",
}
"""What is repeated to make a text too long for a careless pattern."""


def nested(depth: int) -> str:
    """Return JSON of that depth, lists and objects in turn, with a text at its bottom."""
    return '[{"a":' * (depth // 2) + json.dumps("Jane Doe") + "}]" * (depth // 2)
