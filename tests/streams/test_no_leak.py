"""Whatever part of redact fails, and however: the request ends as a pointer or whole redacted, and nobody says a word of it."""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import presidio_analyzer
import pytest

from processors.redact.detection import presidio
from processors.redact.detection.detecting import ScanTimedOut
from processors.redact.detection.detector import PresidioDetector
from processors.redact.detection.entities import NameModel
from schemas.topics import Topic
from schemas.wire import Inbound, Outbound
from streams.cli.terminal import silence_failing_handlers
from streams.endings import Endings
from streams.runtime.contracts import AgentSpec
from tests.e2e.canaries import Haystack
from tests.e2e.failing_worker import GARBAGE
from tests.streams.redact_worker import (
    INSIDE,
    SEARCH,
    Function,
    Worker,
    functions,
    put_everywhere,
    redact_spec,
    request,
)

HELD = {"detector_failed", "redaction_failed", "internal_error"}
ANSWERING = (
    "processors.redact.detection.batching.",
    "processors.redact.detection.detecting.ThreadedDetector._work",
)


class Sabotage(Exception):
    """Quotes all that its raiser was given."""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> AgentSpec:
    return redact_spec(tmp_path_factory.mktemp("redact"))


@pytest.fixture
def said(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], Haystack]]:
    """What was logged, at any level by anybody, and printed so far."""
    printed: list[str] = []

    def gathered() -> Haystack:
        printed.extend(capfd.readouterr())
        records = [repr((each.getMessage(), each.args, each.exc_info)) for each in caplog.records]
        return Haystack("log", "\n".join((caplog.text, *records, *printed)).encode())

    with caplog.at_level(logging.DEBUG):
        yield gathered


def failing(*given: object, **named: object) -> object:
    raise Sabotage(repr((given, named))) from KeyError(repr(given))


async def test_a_request_is_redacted_when_nothing_fails(
    spec: AgentSpec, said: Callable[[], Haystack]
) -> None:
    worker = await Worker(spec).run(request())

    assert [output.topic for output in worker.written] == [Topic.REDACTED]
    assert SEARCH.hits([*worker.haystacks(), said()]) == []


def test_the_search_sees_what_the_request_holds() -> None:
    inbound = request()
    hits = SEARCH.hits([Haystack("r", (inbound.value or b"") + (inbound.key or b""))])

    assert {hit.canary for hit in hits} == {canary.name for canary in INSIDE}


