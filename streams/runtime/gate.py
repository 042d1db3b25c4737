"""The gate of a stage: closed while the stage must not take up events, so that waiting never happens in a handler.

A closed gate holds a whole stage, not one partition. The consumer stays a member of its group meanwhile: heartbeats
go on, and an event held at the gate is given back when its partition is revoked.
"""

import asyncio


class Gate:
    """Open unless someone keeps it closed, each under a reason of its own (`breaker`, `policy_stale`)."""

    def __init__(self) -> None:
        self._reasons: set[str] = set()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    @property
    def reasons(self) -> frozenset[str]:
        """Why the gate is closed; empty when it is open."""
        return frozenset(self._reasons)

    def close(self, reason: str) -> None:
        """Hold events back until `open` is called with the same reason."""
        self._reasons.add(reason)
        self._open.clear()

    def open(self, reason: str) -> None:
        """Withdraw a reason; the gate opens with the last one. An unknown reason changes nothing."""
        self._reasons.discard(reason)
        if not self._reasons:
            self._open.set()

    async def passed(self, draining: asyncio.Event) -> bool:
        """Wait until the gate is open or `draining` is set; return True when the event may be taken up."""
        while not draining.is_set():
            if self._open.is_set():
                return True
            await first_of(self._open, draining)
        return False


async def first_of(*events: asyncio.Event) -> None:
    """Return once any of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
