"""Documents whose passages are still being cut and redacted: the newest record of each, oldest first."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

from schemas.errors import Fatal, Retryable, Unprocessable
from schemas.knowledge import Document, Passage
from sinks.knowledge.batch import Key
from streams.knowledge.records import Published, Refused

Preparing = Callable[[Document], "Future[tuple[Passage, ...]]"]
"""Starts to cut and redact a document, elsewhere."""

IN_HAND = 16
"""Documents prepared at once, so that the detector can search them together."""

ATTEMPTS = 8
BACKOFF_SECONDS = 0.5
BACKOFF_LIMIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with its passages."""

    record: Published
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Postponed:
    """A document that could not be prepared now and will be tried again."""

    record: Published


@dataclass(slots=True)
class _Waiting:
    record: Published
    attempts: int = 0
    not_before: float = 0.0
    working: "Future[tuple[Passage, ...]] | None" = None


class Backlog:
    """Prepares a few documents at a time. For one thread.

    Args:
        preparing: starts the work on a document.
    """

    def __init__(self, preparing: Preparing, now: Callable[[], float] = time.monotonic) -> None:
        self._preparing = preparing
        self._now = now
        self._waiting: dict[Key, _Waiting] = {}
        self._in_hand: dict[Key, _Waiting] = {}
        self.characters = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_hand)

    def add(self, record: Published) -> None:
        """Take a document up; what its key had waiting is of no interest any more."""
        self.drop(record.key)
        self._waiting[record.key] = _Waiting(record)
        self.characters += len(record.document.text)

    def drop(self, key: Key) -> None:
        """Forget what a key has waiting."""
        for place in (self._waiting, self._in_hand):
            known = place.pop(key, None)
            if known is not None:
                self.characters -= len(known.record.document.text)
                if known.working is not None:
                    known.working.cancel()

    def clear(self) -> None:
        """Forget everything."""
        for key in (*self._waiting, *self._in_hand):
            self.drop(key)

    def work(self) -> Iterator[Prepared | Postponed | Refused]:
        """Yield what became of documents since, and take up further ones."""
        for key, each in list(self._in_hand.items()):
            if each.working is not None and each.working.done():
                self.drop(key)
                yield self._outcome(each, each.working)
        self._take_up()

    def lowest(self, partition: int) -> int | None:
        """Return the offset of a partition's oldest record that is not prepared yet."""
        offsets = (
            each.record.stand.place.offset
            for place in (self._waiting, self._in_hand)
            for each in place.values()
            if each.record.stand.place.partition == partition
        )
        return min(offsets, default=None)

    def _take_up(self) -> None:
        moment = self._now()
        due = (each for each in self._waiting.values() if each.not_before <= moment)
        for _, each in zip(range(IN_HAND - len(self._in_hand)), list(_first(due, IN_HAND)), strict=False):
            self._in_hand[each.record.key] = self._waiting.pop(each.record.key)
            each.attempts += 1
            each.working = self._preparing(each.record.document)

    def _outcome(self, each: _Waiting, work: "Future[tuple[Passage, ...]]") -> Prepared | Postponed | Refused:
        try:
            return Prepared(each.record, work.result())
        except Unprocessable as error:
            return Refused(each.record.key, each.record.stand, error.reason)
        except Retryable as error:
            return self._again(each, error.reason)
        except (CancelledError, TimeoutError):
            return self._again(each, "preparation_timed_out")
        except Fatal:
            raise
        except Exception:  # noqa: BLE001 - one document must not end the others; the error could quote it
            return Refused(each.record.key, each.record.stand, "preparation_failed")

    def _again(self, each: _Waiting, reason: str) -> Postponed | Refused:
        """What fails alone and often is the document's own fault."""
        if each.attempts >= ATTEMPTS:
            return Refused(each.record.key, each.record.stand, reason)
        wait = min(BACKOFF_SECONDS * 2.0 ** (each.attempts - 1), BACKOFF_LIMIT_SECONDS)
        self._waiting[each.record.key] = _Waiting(each.record, each.attempts, self._now() + wait)
        self.characters += len(each.record.document.text)
        return Postponed(each.record)


def _first(waiting: Iterator[_Waiting], count: int) -> Iterator[_Waiting]:
    for _, each in zip(range(count), waiting, strict=False):
        yield each