async def test_whichever_function_raises_nothing_gets_out(
    spec: AgentSpec, said: Callable[[], Haystack], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = replace(spec, attempts=1)
    used = await called_by(once, monkeypatch)
    for full, where, name in used:
        with monkeypatch.context() as patch:
            put_everywhere(patch, where, name, failing)
            worker = await Worker(once).run(request())
        assert {letter.reason for letter in worker.letters} <= HELD, full
        assert worker.letters, full
        assert all(letter.body is None and letter.context is None for letter in worker.letters), full
        assert SEARCH.hits([*worker.haystacks(), said()]) == [], full

    assert len(used) > 60


async def called_by(spec: AgentSpec, patch: pytest.MonkeyPatch) -> list[Function]:
    """Return the functions that a request calls, but for those that hand over the answer, without which it waits."""
    used: dict[str, Function] = {}
    with patch.context() as spied:
        for each in functions():
            spied_on(spied, each, used)
        await Worker(spec).run(request())
    return [each for full, each in used.items() if not full.startswith(ANSWERING)]


def spied_on(patch: pytest.MonkeyPatch, each: Function, used: dict[str, Function]) -> None:
    """Have a function note that it was called."""
    full, where, name = each
    original = vars(where)[name]

    def spy(*given: object, **named: object) -> object:
        used[full] = each
        return original(*given, **named)

    put_everywhere(patch, where, name, spy)


@pytest.mark.parametrize("way", list(GARBAGE))
async def test_a_detector_s_garbage_holds_the_request_back(
    spec: AgentSpec, said: Callable[[], Haystack], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    answering(monkeypatch, GARBAGE[way])
    worker = await Worker(spec).run(request())

    assert {letter.reason for letter in worker.letters} <= HELD
    assert worker.letters
    assert SEARCH.hits([*worker.haystacks(), said()]) == []


def answering(patch: pytest.MonkeyPatch, garbage: object) -> None:
    """Have the detector return garbage for each text."""

    def scan(self: object, texts: tuple[str, ...], *_: object) -> object:
        return garbage * len(texts) if isinstance(garbage, list) else garbage

    patch.setattr(PresidioDetector, "scan", scan)


def breaking(error: Exception) -> Callable[..., object]:
    def fail(*given: object, **named: object) -> object:
        logging.getLogger("presidio-analyzer").error("failed on %s", given)
        raise error from KeyError(repr(given))

    return fail


@pytest.mark.parametrize(
    "error",
    [
        ValueError,
        TimeoutError,
        MemoryError,
        RecursionError,
        OSError,
        UnicodeError,
        StopIteration,
        ScanTimedOut,
    ],
)
@pytest.mark.parametrize(
    "part",
    [
        (presidio_analyzer.PatternRecognizer, "analyze"),
        (presidio_analyzer.predefined_recognizers.PhoneRecognizer, "analyze"),
        (NameModel, "find"),
        (PresidioDetector, "scan"),
    ],
    ids=lambda part: f"{part[0].__name__}.{part[1]}",
)
async def test_whatever_a_library_raises_nothing_gets_out(
    spec: AgentSpec,
    said: Callable[[], Haystack],
    monkeypatch: pytest.MonkeyPatch,
    part: tuple[object, str],
    error: type[Exception],
) -> None:
    text = " ".join(canary.value for canary in INSIDE)
    monkeypatch.setattr(*part, breaking(error(text)))
    worker = await Worker(spec).run(request())

    assert worker.written
    assert SEARCH.hits([*worker.haystacks(), said()]) == []


async def test_patterns_that_run_out_of_time_cover_all_of_a_text(
    spec: AgentSpec, said: Callable[[], Haystack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presidio, "PATTERN_TIMEOUT_SECONDS", 1e-9)
    worker = await Worker(spec).run(request())

    assert SEARCH.hits([*worker.haystacks(), said()]) == []


async def test_a_broker_that_refuses_the_output_ends_the_worker_without_a_word(
    spec: AgentSpec, said: Callable[[], Haystack]
) -> None:
    worker = Worker(spec, refuses=OSError(request().value))
    await worker.run(request())

    assert [error.reason for error in worker.crashes] == ["outputs_not_written"]
    assert SEARCH.hits([*worker.haystacks(), said()]) == []


async def test_a_dead_letter_that_cannot_be_made_ends_the_worker_without_a_word(
    spec: AgentSpec, said: Callable[[], Haystack], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, None)
    monkeypatch.setattr(Endings, "ending", failing)
    worker = await Worker(spec).run(request())

    assert worker.written == []
    assert len(worker.crashes) == 1
    assert SEARCH.hits([*worker.haystacks(), said()]) == []


async def test_what_asyncio_shows_of_tasks_names_no_key(
    spec: AgentSpec, said: Callable[[], Haystack]
) -> None:
    shown: list[str] = []
    handle = spec.handle

    async def watched(inbound: Inbound) -> Sequence[Outbound]:
        shown.extend(repr((task, task.get_coro(), task.get_stack())) for task in asyncio.all_tasks())
        return await handle(inbound)

    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    await Worker(replace(spec, handle=watched)).run(request())
    loop.set_debug(False)

    assert len(shown) > 1
    assert SEARCH.hits([Haystack("tasks", "\n".join(shown).encode()), said()]) == []


async def test_a_log_handler_that_fails_prints_no_exception_at_hand(
    spec: AgentSpec, said: Callable[[], Haystack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", True)  # as Python has it, until a command begins
    silence_failing_handlers()
    closed = io.StringIO()
    closed.close()
    handler = logging.StreamHandler(closed)
    logging.getLogger().addHandler(handler)
    try:
        worker = await Worker(spec, refuses=OSError(request().value)).run(request())
    finally:
        logging.getLogger().removeHandler(handler)

    assert SEARCH.hits([*worker.haystacks(), said()]) == []
