"""Calls that come while the detector is busy are searched together, and each has its own answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from processors.redact.detection.batching import Call
from processors.redact.detection.detecting import UNSCANNED, ThreadedDetector
from schemas.errors import Retryable
from schemas.metering import metering
from schemas.ports import Profile, Span

POISON = "poison"


class Recording(ThreadedDetector):
    """Finds the whole of each text. Waits before every search until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.searching = asyncio.Semaphore(0)
        self._loop = asyncio.get_running_loop()

    @property
    def version(self) -> str:
        return "recording-1"

    def scan(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        self.batches.append([*texts])
        self._loop.call_soon_threadsafe(self.searching.release)
        assert self.may_go.wait(30)
        if POISON in texts:
            raise ValueError(POISON)
        crowded = len(texts) > 2
        return [
            [Span(0, len(text), UNSCANNED if text == "slow" and crowded else language, 1.0)] for text in texts
        ]


@pytest.fixture
async def detector() -> AsyncIterator[Recording]:
    made = Recording()
    yield made
    made.may_go.set()
    made.close()


async def busy(detector: Recording) -> "asyncio.Task[list[list[Span]]]":
    """Return a call that the detector's thread is at, until it is let go on."""
    detector.may_go.clear()
    first = asyncio.create_task(detector.detect(["first"], "en"))
    await detector.searching.acquire()
    return first


async def started(
    detector: Recording, *calls: tuple[list[str], str]
) -> "list[asyncio.Task[list[list[Span]]]]":
    tasks = [asyncio.create_task(detector.detect(texts, language)) for texts, language in calls]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_call_is_searched_at_once(detector: Recording) -> None:
    assert await detector.detect(["a", "b"], "en") == [[Span(0, 1, "en", 1.0)]] * 2
    assert detector.batches == [["a", "b"]]


async def test_calls_that_wait_are_searched_together_by_language(detector: Recording) -> None:
    first = await busy(detector)
    calls = await started(detector, (["a", "bb"], "en"), (["un"], "fr"), (["ccc"], "en"), ([], "en"))
    detector.may_go.set()

    assert [await call for call in calls] == [
        [[Span(0, 1, "en", 1.0)], [Span(0, 2, "en", 1.0)]],
        [[Span(0, 2, "fr", 1.0)]],
        [[Span(0, 3, "en", 1.0)]],
        [],
    ]
    assert await first == [[Span(0, 5, "en", 1.0)]]
    assert detector.batches == [["first"], ["a", "bb", "ccc"], ["un"]]


async def test_profiles_are_not_mixed(detector: Recording) -> None:
    await busy(detector)
    calls = [asyncio.create_task(detector.detect([profile], "en", profile)) for profile in Profile]
    await asyncio.sleep(0)
    detector.may_go.set()
    await asyncio.gather(*calls)

    assert detector.batches[1:] == [[profile] for profile in Profile]


async def test_a_batch_is_bounded(detector: Recording) -> None:
    await busy(detector)
    calls = await started(detector, *[(["x" * 7000], "en")] * 3, (["y" * 50_000], "en"))
    detector.may_go.set()
    await asyncio.gather(*calls)

    assert [[len(text) for text in batch] for batch in detector.batches[1:]] == [
        [7000, 7000],
        [7000],
        [50_000],
    ]


async def test_a_poisonous_text_fails_its_own_call_only(detector: Recording) -> None:
    await busy(detector)
    calls = await started(detector, (["a"], "en"), ([POISON], "en"), (["b"], "en"))
    detector.may_go.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert [answers[0], answers[2]] == [[[Span(0, 1, "en", 1.0)]]] * 2
    assert isinstance(answers[1], Retryable)
    assert POISON not in repr(answers[1])
    assert answers[1].__cause__ is None


async def test_a_text_that_lacked_time_in_company_is_searched_alone(detector: Recording) -> None:
    await busy(detector)
    calls = await started(detector, (["a"], "en"), (["slow"], "en"), (["b"], "en"))
    detector.may_go.set()
    answers = await asyncio.gather(*calls)

    assert answers[1] == [[Span(0, 4, "en", 1.0)]]
    assert detector.batches[1:] == [["a", "slow", "b"], ["slow"]]


async def test_a_call_given_up_is_not_searched(detector: Recording) -> None:
    await busy(detector)
    kept, given_up = await started(detector, (["a"], "en"), (["b"], "en"))
    given_up.cancel()
    await asyncio.sleep(0)
    detector.may_go.set()

    assert await kept == [[Span(0, 1, "en", 1.0)]]
    assert detector.batches[1:] == [["a"]]


async def test_a_call_given_up_in_the_middle_leaves_its_neighbours_alone(detector: Recording) -> None:
    await busy(detector)
    kept, given_up = await started(detector, (["a"], "en"), (["b"], "en"))
    detector.may_go.set()
    await detector.searching.acquire()
    given_up.cancel()

    assert await kept == [[Span(0, 1, "en", 1.0)]]
    assert await detector.detect(["c"], "en") == [[Span(0, 1, "en", 1.0)]]


async def test_processor_time_is_booked_by_share(
    detector: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy(detector)
    clock = iter(range(100))
    monkeypatch.setattr("processors.redact.detection.detecting.time.thread_time", lambda: next(clock))

    async def metered(text: str) -> float:
        with metering() as meter:
            await detector.detect([text], "en")
        return meter.seconds

    calls = [asyncio.create_task(metered(text)) for text in ("x" * 9, "x" * 29)]
    await asyncio.sleep(0)
    detector.may_go.set()

    assert await asyncio.gather(*calls) == [0.25, 0.75]


async def test_calls_that_wait_when_it_closes_fail(detector: Recording) -> None:
    first = await busy(detector)
    (waiting,) = await started(detector, (["a"], "en"))
    closing = asyncio.create_task(asyncio.to_thread(detector.close))
    await asyncio.sleep(0.05)
    detector.may_go.set()
    await closing

    assert await first == [[Span(0, 5, "en", 1.0)]]
    (answer,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(answer, Retryable)
    with pytest.raises(Retryable):
        await detector.detect(["late"], "en")


async def test_even_an_order_to_exit_answers_who_waits(
    detector: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*_: object) -> list[list[Span]]:
        raise SystemExit

    monkeypatch.setattr(detector, "scan", leave)
    with pytest.raises(Retryable):
        await detector.detect(["a"], "en")


@pytest.mark.parametrize("error", [ValueError, MemoryError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize(
    "step",
    [
        "detecting.Waiting.take",
        "detecting.ThreadedDetector._serve",
        "detecting.ThreadedDetector._guarded",
        "detecting._divided",
        "detecting._is_complete",
        "detecting._lie_inside",
        "detecting.time.thread_time",
        "batching._together",
    ],
)
async def test_whatever_step_raises_nobody_waits_for_ever(
    detector: Recording, monkeypatch: pytest.MonkeyPatch, step: str, error: type[BaseException]
) -> None:
    await busy(detector)
    calls = await started(detector, (["a"], "en"), (["b"], "en"), (["c"], "fr"))
    with monkeypatch.context() as patched:
        patched.setattr(f"processors.redact.detection.{step}", raising(error))
        detector.may_go.set()
        answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)

    assert [type(answer) for answer in answers[:2]] == [Retryable] * 2
    assert isinstance(answers[2], Retryable) or answers[2] == [[Span(0, 1, "fr", 1.0)]]
    assert await asyncio.wait_for(detector.detect(["after"], "en"), 20) == [[Span(0, 5, "en", 1.0)]]


def raising(error: type[BaseException]) -> Callable[..., object]:
    def step(*_: object) -> object:
        raise error(POISON)

    return step


async def test_a_call_that_cannot_be_answered_leaves_the_others_their_answer(
    detector: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = Call.resolve

    def unanswerable(call: Call, found: list[list[Span]] | None, seconds: float) -> None:
        if call.texts == ("a",):
            raise MemoryError
        resolve(call, found, seconds)

    await busy(detector)
    monkeypatch.setattr(Call, "resolve", unanswerable)
    lost, kept = await started(detector, (["a"], "en"), (["b"], "en"))
    detector.may_go.set()

    with pytest.raises(Retryable):
        await asyncio.wait_for(kept, 20)
    lost.cancel()


async def test_the_end_of_an_event_loop_does_not_stop_the_thread(detector: Recording) -> None:
    def elsewhere() -> None:
        async def abandon() -> None:
            task = asyncio.create_task(detector.detect(["gone"], "en"))
            await asyncio.sleep(0)
            task.cancel()

        asyncio.run(abandon())

    await busy(detector)
    await asyncio.to_thread(elsewhere)
    detector.may_go.set()

    assert await detector.detect(["a"], "en") == [[Span(0, 1, "en", 1.0)]]
