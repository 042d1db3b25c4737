"""What a demonstration says of the same findings to people and to programs."""

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from processors.tasks.shop_support.sample import SampleMessage
from schemas.wire import Inbound
from sinks.clickhouse.answer import Answer
from streams.conservation import Conservation, Kind, ending_of
from streams.demo import show
from streams.demo.examples import example
from streams.demo.figures import Figures
from streams.demo.run import Run
from tests.events import context, dead_letter, inbound, published, refund, reply, review_opened

FOUND = Figures(
    tiers=Answer(("tier", "actions"), ("String", "UInt64"), (("rules", 1),)),
    latency=Answer(("stage", "runs"), ("String", "UInt64"), (("redact", 4),)),
    model_calls=2,
    tokens=30,
    cost_usd=Decimal("0.00012"),
    peak_mib=1200,
    cpu_seconds={"agents": 1.234},
)


def message(expect: str) -> SampleMessage:
    return SampleMessage(note="a note", expect=expect, key=None, value=b"", headers=())


def finished(*terminal: Inbound, requests: int, expect: str = "any") -> Run:
    records = [(0, number) for number in range(1, requests + 1)]
    seen, sample = Conservation(set(records)), [message(expect) for _ in records]
    result = Run(
        sample,
        seen,
        dict(zip(records, sample, strict=True)),
        started=0.0,
        first_action_seconds=2.5,
        seconds=9.0,
    )
    for each in terminal:
        ending = ending_of(each)
        assert ending is not None
        seen.add(ending)
        result.examples[ending.kind, ending.reason] = each
    return result


def endings() -> tuple[Inbound, ...]:
    action, review = published(reply(), context(1)), review_opened(refund(), context(2))
    return inbound(action, offset=1), inbound(review, offset=2), inbound(dead_letter(context(3)), offset=3)


def text(show_it: object) -> str:
    written = StringIO()
    console = Console(file=written, width=80)
    assert callable(show_it)
    show_it(console)
    return written.getvalue()


def test_every_kind_of_ending_is_counted_with_its_reasons() -> None:
    result = finished(*endings(), requests=4)
    shown = text(lambda console: console.print(show._outcomes(result.conservation)))
    rows = [line.split() for line in shown.splitlines()]
    for row in (
        ["actions", "1", "send_reply", "1"],
        ["reviews", "1", "some-rule", "1"],
        ["dead", "letters", "1", "some_reason", "1"],
        ["duplicates", "0"],
        ["not", "ended", "1"],
    ):
        assert row in rows


def test_many_reasons_are_summed_up() -> None:
    assert show._listed({f"reason_{number}": 1 for number in range(9)}).endswith(
        "reason_5 1, 3 other reasons"
    )
    assert show._listed({"few": 1, "most": 5}) == "most 5, few 1"


def test_one_ending_of_each_kind_is_shown() -> None:
    result = finished(*endings(), requests=3)
    shown = {kind: "\n".join(f"{name} {line}" for name, line in example(result, kind)) for kind in Kind}
    assert "send_reply" in shown[Kind.ACTION]
    assert "stopped by some-rule" in shown[Kind.REVIEW]
    assert "some_reason in classify, of requests.grounded/0/1" in shown[Kind.DEAD_LETTER]
    assert shown[Kind.DUPLICATE] == ""


@pytest.mark.parametrize(("requests", "state"), [(3, "kept"), (4, "broken")])
def test_conservation_is_said_as_it_is(requests: int, state: str) -> None:
    result = finished(*endings(), requests=requests)
    shown = text(lambda console: show._verdict(console, result, FOUND))
    assert f"Conservation {state}: {requests} in, {requests - 3} lost" in shown
    assert result.exact is (state == "kept")


def test_an_ending_that_the_sample_does_not_expect_is_named() -> None:
    result = finished(*endings(), requests=3, expect="action:send_reply")
    shown = text(lambda console: show._verdict(console, result, FOUND))
    assert shown.count("Unexpected: a note ended as") == 2


def test_the_story_to_look_at_is_a_review_s() -> None:
    assert show._interesting(finished(*endings(), requests=3)) == context(2).request_id
    assert show._interesting(finished(requests=1)) is None


def test_programs_get_the_same_figures() -> None:
    document = FOUND.document(finished(*endings(), requests=4))
    assert document["outcomes"] == {"action": 1, "review": 1, "dead_letter": 1, "duplicate": 0}
    assert {name: document[name] for name in ("requests", "lost", "doubled", "duplicate_actions")} == {
        "requests": 4,
        "lost": 1,
        "doubled": 0,
        "duplicate_actions": 0,
    }
    assert (document["model_calls"], document["tokens"], document["cost_usd"]) == (2, 30, 0.00012)
    assert (document["seconds"], document["first_action_seconds"]) == (9.0, 2.5)


def test_progress_off_a_terminal_is_a_plain_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    seen = finished(*endings(), requests=4).conservation

    def several(console: Console) -> None:
        nonlocal now
        with show.Progress(console) as progress:
            for _ in range(12):
                now += 1.0
                progress.show(seen)

    assert (
        text(several).splitlines()
        == [
            "3 of 4 requests have ended: actions 1, reviews 1, dead letters 1",
        ]
        * 2
    )
