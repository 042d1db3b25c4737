"""The views' answers, exact although everything may be delivered again, in other batches, or replayed."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.envelope import Message
from schemas.wire import Inbound
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.line import NOW, Line, context

VIEWS = (
    "v_request_outcomes",
    "v_funnel",
    "v_cost_by_tier",
    "v_cost_by_tenant",
    "v_cost_by_day",
    "v_stage_latency",
    "v_dead_letter_reasons",
    "v_budget_by_day",
    "v_action_outcomes",
)

COST = Decimal("0.000323456789")
"""What the two calls of a proposal cost together."""


def put(store: ClickHouseStore, records: Iterable[tuple[Inbound, Message]], size: int = 1000) -> None:
    writer = Writer(store)
    for number, (inbound, message) in enumerate(records, 1):
        writer.take(inbound, message)
        if number % size == 0:
            writer.flush()
    writer.flush()


def of(line: Line, *messages: Message) -> list[tuple[Inbound, Message]]:
    return line.records(messages)


def everything() -> list[tuple[Inbound, Message]]:
    """Return requests that end in every way, one of them published twice, one unreadable, one still on its way."""
    acted, reviewed, dead = Line(context("acted")), Line(context("reviewed"), 2), Line(context("dead"), 3)
    again = Line(context("acted", received_at=NOW + timedelta(days=40)), 0, 100)
    waiting, flying = Line(context("waiting"), 2, 50), Line(context("flying"), 3, 50)
    return [
        *acted.records([*acted.way(), acted.outcome()]),
        *of(reviewed, reviewed.redacted(), reviewed.admitted(), reviewed.review(), reviewed.decision()),
        *of(reviewed, reviewed.action(reviewed.approval())),
        *of(dead, dead.redacted(), dead.dead_letter("deadline")),
        *of(dead, dead.unread(3), dead.unread(4)),
        *of(again, again.redacted(), again.audited()),
        *of(waiting, waiting.redacted(), waiting.admitted(), waiting.review()),
        *of(flying, flying.redacted()),
    ]


def answers(store: ClickHouseStore) -> dict[str, list[tuple[object, ...]]]:
    return {view: sorted(store.query(f"SELECT * FROM {view}").rows, key=str) for view in VIEWS}


def outcomes(store: ClickHouseStore) -> dict[tuple[object, object], tuple[object, object]]:
    rows = store.query("SELECT source_id, generation, outcome, reason FROM v_request_outcomes").rows
    found = {(row[0], row[1]): (row[2], row[3]) for row in rows if row[0]}
    assert len([row for row in rows if row[0]]) == len(found)
    return found


def test_every_request_has_exactly_one_outcome(store: ClickHouseStore) -> None:
    put(store, everything())
    assert outcomes(store) == {
        ("acted", 0): ("acted", "send_reply"),
        ("reviewed", 0): ("acted", "send_reply"),
        ("dead", 0): ("rejected", "deadline"),
        ("waiting", 0): ("in_review", "open"),
        ("flying", 0): ("in_flight", ""),
    }
    unread = store.query(
        "SELECT known, outcome, reason, ended_in FROM v_request_outcomes WHERE source_id = ''"
    )
    assert unread.rows == ((0, "rejected", "not_json", "redact"),) * 2


def test_the_funnel_adds_up(store: ClickHouseStore) -> None:
    put(store, everything())
    found = store.query("SELECT outcome, reason, sum(requests) FROM v_funnel GROUP BY ALL ORDER BY ALL").rows
    assert found == (
        ("acted", "send_reply", 2),
        ("in_flight", "", 1),
        ("in_review", "open", 1),
        ("rejected", "deadline", 1),
        ("rejected", "not_json", 2),
    )


@pytest.mark.parametrize("size", [4, 1000])
def test_redelivery_changes_no_answer(store: ClickHouseStore, size: int) -> None:
    records = everything()
    put(store, records)
    before = answers(store)
    assert all(before.values())
    put(store, records, size)
    put(store, list(reversed(records)), size)
    assert answers(store) == before


def test_merging_changes_no_answer(store: ClickHouseStore) -> None:
    for size in (3, 1000):
        put(store, everything(), size)
    before = answers(store)
    for table in ("requests", "stage_events", "model_calls", "dead_letters", "settlements"):
        store._writer.command(f"OPTIMIZE TABLE {table} FINAL")
    assert answers(store) == before


def test_a_replay_stays_apart(store: ClickHouseStore) -> None:
    first, replay = Line(context(generation=0)), Line(context(generation=1), offset=50)
    put(store, of(first, first.redacted(), first.dead_letter("model_failed")))
    before = store.query("SELECT * FROM v_request_outcomes WHERE generation = 0").rows
    put(store, replay.records(replay.way()))
    assert store.query("SELECT * FROM v_request_outcomes WHERE generation = 0").rows == before
    assert outcomes(store) == {
        ("r-1", 0): ("rejected", "model_failed"),
        ("r-1", 1): ("acted", "send_reply"),
    }


def test_a_publication_repeated_in_another_month_is_the_same_request(store: ClickHouseStore) -> None:
    first, repeated = Line(context()), Line(context(received_at=NOW + timedelta(days=40)), offset=50)
    put(store, of(repeated, repeated.redacted()) + of(first, first.redacted(), first.admitted()))
    ((received_at, admitted),) = store.query("SELECT received_at, admitted FROM requests FINAL").rows
    assert (received_at, admitted) == (NOW, 1)
    assert outcomes(store) == {("r-1", 0): ("in_flight", "")}


def test_an_action_published_twice_shows(store: ClickHouseStore) -> None:
    line = Line()
    put(store, of(line, line.action(), line.action()))
    ((actions,),) = store.query("SELECT actions FROM v_request_outcomes").rows
    assert actions == 2


def test_two_endings_show(store: ClickHouseStore) -> None:
    line = Line()
    put(store, of(line, line.action(), line.dead_letter()))
    found = store.query("SELECT outcome, actions, dead_letters FROM v_request_outcomes").rows
    assert found == (("acted", 1, 1),)


def test_a_review_expires_by_the_clock(store: ClickHouseStore) -> None:
    line = Line()
    put(store, of(line, line.review(opens=timedelta(seconds=-60))))
    assert store.query("SELECT outcome, reason FROM v_request_outcomes").rows == (("in_review", "expired"),)


def test_a_dead_letter_of_something_other_than_a_request_is_no_request(store: ClickHouseStore) -> None:
    line = Line()
    stray = line.unread().model_copy(
        update={"source": line.of.origin.model_copy(update={"topic": "decisions"})}
    )
    put(store, of(line, stray))
    assert store.query("SELECT * FROM v_request_outcomes").rows == ()
    assert store.query("SELECT dead_letters, unreadable FROM v_dead_letter_reasons").rows == ((1, 1),)


def test_money_adds_up_to_the_unit(store: ClickHouseStore) -> None:
    for number in range(7):
        line = Line(context(f"r-{number}"), offset=number * 20)
        put(store, line.records(line.way()))
    expected = COST  # call ids are derived from their number, and differ only by request
    tier, tenant, day, outcome = (
        store.query(f"SELECT sum(v.cost_usd) FROM {view} AS v").rows[0][0]
        for view in ("v_cost_by_tier", "v_cost_by_tenant", "v_cost_by_day", "v_request_outcomes")
    )
    assert tier == tenant == day == outcome == expected * 7
    assert store.query("SELECT calls, failed_calls, requests FROM v_cost_by_tier").rows == ((14, 7, 7),)


def test_a_reservation_is_open_until_settled(store: ClickHouseStore) -> None:
    line, other = Line(context("a")), Line(context("b"), offset=50)
    put(
        store,
        of(line, line.reserved(), line.settled("0.04"), line.settled("0.01")) + of(other, other.reserved()),
    )
    found = store.query(
        "SELECT reserved_usd, settled_usd, open_usd, open_reservations FROM v_budget_by_day"
    ).rows
    assert found == ((Decimal("0.1"), Decimal("0.01"), Decimal("0.05"), 1),)


def test_a_stage_that_emits_twice_worked_once(store: ClickHouseStore) -> None:
    line = Line()
    put(store, of(line, line.reserved(), line.admitted()))
    found = store.query("SELECT stage, runs, p50_ms, cpu_ms FROM v_stage_latency").rows
    assert found == (("admit", 1, 2.0, 1.5),)


def test_what_came_of_an_action(store: ClickHouseStore) -> None:
    line = Line()
    put(store, of(line, line.action(), line.outcome(), line.outcome()))
    found = store.query("SELECT action_type, system, outcome, satisfaction FROM v_action_outcomes").rows
    assert found == (("send_reply", "shop/mail", "accepted", 5),)
