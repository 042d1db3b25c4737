"""HTML: what a browser shows is kept, however broken; what it does not show is taken out and noted."""

import pytest

from processors.ground.chunking import ACTIVE_CONTENT, HIDDEN_TEXT
from processors.ground.chunking.blocks import Block, Kind
from processors.ground.chunking.from_html import read_html
from processors.ground.chunking.nesting import is_too_deep
from schemas.errors import Unprocessable


def texts(html: str) -> list[str]:
    return [block.text for block in read_html(html)]


def removed(html: str) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for block in read_html(html) for each in block.removed]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a<br>b  c\n d", ["a\nb c d"]),
        ("<p>one<p>two<div>three<b>four</b></div>five", ["one", "two", "threefour", "five"]),
        ("<ul><li>a<ul><li>b<p>c</ul><li>d</ul>e", ["- a", "  - b", "    c", "- d", "e"]),
        ("<ol start=4><li>a<li>b</ol>", ["4. a", "5. b"]),
        ("<ol start=x><li>a</ol><li>b", ["1. a", "- b"]),
        ("<dl><dt>term<dd>what it is</dl>", ["term", "what it is"]),
        ("<pre>a\n  b\n\n</pre>c", ["a\n  b", "c"]),
        ("<a href=/x>link</a>, <img alt='a lamp' src=l.png> &amp; <button>buy</button>", ["link, a lamp &", "buy"]),
        ("<blockquote>said<p>again</blockquote>", ["said", "again"]),
        ("<title>in the head</title><p>text <textarea>typed", ["text", "typed"]),
        ("<details><summary>More</summary>to tell</details>", ["More", "to tell"]),
        ("1 < 2 and <3 <<b>bold", ["1 < 2 and <3 <bold"]),
        ("<p <p>x</p</div></table>y", ["xy"]),
        ("</p>", []),
    ],
)  # fmt: skip
def test_reads_what_is_shown(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


def test_headings_have_levels_and_end_where_their_end_is_missing() -> None:
    assert read_html("<h1>A <i>b</i></h1><h3><div>C</div></h3>text<h2>D<p>text") == [
        Block(Kind.HEADING, "A b", 1),
        Block(Kind.HEADING, "C", 3),
        Block(Kind.PARAGRAPH, "text"),
        Block(Kind.HEADING, "D", 2),
        Block(Kind.PARAGRAPH, "text"),
    ]


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        (
            "<table><tr><th>a<th>b<tr><td>1<td>2<tr><td>3</table>",
            [("1 | 2", "a | b"), ("3", "a | b")],
        ),
        ("<table><thead><tr><th>only</table>", [("only", "")]),
        ("<table><tr><td>a<td>b<tr><td>1<td><p>2<p>3<ul><li>4</table>", [("a | b", ""), ("1 | 2 3 4", "")]),
        (
            "<table><tr><th>k</th><td>v</td></tr><tr><td>a<table><tr><th>in<td>ner</table>b</table>",
            [("k | v", ""), ("a in ner b", "")],
        ),
        ("<table><tr><td><h2>head</h2><pre>a\nb</pre></table>", [("head a b", "")]),
    ],
)
def test_tables_are_read_by_rows_with_their_header(html: str, rows: list[tuple[str, str]]) -> None:
    assert [(block.text, block.header) for block in read_html(html)] == rows
    assert {block.kind for block in read_html(html)} == {Kind.ROW}


def test_a_header_belongs_to_its_own_table() -> None:
    table = "<table><tr><th>a<tr><td>1</table>"
    assert [(block.text, block.header, block.table) for block in read_html(table + table)] == [
        ("1", "a", 1),
        ("1", "a", 2),
    ]


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden", "hidden=until-found", "aria-hidden=true", "aria-hidden=' TRUE '", "popover",
        "style='display:none'", "style='DISPLAY : none !important'", "style='color:red;display:/**/none'",
        "style='di\\73play:none'", "style='visibility:hidden'", "style='opacity:0'", "style='opacity:0.0;x:y'",
        "style='font-size:0'", "style='font-size:0px;'", "style='font:0/0 a'", "style='color:transparent'",
        "style='position:absolute;left:-9999px'", "style='text-indent:-999em'", "style='height:0;overflow:hidden'",
        "style='clip:rect(0,0,0,0)'",
        "style='font:italic 0px a'", "style='x:y;;display:none'", "style='" + "a:b;" * 900 + "display:none'", "style='opacity:.0!important'",
    ],
)  # fmt: skip
def test_a_hidden_element_is_taken_out_and_noted(attributes: str) -> None:
    html = f"<p>before</p><div {attributes}>obey <b>me</b><p>now</div><p>after"
    assert texts(html) == ["before", "after"]
    assert removed(html) == [(HIDDEN_TEXT, "obey menow")]


@pytest.mark.parametrize(
    "attributes",
    ["aria-hidden=false", "style='opacity:0.5'", "style='font-size:0.8em'", "style='line-height:0'",
     "style='font-size:10px'", "style='max-width:0;height:1px'", "style='font:12px/1.0 a'", "style='opacity:0.05'", "class=hidden", "style='margin-left:-1px;top:-3px'", "data-hidden"],
)  # fmt: skip
def test_what_only_looks_hidden_is_shown(attributes: str) -> None:
    assert texts(f"<p {attributes}>shown") == ["shown"]


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<script>obey()</script>", ACTIVE_CONTENT),
        ("<style>p { x }</style>", ACTIVE_CONTENT),
        ("<iframe src=x>obey</iframe>", ACTIVE_CONTENT),
        ("<object>obey</object>", ACTIVE_CONTENT),
        ("<template>obey</template>", ACTIVE_CONTENT),
        ("<noscript>obey</noscript>", HIDDEN_TEXT),
        ("<dialog>obey</dialog>", HIDDEN_TEXT),
        ("<!-- obey -->", ""),
    ],
)
def test_what_no_page_shows_is_taken_out_and_noted(html: str, kind: str) -> None:
    assert texts(f"a {html}b") == ["a b"]
    assert [each for each, _ in removed(f"a {html}b")] == [kind]
    assert [each for each, _ in removed(f"a{html}")] == [kind]


def test_where_links_lead_is_noted_but_not_shown() -> None:
    html = "<a href='https://x.example/?q=%7B%7Bname%7D%7D'>here</a><a href=a>there</a>"
    assert (texts(html), removed(html)) == (["herethere"], [("", "https://x.example/?q={{name}}")])


def test_nesting_has_a_limit() -> None:
    assert texts("<div>" * 9_990 + "deep") == ["deep"]
    assert texts("<ul><li>a" * 4_000)[:2] == ["- a", "  - a"]
    with pytest.raises(Unprocessable, match="document_unreadable"):
        read_html("<div>" * 10_001 + "deep")


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("<div>", True),
        ("<ul><li>a", True),
        ("<li><dd>", True),
        ("<div><object></div></object>", True),
        ("<div><!--</div>-->", True),
        ("<div title='</div>'>", True),
        ('<div a="</div>">', True),
        ('<div ="></div>', False),
        ("<p>a", False),
        ("<li>a", False),
        ("<div>a</div>", False),
        ("<br>", False),
        ("<dt>a<dd>b", False),
        ("<tr><td>a", False),
        ("<script><div></script>", False),
        ("<!--<div>-->", False),
    ],
)  # fmt: skip
def test_depth_is_told_before_a_tree_is_built(html: str, deep: bool) -> None:
    assert is_too_deep(html * 15_000) is deep
