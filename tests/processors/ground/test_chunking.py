"""Passages follow headings, fit their limit and lose no word."""

from hypothesis import given
from hypothesis import strategies as st

from processors.ground.chunking import MAX_CHUNK_CHARACTERS, passages
from schemas.knowledge import Document


def _document(text: str) -> Document:
    return Document(tenant="acme-shop", document_id="doc", version=2, title="Title", text=text)


def test_follows_headings() -> None:
    found = passages(_document("Intro.\n\nMore.\n\n## Rückgabe & Umtausch\nBody.\n# Empty\n## Last\n\nEnd."))
    assert [(p.chunk_id, p.title, p.text) for p in found] == [
        ("doc@2#top", "Title", "Intro.\n\nMore."),
        ("doc@2#ruckgabe-umtausch", "Title: Rückgabe & Umtausch", "Body."),
        ("doc@2#last", "Title: Last", "End."),
    ]


def test_equal_headings_stay_apart() -> None:
    found = passages(_document("## Note\nOne.\n## Note\nTwo.\n## 日本\nThree."))
    assert [p.chunk_id for p in found] == ["doc@2#note", "doc@2#note.2", "doc@2#top"]


def test_document_of_blanks_has_no_passage() -> None:
    assert passages(_document(" \n\n ")) == []


def test_long_sections_are_cut_between_paragraphs() -> None:
    found = passages(_document("\n\n".join(["word " * 100] * 6)))
    assert [p.chunk_id for p in found] == ["doc@2#top", "doc@2#top.2", "doc@2#top.3"]


@given(st.lists(st.text(st.sampled_from("ab \n"), max_size=3_000), min_size=1, max_size=4))
def test_no_word_is_lost_and_none_is_too_long(parts: list[str]) -> None:
    text = "\n\n".join(parts) + "x"
    found = passages(_document(text))
    assert all(0 < len(passage.text) <= MAX_CHUNK_CHARACTERS for passage in found)
    assert len({passage.chunk_id for passage in found}) == len(found)
    assert "".join("".join(passage.text.split()) for passage in found) == "".join(text.split())
