"""Plain text: paragraphs, bullets and underlined headings, by lines."""

import pytest

from processors.ground.chunking.blocks import Kind
from processors.ground.chunking.from_text import read_text

H, P, L, C, R = Kind.HEADING, Kind.PARAGRAPH, Kind.ITEM, Kind.CODE, Kind.ROW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo\n\n  three ", [(P, "one two"), (P, "three")]),
        ("Head\n====\ntext\n\nSub\n---\nmore", [(H, "Head"), (P, "text"), (H, "Sub"), (P, "more")]),
        ("text\nHead\n====\n", [(P, "text Head ====")]),
        ("- a\n  more\n* b\n\u2022 c\n1. d\n  2) e", [(L, "- a more"), (L, "* b"), (L, "\u2022 c"), (L, "1. d"), (L, "  2) e")]),
        ("# no heading", [(P, "# no heading")]),
        ("-5 degrees\n3.5 litres", [(P, "-5 degrees 3.5 litres")]),
        ("lamp\t12\nrug\t40", [(P, "lamp\t12\nrug\t40")]),
        ("----\n====", [(P, "---- ====")]),
    ],
)  # fmt: skip
def test_plain(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert [(block.kind, block.text) for block in read_text(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Head ##\ntext", [(H, "Head"), (P, "text")]),
        ("###### \nx", [(P, "###### x")]),
        ("```\na\n\n b\n```\nc", [(C, "a\n\n b"), (P, "c")]),
        ("```\na", [(C, "a")]),
        ("x\n|a|b|\n|-|:-:|\n|1|2|\ny", [(P, "x"), (R, "1 | 2"), (P, "y")]),
        ("|a|b|\n|-|-|", [(R, "a | b")]),
        ("a | b", [(P, "a | b")]),
    ],
)
def test_rough_markdown(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert [(block.kind, block.text) for block in read_text(text, marked=True)] == expected
