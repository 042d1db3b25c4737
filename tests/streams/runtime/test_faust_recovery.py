"""Workers that are killed, paused, joined and stopped: nothing is lost, whatever repeats.

What depends on the broker (kills, pauses, fencing) runs on each; what only the runtime decides runs on the embedded one.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.runtime.faust_app import EXIT_NOT_DRAINED
from streams.runtime.line import EXIT_CRASHED
from tests.brokers import SESSION, Broker
from tests.streams.runtime.stage_worker import POISON
from tests.streams.runtime.workers import PARTITIONS, Lab, laboratory, numbered

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def lab(broker: Broker, tmp_path: Path) -> Iterator[Lab]:
    with laboratory(broker, tmp_path) as lab:
        yield lab


def lost(lab: Lab, values: list[bytes]) -> int:
    return len(set(values) - set(lab.outputs()))


def repeated(lab: Lab) -> int:
    return sum(count - 1 for count in lab.outputs().values())


def test_two_kills_lose_nothing(lab: Lab) -> None:
    values = numbered(5000)
    lab.publish(values)
    uneven = {"pace_seconds": 0.1, "slow_share": 0.003, "slow_seconds": 2.0}
    for reached in (1000, 3000):
        worker = lab.start(**uneven)
        lab.await_outputs(reached)
        worker.kill()
    last = lab.start(**uneven)
    lab.await_outputs(5000)
    assert last.stopped() == 0
    print(f"{lab.broker.kind}: lost {lost(lab, values)}, repeated {repeated(lab)}")
    assert lost(lab, values) == 0


def test_what_was_in_flight_at_a_kill_comes_again(lab: Lab) -> None:
    """The loss of issue 606 without chance: the first event of a partition hangs while all behind it are done."""
    values = numbered(400)
    lab.publish(values, keys=100_000)
    worker = lab.start(stuck="0")
    lab.await_outputs(399)
    lab.until(lambda: sum(offset > 0 for offset in lab.committed()) >= PARTITIONS - 1)
    worker.kill()
    assert lab.await_outputs(399)[b"0"] == 0
    successor = lab.start()
    lab.await_outputs(400)
    assert successor.stopped() == 0
    assert lost(lab, values) == 0


def test_a_paused_worker_that_wakes_after_its_successor_loses_nothing(lab: Lab) -> None:
    values = numbered(3000)
    lab.publish(values)
    paused = lab.start(pace_seconds=0.3)
    lab.await_outputs(500)
    paused.send(signal.SIGSTOP)
    successor = lab.start(pace_seconds=0.1)
    lab.await_outputs(3000)
    paused.send(signal.SIGCONT)
    more = numbered(500, first=3000)
    lab.publish(more)
    lab.await_outputs(3500)
    lab.until(lambda: lab.backlog() == 0)
    assert (paused.stopped(), successor.stopped()) == (0, 0)
    assert lost(lab, values + more) == 0


def test_a_fenced_stage_paused_in_mid_flow_repeats_nothing(lab: Lab) -> None:
    values = numbered(2000)
    lab.publish(values)
    paused = lab.start(folds=True, fenced=True, pace_seconds=0.3)
    lab.await_outputs(300)
    paused.send(signal.SIGSTOP)
    successor = lab.start(folds=True, fenced=True, pace_seconds=0.1)
    lab.await_outputs(2000)
    paused.send(signal.SIGCONT)
    assert paused.ended() == EXIT_CRASHED
    assert successor.stopped() == 0
    assert (lost(lab, values), repeated(lab)) == (0, 0)


def test_a_fold_repeats_nothing_under_two_kills(lab: Lab) -> None:
    values = numbered(700)
    lab.publish(values + values[:300])
    for reached in (150, 400):
        worker = lab.start(folds=True, pace_seconds=0.4)
        lab.await_outputs(reached)
        worker.kill()
    last = lab.start(folds=True, pace_seconds=0.1)
    lab.await_outputs(700)
    lab.until(lambda: lab.backlog() == 0)
    assert last.stopped() == 0
    assert (lost(lab, values), repeated(lab)) == (0, 0)


def test_a_member_joining_during_a_fold_loses_and_repeats_nothing(lab: Lab) -> None:
    values = numbered(700)
    lab.publish(values)
    first = lab.start(folds=True, fold_seconds=4.0, pace_seconds=0.2)
    lab.until(lambda: "Worker ready" in first.log.read_text())
    second = lab.start(folds=True, fold_seconds=4.0, pace_seconds=0.2)
    lab.await_outputs(700)
    assert (first.stopped(), second.stopped()) == (0, 0)
    assert (lost(lab, values), repeated(lab)) == (0, 0)
    assert first.signs()["processed"] > 0
    assert second.signs()["processed"] > 0


def test_an_event_held_at_the_gate_past_the_session_is_given_back_when_a_member_joins(
    lab: Lab, tmp_path: Path
) -> None:
    gate, values = tmp_path / "gate", numbered(500)
    gate.touch()
    lab.publish(values)
    held = lab.start(gate=str(gate))
    lab.until(lambda: "Worker ready" in held.log.read_text())
    time.sleep(1.5 * SESSION.timeout_seconds)
    assert lab.outputs() == {}
    free = lab.start()
    lab.until(lambda: len(lab.outputs()) > 0)
    assert len(lab.outputs()) > 0, "the closed gate kept the other member from its partitions"
    gate.unlink()
    lab.await_outputs(500)
    assert (held.stopped(), free.stopped()) == (0, 0)
    assert (lost(lab, values), repeated(lab)) == (0, 0)
    assert held.signs()["given_back"] >= 1


def test_sigterm_drains_and_commits_and_a_defect_costs_its_own_event(lab: Lab) -> None:
    values = numbered(1500)
    lab.publish([*values[:250], POISON, *values[250:]])
    first = lab.start(pace_seconds=0.3)
    lab.await_outputs(300)
    assert first.stopped() == 0
    assert len(lab.outputs()) < 1500
    second = lab.start(pace_seconds=0.1)
    lab.await_outputs(1500)
    assert second.stopped() == 0
    assert (lost(lab, values), repeated(lab)) == (0, 0)
    assert lab.dead_letters() == {POISON: 1}
    assert all("a defect that one event" not in worker.log.read_text() for worker in lab.workers)


def test_work_that_outlives_the_drain_limit_ends_the_process_unacknowledged(lab: Lab) -> None:
    values = numbered(3)
    lab.publish(values)
    stuck = lab.start(pace_seconds=600, drain_limit_seconds=1.0)
    lab.until(lambda: "Worker ready" in stuck.log.read_text())
    time.sleep(2)
    assert stuck.stopped() == EXIT_NOT_DRAINED
    successor = lab.start()
    lab.await_outputs(3)
    assert successor.stopped() == 0
    assert lost(lab, values) == 0
