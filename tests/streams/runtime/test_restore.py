import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from schemas.errors import Fatal
from schemas.wire import Inbound, Outbound
from streams.runtime.restore import Restoration


@dataclass
class Story:
    """A fold, its lanes and its source in memory, recording what happens in which order."""

    told: list[str] = field(default_factory=list)
    fenced: asyncio.Event = field(default_factory=asyncio.Event)
    may_fence: asyncio.Event = field(default_factory=asyncio.Event)
    may_read: threading.Event = field(default_factory=threading.Event)
    topics: tuple[str, ...] = ("out",)

    def __post_init__(self) -> None:
        self.may_fence.set()
        self.may_read.set()
        self.restoration = Restoration("broker", self, self, self.read_back)

    def read_back(
        self, bootstrap: str, topics: Sequence[str], partitions: Sequence[int]
    ) -> dict[int, list[Inbound]]:
        assert self.may_read.wait(10)
        self.told.append(f"read {list(topics)} {list(partitions)}")
        message = Inbound("out", 1, 0, None, b"x", (), datetime(2026, 1, 1, tzinfo=UTC))
        return {1: [message]}

    def build(self, messages: Iterable[Inbound]) -> object:
        return len(list(messages))

    def install(self, partition: int, state: object) -> None:
        self.told.append(f"install {partition}: {state}")

    def drop(self, partition: int) -> None:
        self.told.append(f"drop {partition}")

    async def fence(self, partitions: Sequence[int]) -> None:
        self.fenced.set()
        await self.may_fence.wait()
        self.told.append(f"fence {list(partitions)}")

    async def release(self, partitions: Sequence[int]) -> None:
        self.told.append(f"release {list(partitions)}")

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError


async def test_partitions_are_fenced_then_read_then_installed() -> None:
    story = Story()
    assert await story.restoration.restore([1, 2])
    assert story.told == ["fence [1, 2]", "read ['out'] [1, 2]", "install 1: 1", "install 2: 0"]


async def test_revocation_releases_and_drops() -> None:
    story = Story()
    await story.restoration.restore([1])
    story.told.clear()
    await story.restoration.revoke()
    assert story.told == ["release [1]", "drop 1"]


async def test_a_fold_overtaken_by_a_revocation_is_dropped() -> None:
    story = Story()
    story.may_read.clear()
    restoring = asyncio.create_task(story.restoration.restore([1]))
    await story.fenced.wait()
    await story.restoration.revoke()
    story.may_read.set()
    assert not await restoring
    assert not any(line.startswith("install") for line in story.told)


async def test_a_revocation_waits_for_fencing_which_would_shut_out_the_successor() -> None:
    story = Story()
    story.may_fence.clear()
    restoring = asyncio.create_task(story.restoration.restore([1]))
    await story.fenced.wait()
    revoking = asyncio.create_task(story.restoration.revoke())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not revoking.done()
    story.may_fence.set()
    await revoking
    assert not await restoring
    assert story.told[:2] == ["fence [1]", "release [1]"]


async def test_an_assignment_overtaken_before_it_could_fence_does_not_fence() -> None:
    story = Story()
    story.may_fence.clear()
    first = asyncio.create_task(story.restoration.restore([1]))
    await story.fenced.wait()
    second = asyncio.create_task(story.restoration.restore([2]))
    third = asyncio.create_task(story.restoration.restore([3]))
    for _ in range(10):
        await asyncio.sleep(0)
    story.may_fence.set()
    assert list(await asyncio.gather(first, second, third)) == [False, False, True]
    assert "fence [2]" not in story.told


async def test_an_error_of_the_fold_reaches_the_caller() -> None:
    def fail(bootstrap: str, topics: Sequence[str], partitions: Sequence[int]) -> dict[int, list[Inbound]]:
        raise Fatal("read_back_failed")

    with pytest.raises(Fatal, match="read_back_failed"):
        await Restoration("broker", Story(), None, fail).restore([1])


async def test_nothing_to_restore_needs_no_holding() -> None:
    restoration = Restoration("broker", None, None, Story().read_back)
    assert not restoration.needed
    assert await restoration.restore([1])
    await restoration.revoke()
