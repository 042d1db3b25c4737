"""Each benchmark at a tiny size: that it runs and what it reports, never how fast."""

import json
import math

import pytest
from rich.console import Console

from schemas.topics import Topic
from tests import events
from tests.bench import line, permissions, traffic
from tests.bench.__main__ import BENCHES, document, main, show
from tests.bench.figures import Measure, Report
from tests.bench.texts import documents

TINY = {
    "line": 12,
    "redact": 4,
    "dispatcher": 40,
    "store": 20,
    "policy": 5,
    "knowledge": 30,
    "permissions": 60,
}


def test_tiny_sizes_cover_every_benchmark() -> None:
    assert TINY.keys() == BENCHES.keys()


@pytest.mark.parametrize("name", BENCHES)
def test_a_benchmark_reports_rates_and_a_ratio_to_its_baseline(name: str) -> None:
    report = BENCHES[name].measure(TINY[name], 1)

    assert report.bench == name
    assert all(measure.samples for measure in report.measures)
    assert all(math.isfinite(sample) for measure in report.measures for sample in measure.samples)
    compared = [measure for measure in report.measures if measure.baseline]
    assert compared
    assert all(measure.baseline in report.measures for measure in compared)
    assert all((measure.ratio or 0) > 0 for measure in compared)
    json.dumps(document([report]), allow_nan=False)


def test_no_reader_finds_what_is_not_theirs() -> None:
    tally = permissions.judged(150, 200, seed=3)
    assert (tally.forbidden, tally.missing) == (0, 0)
    assert min(tally.hits, tally.withheld) > tally.queries


def test_a_ratio_says_how_many_times_as_good() -> None:
    slow, fast = Measure("slow", "1/s", (1.0, 2.0, 9.0)), Measure("fast", "1/s", (6.0,))
    assert Measure("rate", "1/s", fast.samples, slow).ratio == 3
    assert Measure("time", "s", fast.samples, slow, lower_is_better=True).ratio == pytest.approx(1 / 3)


def test_the_table_names_the_command_that_repeats_it(capsys: pytest.CaptureFixture[str]) -> None:
    baseline = Measure("before", "1/s", (10.0,))
    report = Report("line", 7, 2, (Measure("after", "1/s", (25.0, 35.0), baseline), baseline), ("a note",))
    show([report], Console(width=120))

    shown = capsys.readouterr().out
    assert "python -m tests.bench line --size 7 --runs 2" in shown
    assert "3 x" in shown
    assert "a note" in shown


def test_an_unknown_benchmark_is_refused() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2


def test_requests_are_unique_and_need_no_model() -> None:
    messages = traffic.requests("x", 3 * len(traffic.templates()))
    bodies = [json.loads(message.value or b"") for message in messages]

    assert len(traffic.templates()) > 50
    assert (
        len({body["id"] for body in bodies})
        == len({body["conversation_id"] for body in bodies})
        == len(bodies)
    )


def test_a_request_that_ends_in_no_action_stops_the_line_s_benchmark() -> None:
    counted = line.Tally()
    counted.count(events.inbound(events.published()))
    assert counted.seen[Topic.ACTIONS] == 1
    with pytest.raises(RuntimeError, match="dead-letters"):
        counted.count(events.inbound(events.dead_letter()))


def test_documents_are_the_same_each_time() -> None:
    assert documents(5) == documents(5)
    assert len(set(documents(50))) > 40
