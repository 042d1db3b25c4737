"""Ground takes up nothing before its index first holds everything, so that no request is spent on waiting for that."""

import asyncio

from streams.knowledge.follower import Follower
from streams.runtime.gate import Gate

REASON = "knowledge"
_POLL_SECONDS = 0.05


async def hold(gate: Gate, follower: Follower, patience_seconds: float) -> None:
    """Open a gate, which the caller has closed for `REASON`, once the index is ready or patience is at its end.

    Then requests meet `knowledge_stale` and take their course: they are delayed, and end at their deadline.
    """
    try:
        async with asyncio.timeout(patience_seconds):
            while not follower.ready:  # noqa: ASYNC110 - it is another thread that makes it so
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        pass
    finally:
        gate.open(REASON)
