"""Saved queries, and a request's story, asked of the store and as another process asks: through the endpoint, or of the server itself."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from schemas.errors import Fatal, Unprocessable
from sinks.clickhouse import saved
from sinks.clickhouse.answer import Reads
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.endpoint import Endpoint
from sinks.clickhouse.reader import Reader
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.story import find, story
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.conftest import emptied
from tests.sinks.clickhouse.line import Line, context

EXPECTED = {
    "dead_letter_reasons",
    "funnel",
    "latency_by_stage",
    "one_action",
    "one_dead_letter",
    "one_review",
    "outcomes_by_request",
    "poison",
    "request_story",
    "tokens_and_cost_by_tier",
}


def filled(store: ClickHouseStore) -> ClickHouseStore:
    """Store a request refused, replayed, reviewed and acted on; another one unreadable."""
    first, replay = Line(context("told")), Line(context("told", generation=1), offset=50)
    writer = Writer(emptied(store))
    told = [
        *first.records([first.redacted(), first.admitted(), first.dead_letter("model_failed")]),
        *replay.records(
            [*replay.way()[:-3], replay.review(), replay.decision(), replay.action(replay.approval())]
        ),
        *replay.records([replay.audited(), replay.unread()]),
    ]
    for inbound, message in told:
        writer.take(inbound, message)
    writer.flush()
    return store


@pytest.fixture(params=["embedded", "endpoint", "http", "server"])
def reads(request: pytest.FixtureRequest) -> Iterator[Reads]:
    """Ask the embedded store itself, then as another process does: through its endpoint, or of a server."""
    name = "embedded" if request.param == "endpoint" else request.param
    store = filled(request.getfixturevalue(name))
    if request.param == "embedded":
        yield store
    elif request.param == "endpoint":
        with Endpoint(store.dsn, "token") as endpoint, Reader(endpoint.url, "token") as reader:
            yield reader
    else:
        with Reader(_url(store.dsn)) as reader:
            yield reader


def _url(dsn: Dsn) -> str:
    return f"{dsn.scheme}://{quote(dsn.user)}:{quote(dsn.password, safe='')}@{dsn.host}:{dsn.port}/{dsn.database}"


TOLD = context("told").request_id


def test_every_query_says_what_it_answers() -> None:
    assert set(saved.names()) == EXPECTED
    assert all(saved.load(name).purpose.endswith((".", "?")) for name in saved.names())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_query_answers_with_rows(reads: Reads, name: str) -> None:
    given = {each: TOLD for each, kind in saved.load(name).parameters.items() if kind == "UUID"}
    found = saved.run(reads, name, **given)
    assert found.columns
    assert bool(found.rows) is (name != "poison")


def test_parameters_are_typed_by_the_query(reads: Reads) -> None:
    assert saved.load("request_story").parameters == {"request_id": "UUID"}
    (found,) = saved.run(reads, "one_dead_letter", reason="not_json").records()
    assert (found["reason"], found["source_topic"]) == ("not_json", "requests")
    assert saved.run(reads, "one_action", action_id=str(uuid4())).rows == ()


def test_a_wrong_name_or_parameter_is_refused(reads: Reads) -> None:
    with pytest.raises(Fatal, match="unknown_query: known are dead_letter_reasons, funnel"):
        saved.run(reads, "../funnel")
    with pytest.raises(Fatal, match="query_parameters: request_story takes request_id"):
        saved.run(reads, "request_story")
    with pytest.raises(Fatal, match="query_parameters: funnel takes none"):
        saved.run(reads, "funnel", request_id=TOLD)


def test_the_view_tells_everything_in_order(reads: Reads) -> None:
    found = saved.run(reads, "request_story", request_id=TOLD).records()
    assert [each["generation"] for each in found] == sorted(int(str(each["generation"])) for each in found)
    assert {each["kind"] for each in found if each["generation"] == 1} == {
        "stage",
        "model call",
        "chunk",
        "verdict",
        "review",
        "decision",
        "action",
        "audit",
    }
    assert [each["result"] for each in found if each["kind"] == "dead letter"] == ["model_failed"]


def test_a_story_has_every_part(reads: Reads) -> None:
    told = story(reads, TOLD)
    first, replay = told.runs
    assert (first.ending.outcome, first.ending.reason) == ("rejected", "model_failed")
    assert [letter.reason for letter in first.dead_letters] == ["model_failed"]
    assert (first.calls, first.actions) == ((), ())
    assert (replay.ending.generation, replay.ending.outcome) == (1, "acted")
    assert (
        replay.ending.cost_usd
        == sum((call.cost_usd for call in replay.calls), Decimal(0))
        == Decimal("0.000323456789")
    )
    assert replay.asked is not None
    assert (replay.asked.source_id, replay.asked.text) == ("told", "I am <PERSON_1a2b>, where is my order?")
    assert {"redact", "admit", "ground", "classify", "escalate", "validate", "enforce", "settle"} <= {
        step.stage for step in replay.steps
    }
    assert [(call.status, call.prompt) for call in replay.calls] == [
        ("ok", "Dear <PERSON_1a2b>"),
        ("timeout", "Dear <PERSON_1a2b>"),
    ]
    assert [(use.chunk_id, use.permitted, use.permitted_by) for use in replay.uses] == [
        ("d-1#0", 1, "role:customer"),
        ("d-2#0", 0, "no_entry"),
    ]
    assert [(each.ruling, each.rules, each.policy_version) for each in replay.verdicts] == [
        ("allow", ["allow_reply"], "b" * 64)
    ]
    assert [each.rules for each in replay.reviews] == [["refund_over_limit"]]
    assert [(each.reviewer_id, each.decision) for each in replay.decisions] == [("reviewer:1", "approve")]
    assert [(each.action_type, each.approved_by) for each in replay.actions] == [("send_reply", "reviewer:1")]
    assert [each.kind for each in replay.audits] == ["duplicate"]


def test_an_unknown_request_has_no_story(reads: Reads) -> None:
    with pytest.raises(Unprocessable, match="request_unknown"):
        story(reads, uuid4())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (str(TOLD), (TOLD,)),
        ("told", (TOLD,)),
        (str(context("told").action_id), (TOLD,)),
        (str(uuid4()), ()),
        ("' OR 1", ()),
    ],
)
def test_a_request_is_found_by_its_publisher_s_id_too(
    reads: Reads, text: str, found: tuple[UUID, ...]
) -> None:
    assert find(reads, text) == found


def test_an_unreadable_request_has_a_story(reads: Reads) -> None:
    ((unread,),) = reads.query("SELECT request_id FROM dead_letters FINAL WHERE known = 0").rows
    assert isinstance(unread, UUID)
    (run,) = story(reads, unread).runs
    assert (run.asked, run.ending.outcome, run.ending.reason) == (None, "rejected", "not_json")
