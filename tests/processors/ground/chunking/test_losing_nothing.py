"""Whatever a document is made of: passages within their bounds and with all that is shown, or a refusal with a code."""

import re
from itertools import count, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from processors.ground.chunking import PASSAGE_TOKENS, chunk, count_tokens, from_markdown
from processors.ground.chunking.sentences import broken, lines, pieces, sentences
from schemas.errors import Unprocessable
from schemas.knowledge import Document
from tests.processors.ground.chunking.test_documents import MediaType

REFUSALS = {"document_empty", "document_unreadable", "too_many_passages"}
WORD = re.compile(r"w\d+w")
TAGS = [
    "<p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<h1>",
    "<h2>",
    "</h2>",
    "<h3>",
    "<ul>",
    "<ol>",
    "</ul>",
    "<li>",
    "<table>",
    "</table>",
    "<tr>",
    "<th>",
    "<td>",
    "<pre>",
    "</pre>",
    "<br>",
    "<blockquote>",
    "</blockquote>",
    "<dl>",
    "<dt>",
    "<dd>",
    "<a>",
    "</a>",
    "<button>",
    "<select>",
    "<option>",
    "<svg>",
    "<caption>",
    "<form>",
    "<i>",
    "</table",
    "</",
    "<>",
    "<",
    "&",
    "&lt;",
    "&#0;",
    "<p/",
    "<!doctype>",
    "</p>",
]
MARKS = [
    "\n", "\n\n", "\n# ", "\n## ", "\n- ", "\n  - ", "\n1. ", "\n> ", "\n| ", " | ", "\n|-|-|\n", "\n```\n", "\n    ",
     "\n===\n", "\n---\n", "*", "**", "_", "`", "[", "](", ")", "![", "<b>", "</b>", "<div>\n", "\\", "&amp;", "  \n",
]  # fmt: skip


def soup(marks: list[str]) -> st.SearchStrategy[str]:
    """Words that occur once, with marks between them."""

    def written(parts: list[str | int]) -> str:
        numbers = count()
        return "".join(part if isinstance(part, str) else f" w{next(numbers)}w " * part for part in parts)

    return st.lists(st.sampled_from(marks) | st.integers(1, 3) | st.just(90), max_size=40).map(written)


def cut(text: str, media_type: MediaType) -> tuple[str, ...]:
    """Return titles and texts; hold every passage to its bounds."""
    document = Document.model_construct(
        tenant="acme-shop", document_id="d", version=1, title="Title", text=text, media_type=media_type
    )
    try:
        found = chunk(document)
    except Unprocessable as refusal:
        assert refusal.reason in REFUSALS  # noqa: PT017 - a refusal is a result here
        return ()
    assert len({piece.passage_id for piece in found}) == len(found)
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}(\.\d+)?", piece.passage_id) for piece in found)
    assert all(0 < count_tokens(piece.text) <= PASSAGE_TOKENS for piece in found)
    return tuple(f"{piece.title}\n{piece.text}" for piece in found)


def words(*texts: str) -> set[str]:
    return {word for text in texts for word in WORD.findall(text)}


def displayed(html: str) -> set[str]:
    body = LexborHTMLParser(html).body
    return words(body.text()) if body else set()


@given(
    st.text(max_size=400)
    | st.text(st.sampled_from(" \n\t|-#>*`<&[]().!ab1\u200b\ufffd\0\ud800\u202e"), max_size=400)
)
@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
def test_any_text_gives_passages_or_a_refusal(media_type: MediaType, text: str) -> None:
    cut(text, media_type)


@given(soup(list(TAGS)))
@example("<table><tr><th>w0w<table><tr><td>w1w")
def test_nothing_that_html_shows_is_lost(html: str) -> None:
    assert words(*cut(html, "text/html")) >= displayed(html)


