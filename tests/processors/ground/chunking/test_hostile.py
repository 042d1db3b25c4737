"""Documents made to be costly. Each would take minutes, or far more memory than it has, if the work grew with its square."""

import pytest

from processors.ground.chunking import chunk
from schemas.errors import Unprocessable
from schemas.knowledge import Document
from tests.processors.ground.chunking.test_documents import MediaType

LONGEST = 500_000
MARKDOWN = {
    "blanks": " " * (LONGEST - 1) + "x",
    "one word": "a" * LONGEST,
    "nested items": "\n".join("  " * depth + "- a" for depth in range(700)),
    "quotes": ">" * LONGEST,
    "lazy quotes": ">" * 100 + "a\n" * 240_000,
    "items in items": "- " * (LONGEST // 2),
    "rows": "|a|b|\n|-|-|\n" + "|1|2|\n" * 80_000,
    "columns": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|x\n" * 160_000,
    "definitions": "".join(f"[a{number}]: /x\n" for number in range(30_000)),
    "images": "![" * (LONGEST // 2),
}
HTML = {
    "divisions": "<div>" * (LONGEST // 5),
    "lists": "<ul><li>a" * (LONGEST // 9),
    "disguised ends": "<div><!--</div>-->" * (LONGEST // 18),
    "items and terms": "<li><dd>" * (LONGEST // 8),
    "open attributes": '<a b="' * (LONGEST // 6),
    "declarations": "<p style='" + "font:" * 90_000 + "'>x",
    "comments in a style": "<p style='" + "/*" * 240_000 + "'>x",
}
PLAIN = {"paragraphs": "a\n\n" * (LONGEST // 3), "underlines": "a\n---\n" * (LONGEST // 6)}
REFUSALS = {"document_empty", "document_unreadable"}


@pytest.mark.timeout(40)
@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        pytest.param(media_type, text, id=f"{media_type} {name}")
        for media_type, texts in (("text/markdown", MARKDOWN), ("text/html", HTML), ("text/plain", PLAIN))
        for name, text in texts.items()
    ],
)
def test_gives_passages_or_a_refusal(media_type: MediaType, text: str) -> None:
    document = Document(
        tenant="acme-shop", document_id="d", version=1, title="Title", text=text, media_type=media_type
    )
    try:
        assert 0 < len(chunk(document)) < len(text) // 150 + 2
    except Unprocessable as refusal:
        assert refusal.reason in REFUSALS  # noqa: PT017 - a refusal is a result here
