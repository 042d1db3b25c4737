"""Lanes for an asyncio stage: outputs that arrive together share a transaction, each waiter returns once it is committed."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from schemas.errors import Fatal
from schemas.wire import Outbound
from streams.runtime.lane import Lane, refuse_oversized

LINGER_SECONDS = 0.003
BATCH = 500
THREADS = 8


class LaneWriter:
    """A `Writer` that writes each input partition's outputs through that partition's lane, in order.

    For one event loop. Fence a partition before folding it and before its first write.

    Args:
        group: consumer group of the stage, first part of the transactional ids.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._queues: dict[int, _Queue] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"{group}-lane")

    async def fence(self, partitions: Iterable[int]) -> None:
        """Take these partitions over, shutting out whoever wrote them before, this writer's own past included.

        Raises:
            Fatal: `fence_failed`; none of the partitions may be written then.
        """
        lanes = [Lane(self._bootstrap, self._group, partition) for partition in partitions]
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, lane.fence) for lane in lanes))
        self._queues.update({lane.partition: _Queue(lane, self._threads) for lane in lanes})

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        """Write the outputs of one event of an input partition; return once they are committed.

        Raises:
            Unprocessable: `output_too_large`, before anything is sent.
            Fatal: `not_fenced`, or as `Lane.transact`; later writes to the partition fail in the same way.
        """
        queue = self._queues.get(partition)
        if queue is None:
            raise Fatal("not_fenced", f"partition {partition}")
        refuse_oversized(outputs)
        if outputs:
            await queue.write(outputs)

    async def release(self, partitions: Iterable[int]) -> None:
        """Give up partitions that were revoked, after what they have in hand is written or has failed."""
        queues = [self._queues.pop(partition, None) for partition in partitions]
        await asyncio.gather(*(queue.idle() for queue in queues if queue is not None))

    async def close(self) -> None:
        """Release every partition and end the threads."""
        await self.release(tuple(self._queues))
        self._threads.shutdown(wait=False)


class _Queue:
    """The writes of one lane, in the order in which they were asked for."""

    def __init__(self, lane: Lane, threads: ThreadPoolExecutor) -> None:
        self._lane = lane
        self._threads = threads
        self._waiting: deque[tuple[Sequence[Outbound], asyncio.Future[None]]] = deque()
        self._drain: asyncio.Task[None] | None = None
        self._failure: Fatal | None = None

    async def write(self, outputs: Sequence[Outbound]) -> None:
        if self._failure is not None:
            raise self._failure
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((outputs, written))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._run())
        await written

    async def idle(self) -> None:
        if self._drain is not None:
            await self._drain

    async def _run(self) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            await self._transact([output for outputs, _ in batch for output in outputs])
            for _, written in batch:
                self._settle(written)

    async def _transact(self, outputs: Sequence[Outbound]) -> None:
        if self._failure is not None:
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._lane.transact, outputs)
        except Fatal as failure:
            self._failure = failure
        except Exception as error:  # noqa: BLE001 - a waiter must not hang, whatever happened
            self._failure = Fatal("transaction_failed", type(error).__name__)

    def _settle(self, written: asyncio.Future[None]) -> None:
        if written.done():  # the waiter was cancelled; its outputs were written all the same
            return
        if self._failure is None:
            written.set_result(None)
        else:
            written.set_exception(self._failure)
