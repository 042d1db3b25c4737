"""Templates hold what evidence says, verbatim, or are not used at all."""

import pytest

from processors.claims.quotes import Quotable, fault
from processors.classify.templates import fill, lead, record_values, reply
from processors.tasks.templates import Reply, Templates
from schemas.actions import MAX_QUOTE_CHARACTERS
from schemas.knowledge import Chunk, Evidence, ToolResult
from tests.events import order_found

TEMPLATES = Templates(
    replies={
        "status": {
            "en": Reply(subject="Order", body="It {get_order.status}."),
            "de": Reply(subject="B", body="x"),
        },
        "policy": {
            "en": Reply(subject="Policy", body="{quote}", cites="returns"),
            "de": Reply(subject="Regeln", body="{quote}", cites="faq.de#ruckgabe"),
        },
    },
    phrases={"get_order.status": {"en": {"delivered": "came on {get_order.delivered_on}"}}},
)


def _chunk(chunk_id: str, text: str = "Thirty days.\n\nMore.") -> Chunk:
    return Chunk(
        chunk_id=chunk_id,
        document_id=chunk_id.partition("@")[0],
        document_version=1,
        title="t",
        text=text,
        score=1.0,
    )


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("{a.b} and {a.b}", "1 and 1"),
        ("{a.b} {c}", None),
        ("{{a.b}}", "{1}"),
        ("{A.B} {}", "{A.B} {}"),
    ],
)
def test_fill(text: str, filled: str | None) -> None:
    assert fill(text, {"a.b": "1"}) == filled


def test_filled_values_are_not_templates_themselves() -> None:
    assert fill("{a}", {"a": "{b}", "b": "secret"}) == "{b}"


def test_record_values_skip_what_is_empty_and_what_was_refused() -> None:
    refused = ToolResult(tool="get_bill", arguments={}, status="not_permitted", record={"amount": "1"})
    found = order_found(note=None, articles=["2 x Mug", "1 x Lamp"], nested={"a": "b"})
    values = record_values(TEMPLATES, "en", Evidence(tool_results=(found, refused)))
    assert values["get_order.articles"] == "2 x Mug, 1 x Lamp"
    assert values["get_order.days_since_delivery"] == "10"
    assert not {"get_order.note", "get_order.nested", "get_bill.amount"} & values.keys()


@pytest.mark.parametrize(
    ("record", "body"),
    [
        ({"status": "delivered", "delivered_on": "2026-11-15"}, "It came on 2026-11-15."),
        ({"status": "delivered"}, "It delivered."),
        ({"status": "lost"}, "It lost."),
    ],
)
def test_phrases(record: dict[str, str], body: str) -> None:
    evidence = Evidence(tool_results=(order_found(**record),))
    filled = reply(TEMPLATES, "status", "en", evidence, 0.9)
    assert filled is not None
    assert (filled.body, filled.citations) == (body, ())


@pytest.mark.parametrize(
    ("language", "chunks", "cited"),
    [
        ("en", ("returns@2#top",), "returns@2#top"),
        ("en", ("returns@2#exchange", "returns@2#top"), "returns@2#exchange"),
        ("de", ("returns@2#top", "faq.de@1#ruckgabe"), "faq.de@1#ruckgabe"),
        ("de", ("returns@2#top", "faq.de@1#versand"), "returns@2#top"),
        ("en", ("returns-abroad@1#top",), None),
        ("de", ("faq.de@1#versand",), None),
        ("en", (), None),
    ],
)
def test_reply_cites_the_passage_it_quotes(language: str, chunks: tuple[str, ...], cited: str | None) -> None:
    evidence = Evidence(chunks=tuple(_chunk(chunk_id) for chunk_id in chunks))
    filled = reply(TEMPLATES, "policy", language, evidence, 0.9)
    if cited is None:
        assert filled is None
    else:
        assert filled is not None
        assert [(c.chunk_id, c.quote) for c in filled.citations] == [(cited, "Thirty days.")]
        assert filled.body == "Thirty days."


def test_long_paragraph_is_quoted_up_to_a_sentence() -> None:
    text = "A sentence of some length. " * 40
    quoted = lead(text)
    assert text.startswith(quoted)
    assert quoted.endswith(".")
    assert MAX_QUOTE_CHARACTERS - 30 < len(quoted) <= MAX_QUOTE_CHARACTERS


def test_endless_sentence_is_cut() -> None:
    assert len(lead("x" * 2_000)) == MAX_QUOTE_CHARACTERS


@pytest.mark.parametrize(
    "text", ["A sentence of some length. " * 40, "words without an end " * 40, "4.90 EUR " * 90]
)
def test_what_is_cut_is_still_a_quotation(text: str) -> None:
    assert fault(lead(text), Quotable.of(text)) == ""
