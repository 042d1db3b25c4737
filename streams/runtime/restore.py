"""What happens between the assignment of partitions and their first event: fence, then fold, then install."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import Fold

T = TypeVar("T")

ReadBack = Callable[[str, Sequence[str], Sequence[int]], Mapping[int, Sequence[Inbound]]]
"""Reads the given partitions of all the topics to their end: (bootstrap, topics, partitions). Blocks."""


class Lanes(Protocol):
    """A writer with one fenced lane a partition: whoever fences last is the only one who can write."""

    async def fence(self, partitions: Sequence[int]) -> None:
        """Shut out former owners of these partitions."""

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        """Write through the partition's lane; see `contracts.Writer`."""

    async def release(self, partitions: Sequence[int]) -> None:
        """Close the lanes of revoked partitions."""

    async def close(self) -> None:
        """Close all lanes."""


class Restoration:
    """Readies a stage's partitions. An assignment that has changed meanwhile makes the work stale: it is dropped."""

    def __init__(
        self, bootstrap: str, fold: Fold[object] | None, lanes: Lanes | None, read_back: ReadBack
    ) -> None:
        self._bootstrap = bootstrap
        self._fold = fold
        self._lanes = lanes
        self._read_back = read_back
        self._epoch = 0
        self._fencing = asyncio.Lock()
        self._fenced: Sequence[int] = ()
        self._installed: set[int] = set()

    @property
    def needed(self) -> bool:
        """Whether partitions must stay paused until `restore` is done with them."""
        return self._fold is not None or self._lanes is not None

    async def restore(self, partitions: Sequence[int]) -> bool:
        """Fence, read back and install the state of newly assigned partitions.

        Returns:
            True when they are ready; False when they were revoked or assigned anew meanwhile.
        """
        self._epoch += 1
        epoch = self._epoch
        states = await self._rebuild(partitions) if await self._fence(epoch, partitions) else {}
        if epoch != self._epoch:
            return False
        self._install(states)
        return True

    async def revoke(self) -> None:
        """Drop all state and lanes. Waits for fencing under way, which would otherwise shut out the successor."""
        self._epoch += 1
        async with self._fencing:
            if self._lanes is not None and self._fenced:
                await self._lanes.release(self._fenced)
            self._fenced = ()
        self._drop()

    async def _fence(self, epoch: int, partitions: Sequence[int]) -> bool:
        async with self._fencing:
            if epoch == self._epoch and self._lanes is not None:
                self._fenced = tuple(partitions)
                await self._lanes.fence(partitions)
            return epoch == self._epoch

    async def _rebuild(self, partitions: Sequence[int]) -> dict[int, object]:
        fold = self._fold
        if fold is None:
            return {}

        def rebuild() -> dict[int, object]:
            found = self._read_back(self._bootstrap, fold.topics, partitions)
            return {partition: fold.build(found.get(partition, ())) for partition in partitions}

        return await _in_thread(rebuild)

    def _install(self, states: Mapping[int, object]) -> None:
        if self._fold is not None:
            for partition, state in states.items():
                self._fold.install(partition, state)
                self._installed.add(partition)

    def _drop(self) -> None:
        if self._fold is not None:
            for partition in sorted(self._installed):
                self._fold.drop(partition)
        self._installed.clear()


async def _in_thread(work: Callable[[], T]) -> T:
    """Run blocking work in a thread of its own, which does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - carried over to whoever awaits
            failed = error
        with suppress(RuntimeError):  # the loop has closed: nobody awaits any more
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="restore", daemon=True).start()
    return await done
