"""Passages follow headings, fit their budget and lose no word."""

import traceback
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ground.chunking import MOST_PASSAGES, PASSAGE_TOKENS, Piece, chunk, count_tokens, documents
from processors.ground.chunking.blocks import Block
from schemas.errors import Unprocessable
from schemas.knowledge import Document

MediaType = Literal["text/plain", "text/markdown", "text/html"]


def cut(text: str, media_type: MediaType = "text/markdown", title: str = "Title") -> tuple[Piece, ...]:
    return chunk(
        Document(
            tenant="acme-shop", document_id="doc", version=2, title=title, text=text, media_type=media_type
        )
    )


def shown(pieces: tuple[Piece, ...]) -> list[tuple[str, str, str]]:
    return [(piece.passage_id, piece.title, piece.text) for piece in pieces]


def test_follows_headings() -> None:
    text = "Intro of eight words or more, as it says.\n\nMore.\n\n## Rückgabe & Umtausch\nWithin thirty days you may return all that you bought.\n# Above\n## Last\n\nThe end of it all has come, said the old man."
    assert shown(cut(text)) == [
        ("top", "Title", "Intro of eight words or more, as it says.\n\nMore."),
        (
            "ruckgabe-umtausch",
            "Title: Rückgabe & Umtausch",
            "Within thirty days you may return all that you bought.",
        ),
        ("last", "Title: Above > Last", "The end of it all has come, said the old man."),
    ]


def test_equal_headings_stay_apart_and_other_scripts_have_ids() -> None:
    body = "There are more than eight words in each section here."
    found = cut(f"## Note\n{body}\n## Note\n{body}\n## 日本\n{body}")
    assert [piece.passage_id for piece in found] == ["note", "note.2", "h-7ec6661c"]


def test_tiny_sections_go_together_and_name_their_headings() -> None:
    found = cut("# A\n## Empty\n## Yes\nNo.\n## Long\nThere are more than eight words in each section here.")
    assert shown(found) == [
        (
            "empty",
            "Title: A",
            "Empty\n\nYes\n\nNo.\n\nLong\n\nThere are more than eight words in each section here.",
        )
    ]


def test_a_heading_that_repeats_the_title_is_left_out_of_it() -> None:
    assert [piece.title for piece in cut("# Refunds\nText.", title="refunds")] == ["refunds"]


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
@pytest.mark.parametrize("text", [" \n\n ", "\u200b", "\u2060 \n"])
def test_a_document_that_shows_nothing_is_refused(text: str, media_type: MediaType) -> None:
    with pytest.raises(Unprocessable, match="document_empty"):
        cut(text, media_type)


@pytest.mark.parametrize(
    "text", ["<!-- words -->", "<script>words</script>", "<p hidden>words</p>", "<div></div>"]
)
@pytest.mark.parametrize("media_type", ["text/markdown", "text/html"])
def test_what_is_all_hidden_is_empty(text: str, media_type: MediaType) -> None:
    with pytest.raises(Unprocessable, match="document_empty"):
        cut(text, media_type)


@pytest.mark.parametrize("text", ["T\0h\0i\0s\0", "caf\ufffd", "%PDF\x01\x02\x03 text", "\ufffd" * 10])
def test_what_was_decoded_wrongly_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable, match="document_unreadable"):
        cut(text)


def test_no_error_of_a_parser_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> list[Block]:
        raise UnicodeEncodeError("utf-8", text, 0, 1, text)

    monkeypatch.setitem(documents._READERS, "text/html", fail)
    secret = "\u03b1" * 4
    with pytest.raises(Unprocessable, match="document_unreadable") as caught:
        cut(secret, "text/html")
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_mojibake_is_data() -> None:
    assert cut("RÃ¼ckgabe in 30 Tagen")[0].text == "RÃ¼ckgabe in 30 Tagen"


def test_too_many_passages_are_refused() -> None:
    section = "<h2>a</h2><p>one two three four five six seven nine"
    with pytest.raises(Unprocessable, match="too_many_passages"):
        cut(section * (MOST_PASSAGES + 1), "text/html")


@given(st.lists(st.text(st.sampled_from("ab \n"), max_size=3_000), min_size=1, max_size=4))
def test_no_word_of_plain_prose_is_lost_and_none_is_too_long(parts: list[str]) -> None:
    text = "\n\n".join(parts) + "x"
    found = cut(text, "text/plain")
    assert all(0 < count_tokens(piece.text) <= PASSAGE_TOKENS for piece in found)
    assert len({piece.passage_id for piece in found}) == len(found)
    assert "".join("".join(piece.text.split()) for piece in found) == "".join(text.split())
