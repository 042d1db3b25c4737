import asyncio
import re
import threading
from collections.abc import Sequence

import pytest

from schemas.errors import Fatal
from schemas.ports import Detector, Profile, Span
from schemas.tasks import RedactionSpec
from streams.deferred import NOT_LOADED, DeferredDetector
from tests.processors.redact.samples import published, stage


class Counted:
    """A detector that finds nothing and says which thread made it."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.thread = threading.current_thread()
        self.version = "counted-1"

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        return [[] for _ in texts]


async def test_it_is_made_once_beside_the_loop_for_all_who_wait() -> None:
    made: list[Counted] = []

    def make() -> Detector:
        made.append(Counted())
        return made[0]

    detector = DeferredDetector(make)
    assert (made, detector.version) == ([], NOT_LOADED)
    found = await asyncio.gather(*(detector.detect(("a", "b"), "en") for _ in range(5)))
    assert found == [[[], []]] * 5
    assert len(made) == 1
    assert made[0].thread is not threading.main_thread()
    assert detector.version == "counted-1"


async def test_what_keeps_it_from_being_made_meets_every_use() -> None:
    def make() -> Detector:
        raise Fatal("model_missing", "the package is not installed")

    detector = DeferredDetector(make)
    for _ in range(2):
        with pytest.raises(Fatal, match="model_missing"):
            await detector.detect(("a",), "en")
    assert detector.version == NOT_LOADED


async def test_without_a_detector_a_stage_holds_requests_or_replaces_all_their_words() -> None:
    def make() -> Detector:
        raise Fatal("model_missing", "the package is not installed")

    with pytest.raises(Fatal, match="model_missing"):
        await stage(DeferredDetector(make), RedactionSpec(on_failure="hold"))(published())

    event = await stage(DeferredDetector(make), RedactionSpec(on_failure="redact"))(published())
    assert re.fullmatch(r"<UNSCANNED_[0-9a-f]{8}>", event.content.text)
    assert event.content.redaction_version == NOT_LOADED


async def test_a_waiter_that_is_cancelled_costs_the_others_nothing() -> None:
    gate = threading.Event()

    def make() -> Detector:
        gate.wait(10)
        return Counted()

    detector = DeferredDetector(make)
    first = asyncio.create_task(detector.detect(("a",), "en"))
    second = asyncio.create_task(detector.detect(("a",), "en"))
    await asyncio.sleep(0.01)
    first.cancel()
    gate.set()
    assert await second == [[]]
