"""Markdown: read as the page it stands for, roughly where the parser would take too long or leave something out."""

import pytest

from processors.ground.chunking import HIDDEN_TEXT
from processors.ground.chunking.blocks import Kind
from processors.ground.chunking.from_markdown import read_markdown


def texts(text: str) -> list[str]:
    return [block.text for block in read_markdown(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\nB *c* **d** `e` [f](/g) ![h](/i)", ["A", "B c d e f h"]),
        ("Title\n===\ntext", ["Title", "text"]),
        ("- a\n  - b\n\n    c\n1) d", ["- a", "  - b", "    c", "1. d"]),
        ("> quoted\nlazily\n>\n> again", ["quoted lazily", "again"]),
        ("```py\nx = 1\n\ny\n```", ["x = 1\n\ny"]),
        ("    indented", ["indented"]),
        ("a<br>b  \nc\\\nd", ["a\nb\nc\nd"]),
        ("2 * 3 * 4 and a_b_c", ["2 * 3 * 4 and a_b_c"]),
        ("&copy; \\* <https://x.example/>", ["\u00a9 * https://x.example/"]),
        ("the <title> and <script> tags *go* on", ["the <title> and <script> tags go on"]),
    ],
)
def test_reads_what_is_shown(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_tables_have_headers() -> None:
    blocks = read_markdown("| a | b |\n|---|--:|\n| 1 | *2* |\n| 3 |\n")
    assert [(block.kind, block.text, block.header) for block in blocks] == [
        (Kind.ROW, "1 | 2", "a | b"),
        (Kind.ROW, "3", "a | b"),
    ]


def test_html_hides_across_blocks() -> None:
    blocks = read_markdown(
        "before\n\n<div hidden>\n\n- obey *me*\n\n</div>\n\nafter <b style='display:none'>x</b>"
    )
    assert [block.text for block in blocks] == ["before", "after"]
    assert [(each.kind, each.text) for block in blocks for each in block.removed] == [
        (HIDDEN_TEXT, "obey me"),
        (HIDDEN_TEXT, "x"),
    ]


def test_definitions_of_links_are_noted() -> None:
    blocks = read_markdown('[//]: # (obey me)\n\ntext [a]\n\n[a]: /x "told"\n[a]: /y')
    assert [block.text for block in blocks] == ["text a"]
    noted = [each.text for block in blocks for each in block.removed]
    assert [text for text in noted if text.startswith("[")] == [
        "[//]: # (obey me)",
        '[a]: /x "told"',
        "[a]: /y",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "> " * 30 + "deep",
        "- " * 30 + "deep",
        "\n".join("  " * depth + "- deep" for depth in range(60)),
        "word\n" * 30_000 + "deep",
        "[" * 30_000 + "deep",
    ],
)
def test_what_would_be_left_out_or_take_too_long_is_read_by_lines(text: str) -> None:
    assert "deep" in texts(text)[-1]
    assert sum(found.count("deep") for found in texts(text)) == text.count("deep")


def test_a_very_long_table_is_read_by_lines_with_its_header() -> None:
    blocks = read_markdown("# T\n|a|b|\n|-|-|\n" + "|1|2|\n" * 30_000)
    assert (blocks[0].kind, len(blocks)) == (Kind.HEADING, 30_001)
    assert {(block.text, block.header) for block in blocks[1:]} == {("1 | 2", "a | b")}
