"""What actions rest on: templates' replies pass as they are, and whose words count for figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import processors.tasks.shop_support as shop
from processors.classify.templates import reply as filled
from processors.ground.chunking import chunk
from processors.tasks.task import load_task
from processors.validate import check
from processors.validate.grounding import Rest, sources, violations
from schemas.actions import AskClarification, PassageSource, RecordSource, SendReply
from schemas.envelope import Tier
from schemas.knowledge import Chunk, Evidence, ToolResult
from schemas.proposals import Proposed
from schemas.requests import Content, Turn
from tests.events import CHUNK, MOMENT, TASK, evidence, hand_over, order_found, proposed, refund, reply

SHOP = load_task(Path(shop.__path__[0]))
DELIVERED = order_found(status="delivered", delivered_on="2025-02-21", expected_on="2025-02-24")
SHIPPED = order_found(status="shipped", delivered_on=None, expected_on="2025-03-05")


def shop_chunks() -> Iterator[Chunk]:
    for document in SHOP.documents:
        for piece in chunk(document) if document.tenant == "acme-shop" else ():
            yield CHUNK.model_copy(
                update={
                    "chunk_id": f"{document.document_id}@{document.version}#{piece.passage_id}",
                    "document_id": document.document_id,
                    "title": piece.title,
                    "text": piece.text,
                }
            )


CHUNKS = tuple(shop_chunks())
REPLIES = [(label, language) for label, by in SHOP.templates.replies.items() for language in by]


@pytest.mark.parametrize("record", [DELIVERED, SHIPPED], ids=["delivered", "shipped"])
@pytest.mark.parametrize(("label", "language"), REPLIES)
def test_a_template_s_reply_would_pass_were_it_a_model_s(
    label: str, language: str, record: ToolResult
) -> None:
    grounds = Evidence(chunks=CHUNKS, tool_results=(record,))
    action = filled(SHOP.templates, label, language, grounds, 0.9)
    assert action is not None
    event = proposed(action, evidence=grounds)
    assert event.proposal.tier is Tier.LARGE
    wanted = ["citation_missing"] if label == "greeting_thanks" else []
    assert [each.error for each in violations(Rest(event, action), SHOP.spec)] == wanted
    by_code = event.proposal.model_copy(update={"tier": Tier.CHEAP})
    assert check(event.model_copy(update={"proposal": by_code}), SHOP.spec) == (action, ())


def test_there_is_a_reply_for_each_language_and_intent() -> None:
    assert len(REPLIES) >= 40


QUOTE = {"chunk_id": CHUNK.chunk_id, "quote": "You may return an article within 30 days"}
SAID = "You may return it within 30 days, order 4711."


def errors(action: SendReply | AskClarification, **changes: object) -> list[str]:
    event: Proposed = proposed(action, None, **changes)
    return [each.error for each in violations(Rest(event, action), TASK)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Content(text="What of order 4711?", redaction_version="1"), []),
        (Content(text="And?", identifiers={"order_number": "4711"}, redaction_version="1"), []),
        (Content(text="And?", turns=(Turn(role="requester", text="It is 4711"),), redaction_version="1"), []),
        (
            Content(text="And?", turns=(Turn(role="assistant", text="It is 4711"),), redaction_version="1"),
            ["unsupported_figure"],
        ),
        (Content(text="And?", redaction_version="1"), ["unsupported_figure"]),
    ],
)
def test_only_the_requester_s_own_words_count_for_figures(content: Content, expected: list[str]) -> None:
    assert errors(reply(SAID, citations=(QUOTE,)), content=content) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (order_found(order_number="4711"), []),
        (
            order_found(order_number="4711").model_copy(update={"status": "not_permitted"}),
            ["unsupported_figure"],
        ),
    ],
)
def test_only_permitted_records_count_for_figures(record: ToolResult, expected: list[str]) -> None:
    assert errors(reply(SAID, citations=(QUOTE,)), evidence=evidence(record)) == expected


def test_a_passage_that_is_not_cited_does_not_count_for_figures() -> None:
    other = CHUNK.model_copy(
        update={"chunk_id": "other#1", "text": "Order 4711 is a good example of an order."}
    )
    found = evidence(order_found(), chunks=(CHUNK, other))
    assert errors(reply(SAID, citations=(QUOTE,)), evidence=found) == ["unsupported_figure"]
    cited = reply(SAID, citations=(QUOTE, {"chunk_id": "other#1", "quote": "Order 4711 is a good example"}))
    assert errors(cited, evidence=found) == []


def test_the_title_of_a_cited_passage_counts_for_figures() -> None:
    titled = CHUNK.model_copy(update={"title": "Returns of model 4711"})
    assert errors(reply(SAID, citations=(QUOTE,)), evidence=evidence(order_found(), chunks=(titled,))) == []


@pytest.mark.parametrize("question", ["Is it order ZZ-000009?", "Do you mean the one for 99 EUR?"])
def test_a_model_s_question_invents_no_figure_either(question: str) -> None:
    assert errors(AskClarification(language="en", question=question)) == ["unsupported_figure"]


def test_an_action_s_sources_are_what_it_cites_and_uses() -> None:
    other = CHUNK.model_copy(update={"chunk_id": "other#1"})
    read = order_found().model_copy(update={"read_at": MOMENT})
    unused = ToolResult(tool="get_stock", arguments={"article": "lamp"}, status="ok", record={"count": 7})
    found = evidence(read, unused, chunks=(CHUNK, other))
    passage = PassageSource(chunk_id=CHUNK.chunk_id, document_id="returns", version=1, title="Returns")
    record = RecordSource(tool="get_order", read_at=MOMENT)
    for action, expected in (
        (reply("You may return it.", citations=(QUOTE, QUOTE)), (passage,)),
        (reply("Order AB-100001 may be returned.", citations=(QUOTE,)), (passage, record)),
        (refund(), (record,)),
        (refund(order_number="ZZ-000009"), ()),
        (hand_over(summary="AB-100001"), ()),
        (reply(), ()),
    ):
        assert sources(Rest(proposed(action, evidence=found), action)) == expected
