"""A part that takes seconds to load, loaded beside the event loop; whoever needs it waits."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.ports import Detector, Profile, Span

NOT_LOADED = "not-loaded"
"""Version of a detector that could not be made, or that nobody has asked for anything yet."""


@dataclass
class DeferredDetector:
    """Implements `Detector` with one that is made in a thread, once, when it is first wanted.

    Attributes:
        make: makes the detector; what it raises, every use raises.
    """

    make: Callable[[], Detector]
    _making: asyncio.Task[Detector] | None = field(default=None, repr=False)

    @property
    def version(self) -> str:
        """Version of engine and rules, once it is loaded; never an error, since texts may go on without a detector."""
        making = self._making
        if making is None or not making.done() or making.cancelled() or making.exception() is not None:
            return NOT_LOADED
        return making.result().version

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text, as the detector that was made does."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self.make))
        detector = await asyncio.shield(self._making)  # one waiter that is cancelled must not cost the others
        return await detector.detect(texts, language, profile)
