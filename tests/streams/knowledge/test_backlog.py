"""Preparation: the newest record of a document, a few at a time, again when it fails for now."""

from concurrent.futures import Future
from datetime import timedelta

import pytest

from schemas.errors import Retryable, Unprocessable
from schemas.knowledge import Document, Passage
from sinks.knowledge.batch import Place
from streams.knowledge.backlog import ATTEMPTS, IN_HAND, Backlog, Postponed, Prepared
from streams.knowledge.records import Published, Refused, Stand
from tests.events import MOMENT
from tests.streams.knowledge.followers import document


class Bench:
    """Work that ends when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asked: list[tuple[Document, Future[tuple[Passage, ...]]]] = []
        self.backlog = Backlog(self._start, lambda: self.seconds)

    def _start(self, document: Document) -> "Future[tuple[Passage, ...]]":
        future: Future[tuple[Passage, ...]] = Future()
        self.asked.append((document, future))
        return future

    def work(self) -> list[Prepared | Postponed | Refused]:
        return list(self.backlog.work())

    def fail(self, error: BaseException) -> list[Prepared | Postponed | Refused]:
        self.asked[-1][1].set_exception(error)
        return self.work()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def record(name: str, offset: int, text: str = "text", partition: int = 0) -> Published:
    stand = Stand(Place(partition, offset), MOMENT + timedelta(seconds=offset))
    return Published(("acme", name), stand, document(name, text))


def test_what_is_prepared_comes_with_its_record(bench: Bench) -> None:
    given = record("a", 1)
    bench.backlog.add(given)
    assert bench.work() == []
    bench.asked[0][1].set_result(())
    assert bench.work() == [Prepared(given, ())]
    assert (len(bench.backlog), bench.backlog.characters) == (0, 0)


def test_only_so_many_are_in_hand_oldest_first(bench: Bench) -> None:
    for number in range(IN_HAND + 2):
        bench.backlog.add(record(f"d{number}", number))
    bench.work()
    assert [each.document_id for each, _ in bench.asked] == [f"d{number}" for number in range(IN_HAND)]
    bench.asked[1][1].set_result(())
    bench.work()
    assert bench.asked[-1][0].document_id == f"d{IN_HAND}"


def test_the_newest_record_replaces_what_waits_and_what_is_in_hand(bench: Bench) -> None:
    bench.backlog.add(record("a", 1, "old"))
    bench.work()
    bench.backlog.add(record("a", 2, "new text"))
    assert bench.asked[0][1].cancelled()
    assert (len(bench.backlog), bench.backlog.characters, bench.backlog.lowest(0)) == (1, 8, 2)
    bench.work()
    bench.asked[1][1].set_result(())
    assert [each.record.stand.place.offset for each in bench.work() if isinstance(each, Prepared)] == [2]


def test_the_lowest_offset_is_of_what_is_not_prepared(bench: Bench) -> None:
    for name, offset, partition in (("a", 5, 0), ("b", 3, 0), ("c", 1, 1)):
        bench.backlog.add(record(name, offset, partition=partition))
    bench.work()
    assert (bench.backlog.lowest(0), bench.backlog.lowest(1), bench.backlog.lowest(2)) == (3, 1, None)
    bench.backlog.drop(("acme", "b"))
    assert bench.backlog.lowest(0) == 5
    bench.backlog.clear()
    assert (len(bench.backlog), bench.backlog.characters) == (0, 0)


def test_a_text_at_fault_is_refused_at_once(bench: Bench) -> None:
    bench.backlog.add(record("a", 1))
    bench.work()
    (outcome,) = bench.fail(Unprocessable("document_unreadable"))
    assert isinstance(outcome, Refused)
    assert (outcome.key, outcome.reason) == (("acme", "a"), "document_unreadable")
    assert len(bench.backlog) == 0


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Retryable("detector_timed_out"), "detector_timed_out"), (TimeoutError(), "preparation_timed_out")],
)
def test_what_fails_for_now_waits_and_is_refused_in_the_end(
    bench: Bench, error: BaseException, reason: str
) -> None:
    given = record("a", 1)
    bench.backlog.add(given)
    bench.work()
    for attempt in range(1, ATTEMPTS):
        assert bench.fail(error) == [Postponed(given)]
        assert bench.backlog.lowest(0) == 1
        assert len(bench.asked) == attempt, "not at once"
        bench.seconds += 1000
        bench.work()
    (outcome,) = bench.fail(error)
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert (len(bench.backlog), bench.backlog.characters) == (0, 0)


def test_what_nobody_foresaw_refuses_one_document_and_quotes_nothing(bench: Bench) -> None:
    given = record("a", 1)
    bench.backlog.add(given)
    bench.work()
    assert bench.fail(ZeroDivisionError("text")) == [Refused(given.key, given.stand, "preparation_failed")]
