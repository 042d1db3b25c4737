"""The check of invariant 1 must itself notice what is lost, doubled or acted on twice, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import IssueRefund
from schemas.endings import Approval, Audited
from schemas.envelope import Message, Origin
from streams.conservation import Conservation, Ending, Kind, ending_of, final
from tests.events import (
    MOMENT,
    context,
    dead_letter,
    inbound,
    published,
    redacted,
    refund,
    reply,
    review_opened,
)

RECORD, OTHER = (0, 1), (0, 2)
ACTION_ID, REVIEW_ID = UUID(int=1), UUID(int=2)
ACTION = Ending(RECORD, 0, Kind.ACTION, "send_reply", "event-1", action_id=ACTION_ID)
REVIEW = Ending(RECORD, 0, Kind.REVIEW, "some-rule", "event-2", review_id=REVIEW_ID)
LETTER = Ending(RECORD, 0, Kind.DEAD_LETTER, "some_reason", "event-3")
DUPLICATE = Ending(RECORD, 0, Kind.DUPLICATE, "duplicate", "event-4")
APPROVED = replace(ACTION, review_id=REVIEW_ID)
REFUSED = replace(LETTER, review_id=REVIEW_ID)


def seen(*endings: Ending, published: Sequence[tuple[int, int]] = (RECORD,)) -> Conservation:
    found = Conservation(set(published))
    for ending in endings:
        found.add(ending)
    return found


@pytest.mark.parametrize(
    "endings",
    [
        [ACTION],
        [REVIEW],
        [LETTER],
        [DUPLICATE],
        [REVIEW, APPROVED],
        [APPROVED, REVIEW],
        [REVIEW, REFUSED],
        [LETTER, LETTER],
        [REVIEW, REVIEW, REFUSED],
        [LETTER, replace(ACTION, generation=1)],
        [REVIEW, REFUSED, replace(ACTION, generation=1)],
    ],
)
def test_one_outcome_a_generation_is_none_lost_and_none_doubled(endings: list[Ending]) -> None:
    found = seen(*endings)
    assert (found.lost, found.doubled, found.foreign, found.duplicate_actions) == ([], [], [], 0)
    assert found.complete


@pytest.mark.parametrize(
    "endings",
    [
        [ACTION, LETTER],
        [REVIEW, ACTION],
        [REVIEW, LETTER],
        [DUPLICATE, ACTION],
        [REVIEW, APPROVED, REFUSED],
        [LETTER, replace(LETTER, event_id="event-9")],
        [REVIEW, replace(REVIEW, event_id="event-9", review_id=UUID(int=9))],
        [replace(LETTER, event_id=""), replace(LETTER, event_id="")],
        [ACTION, replace(LETTER, generation=1), replace(ACTION, generation=1)],
    ],
)
def test_two_outcomes_in_a_generation_are_a_doubled_request(endings: list[Ending]) -> None:
    assert seen(*endings).doubled == [RECORD]
    assert seen(*reversed(endings)).doubled == [RECORD]


def test_a_record_without_an_ending_is_lost() -> None:
    found = seen(ACTION, published=(RECORD, OTHER))
    assert found.lost == [OTHER]
    assert not found.complete


def test_an_ending_of_what_was_not_published_is_foreign() -> None:
    assert seen(replace(ACTION, record=OTHER), published=()).foreign == [OTHER]


@pytest.mark.parametrize(
    ("endings", "count"),
    [
        ([ACTION], 0),
        ([ACTION, ACTION], 1),
        ([ACTION, ACTION, replace(ACTION, event_id="event-9")], 2),
        ([ACTION, replace(ACTION, generation=1)], 1),
        ([ACTION, replace(ACTION, record=OTHER)], 1),
        ([ACTION, replace(ACTION, record=OTHER, action_id=UUID(int=9))], 0),
    ],
)
def test_an_action_id_counts_once_even_where_its_event_repeats(endings: list[Ending], count: int) -> None:
    assert seen(*endings, published=(RECORD, OTHER)).duplicate_actions == count


def test_outcomes_and_reasons_count_each_record_by_its_last_ending() -> None:
    found = seen(REVIEW, APPROVED, replace(LETTER, record=OTHER), published=(RECORD, OTHER))
    assert found.outcomes() == {Kind.ACTION: 1, Kind.DEAD_LETTER: 1}
    assert found.reasons() == {(Kind.ACTION, "send_reply"): 1, (Kind.DEAD_LETTER, "some_reason"): 1}


def test_the_last_generation_counts() -> None:
    assert final([replace(LETTER, generation=1), ACTION]).kind is Kind.DEAD_LETTER


RECORDS = st.tuples(st.integers(0, 3), st.integers(0, 50))


@given(
    st.dictionaries(RECORDS, st.sampled_from([Kind.ACTION, Kind.DEAD_LETTER, Kind.REVIEW]), max_size=30),
    st.data(),
)
def test_any_loss_doubling_and_redelivery_is_told_apart(
    kinds: dict[tuple[int, int], Kind], data: st.DataObject
) -> None:
    """Of requests that ended once each, some lose their ending, some gain another, some are told twice."""
    some = st.sets(st.sampled_from(sorted(kinds)), max_size=len(kinds)) if kinds else st.just(set())
    lost, doubled, repeated = data.draw(some), data.draw(some), data.draw(some)
    endings = {
        record: Ending(record, 0, kind, "any", f"{record}", action_id=UUID(int=number))
        for number, (record, kind) in enumerate(sorted(kinds.items()))
    }
    told = [ending for record, ending in endings.items() if record not in lost]
    told += [replace(LETTER, record=record, event_id=f"second {record}") for record in doubled - lost]
    told += [endings[record] for record in repeated - lost if kinds[record] is not Kind.ACTION]
    found = seen(*data.draw(st.permutations(told)), published=sorted(kinds))
    assert found.lost == sorted(lost)
    assert found.doubled == sorted(doubled - lost)
    assert (found.foreign, found.duplicate_actions) == ([], 0)


def read(message: Message, event_id: str = "event-1") -> Ending | None:
    return ending_of(inbound(message, headers=(("ce_id", event_id.encode()),)))


def test_an_action_names_its_request_and_the_review_it_closes() -> None:
    action = published(reply())
    found = read(action)
    assert found == Ending(
        (0, 1), 0, Kind.ACTION, "send_reply", "event-1", action.id, context().request_id, review_id=None
    )
    approval = Approval(
        review_id=REVIEW_ID,
        decision_id=UUID(int=3),
        reviewer_id="anna",
        payload_digest=action.payload_digest,
        decided_at=MOMENT,
    )
    approved = read(published(refund(), approval=approval))
    assert approved is not None
    assert (approved.reason, approved.review_id) == (IssueRefund.model_fields["type"].default, REVIEW_ID)


def test_a_review_is_named_by_the_rule_that_opened_it() -> None:
    review = review_opened(refund())
    found = read(review)
    assert found is not None
    assert (found.kind, found.reason, found.review_id) == (Kind.REVIEW, "some-rule", review.review_id)


def test_a_dead_letter_of_a_request_that_could_be_read_is_its_request_s() -> None:
    found = read(dead_letter(context(5), review_id=REVIEW_ID))
    assert found is not None
    assert (found.record, found.kind, found.reason, found.review_id) == (
        (0, 5),
        Kind.DEAD_LETTER,
        "some_reason",
        REVIEW_ID,
    )


def test_a_dead_letter_without_context_is_the_record_s_that_it_points_to() -> None:
    source = Origin(topic="requests", partition=3, offset=8)
    found = read(dead_letter().model_copy(update={"context": None, "source": source}))
    assert found is not None
    assert (found.record, found.request_id) == ((3, 8), None)


def test_a_dead_letter_of_something_else_ends_no_request() -> None:
    source = Origin(topic="decisions", partition=0, offset=1)
    assert read(dead_letter().model_copy(update={"context": None, "source": source})) is None


@pytest.mark.parametrize(("kind", "ends"), [("duplicate", True), ("decision_by_unknown_reviewer", False)])
def test_of_a_stage_s_notes_only_a_duplicate_ends_a_record(kind: str, ends: bool) -> None:
    note = Audited(context=redacted().context, stage="admit", kind=kind, source=context().origin)
    assert (read(note) is not None) is ends
