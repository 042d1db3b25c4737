"""Calls of a detector that wait for its one thread, and which of them are searched together."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from schemas.ports import Profile, Span

Found = list[list[Span]]

_MOST_CHARACTERS = 16_000
"""Of a batch. It takes a fraction of a second at worst, so that no call uses up another's time."""

_MOST_TEXTS = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: the spans of its texts, None where the search failed; seconds of processor time."""

    found: Found | None
    seconds: float


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """Texts to be searched, and where their answer is waited for."""

    texts: Sequence[str]
    language: str
    profile: Profile
    answer: "asyncio.Future[Answer]"

    @property
    def characters(self) -> int:
        """Length of all texts, and one: no call is for nothing."""
        return 1 + sum(map(len, self.texts))

    def resolve(self, found: Found | None, seconds: float) -> None:
        """Answer, from any thread. Nothing happens if nobody waits any more."""
        with suppress(RuntimeError):  # its event loop is closed
            self.answer.get_loop().call_soon_threadsafe(self._set, Answer(found, seconds))

    def _set(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Waiting:
    """Calls in the order they came. Safe to use from several threads."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Let a call wait."""
        with self._lock:
            self._calls.append(call)

    def take(self) -> list[Call]:
        """Return the first call that is still waited for, with those of its language and profile that fit beside it."""
        with self._lock:
            waiting = [call for call in self._calls if not call.answer.cancelled()]
            taken = _together(waiting)
            self._calls = deque(call for call in waiting if call not in taken)
        return taken

    def drain(self) -> list[Call]:
        """Return all calls; none waits any more."""
        with self._lock:
            calls, self._calls = [*self._calls], deque()
        return calls


def _together(waiting: Sequence[Call]) -> list[Call]:
    taken: list[Call] = []
    characters = texts = 0
    for call in waiting:
        if taken and (call.language, call.profile) != (taken[0].language, taken[0].profile):
            continue
        characters += call.characters
        texts += len(call.texts)
        if taken and (characters > _MOST_CHARACTERS or texts > _MOST_TEXTS):
            break
        taken.append(call)
    return taken