@given(soup(MARKS))
def test_nothing_that_markdown_shows_is_lost(text: str) -> None:
    page = MarkdownIt("commonmark", {"maxNesting": 1_000}).enable("table").render(text)
    assert words(*cut(text, "text/markdown")) >= displayed(page)


@given(soup(MARKS))
def test_nothing_is_lost_where_markdown_is_read_roughly(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_markdown, "_MOST_WORK", -1)
        assert words(*cut(text, "text/markdown")) == words(text)


@given(soup(["\n", "\n\n", "\n- ", "\n===\n", ". ", "\t", "!", "\r\n", "\x85", "\u2029"]))
def test_nothing_of_plain_text_is_lost(text: str) -> None:
    assert words(*cut(text, "text/plain")) == words(text)


@given(st.text(st.sampled_from("aB. \n\u3002!?1,\u00e9\"'"), max_size=300), st.integers(1, 12))
def test_cutting_keeps_every_character_and_the_budget(text: str, budget: int) -> None:
    assert "".join(sentences(text)) == text
    assert "".join(broken(text, budget)) == text
    assert "".join(lines(text, budget)) == text
    for found in (pieces(text, budget), lines(text, budget), list(broken(text, budget))):
        assert all(count_tokens(piece) <= budget for piece in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four\u2026 five.", ["One. ", "Two! ", "Three? ", "Four\u2026 ", "five."]),
        ("Dr. Roe paid 4.90 EUR, e.g. on 24. Dezember. He left.", ["Dr. Roe paid 4.90 EUR, e.g. on 24. Dezember. ", "He left."]),
        ("He said \u201cNo.\u201d Then he left.", ["He said \u201cNo.\u201d ", "Then he left."]),
        ("\u8fd9\u662f\u4e00\u3002\u8fd9\u662f\u4e8c\u3002", ["\u8fd9\u662f\u4e00\u3002", "\u8fd9\u662f\u4e8c\u3002"]),
        ("See www.shop.example. it goes on", ["See www.shop.example. it goes on"]),
        ("a\nb", ["a\n", "b"]),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


def test_a_name_or_number_is_not_cut_where_a_better_place_is_near() -> None:
    text = "call Marion Teller at 030 901820 4417 for more of it " * 60
    found = list(broken(text, 50))
    assert len(found) > 5
    assert not any(re.search(r"(Marion|\d)\s*\Z", piece) for piece in found[:-1])


def test_a_cut_paragraph_repeats_a_sentence() -> None:
    text = " ".join(f"Sentence number {number} says that much and nothing more." for number in range(60))
    found = [each.partition("\n")[2] for each in cut(text, "text/plain")]
    assert len(found) > 2
    for before, after in pairwise(found):
        assert before.endswith(after[: after.index(".") + 1])


@pytest.mark.parametrize(
    ("media_type", "header", "row"),
    [
        ("text/markdown", "|name|price|\n|-|-|\n", "|article {0}|{0} EUR|\n"),
        ("text/html", "<table><tr><th>name<th>price", "<tr><td>article {0}<td>{0} EUR"),
    ],
)
def test_each_piece_of_a_table_has_its_header(media_type: MediaType, header: str, row: str) -> None:
    text = header + "".join(row.format(number) for number in range(200))
    found = [each.partition("\n")[2].split("\n") for each in cut(text, media_type)]
    assert len(found) > 3
    assert {piece[0] for piece in found} == {"name | price"}
    assert [line for piece in found for line in piece[1:]] == [
        f"article {number} | {number} EUR" for number in range(200)
    ]


def test_a_header_too_long_to_be_repeated_comes_once() -> None:
    header = "|" + "|".join(f"w{number}w" for number in range(150)) + "|"
    found = cut(f"{header}\n{'|-' * 150}|\n|value|\n|again|", "text/markdown")
    assert [sum(f"w{number}w" in each for each in found) for number in range(150)] == [1] * 150
    assert found[-1].endswith("value\nagain")
