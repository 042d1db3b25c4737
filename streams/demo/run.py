"""Publishes the sample into a running line and follows every request to its end."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Self

from processors.tasks.shop_support.sample import SampleMessage
from schemas.errors import Retryable
from schemas.topics import Topic
from schemas.wire import Inbound, Outbound
from streams.conservation import TERMINALS, Conservation, Ending, Kind, Record, ending_of, final
from streams.embedded.stack import Stack
from streams.publishing import publish
from streams.watching import watch

Progress = Callable[[Conservation], object]

_SETTLE_SECONDS = 2.0


@dataclass
class Run:
    """What a demonstration saw.

    Attributes:
        first_action_seconds: from the start of the line to the first action on its topic.
        examples: one message of each kind and reason of ending, as read from its topic.
    """

    sample: Sequence[SampleMessage]
    conservation: Conservation
    expected: dict[Record, SampleMessage]
    started: float
    first_action_seconds: float | None = None
    seconds: float = 0.0
    examples: dict[tuple[Kind, str], Inbound] = field(default_factory=dict)

    @property
    def unexpected(self) -> list[tuple[SampleMessage, Ending]]:
        """Requests that ended otherwise than the sample says they must."""
        return [
            (message, final(self.conservation.endings[record]))
            for record, message in self.expected.items()
            if record in self.conservation.endings
            and not _as_expected(message, final(self.conservation.endings[record]))
        ]

    @property
    def exact(self) -> bool:
        """Whether invariant 1 held: nothing lost, nothing doubled, nothing acted on twice."""
        seen = self.conservation
        return not (seen.lost or seen.doubled or seen.foreign or seen.duplicate_actions)


def run(
    stack: Stack, sample: Sequence[SampleMessage], progress: Progress, *, started: float, timeout: float
) -> Run:
    """Publish the sample and follow it until each request has ended, a process fails or time is up.

    Args:
        started: `time.monotonic()` at the start of the line.
        timeout: seconds.

    Raises:
        Retryable: `not_published`.
    """
    bootstrap = stack.settings.broker.bootstrap
    records = publish(bootstrap, [_record(message) for message in sample])
    result = Run(sample, Conservation(set(records)), dict(zip(records, sample, strict=True)), started)
    with _Reader(bootstrap) as reader:
        _follow(stack, result, reader, progress, timeout)
    result.seconds = time.monotonic() - started
    return result


def _follow(stack: Stack, result: Run, reader: "_Reader", progress: Progress, timeout: float) -> None:
    limit = time.monotonic() + timeout
    quiet_since = None
    while time.monotonic() < limit and stack.failed() is None:
        message = reader.next(0.2)
        if message is not None:
            _take(result, message, remembers=not stack.own_broker)
            quiet_since = None
        progress(result.conservation)
        if message is None and result.conservation.complete:
            quiet_since = quiet_since or time.monotonic()
            if time.monotonic() - quiet_since > _SETTLE_SECONDS:  # a second ending would come now
                return


def _take(result: Run, message: Inbound, *, remembers: bool) -> None:
    """Take an ending into account; a broker that remembers may have those of earlier runs too."""
    ending = ending_of(message)
    if ending is None or (remembers and ending.record not in result.conservation.published):
        return
    result.conservation.add(ending)
    result.examples.setdefault((ending.kind, ending.reason), message)
    if ending.kind is Kind.ACTION and result.first_action_seconds is None:
        result.first_action_seconds = time.monotonic() - result.started


def _record(message: SampleMessage) -> Outbound:
    return Outbound(Topic.REQUESTS, message.key, message.value, message.headers)


def _as_expected(message: SampleMessage, ending: Ending) -> bool:
    wanted, _, reason = message.expect.partition(":")
    return wanted == "any" or (wanted == ending.kind and reason in {"", ending.reason})


class _Reader:
    """Reads the terminal topics in a thread, so that progress is shown while nothing comes."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._found: Queue[Inbound | Retryable] = Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="terminals", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def next(self, wait_seconds: float) -> Inbound | None:
        """Return the next record, or None when none came."""
        try:
            found = self._found.get(timeout=wait_seconds)
        except Empty:
            return None
        if isinstance(found, Retryable):
            raise found
        return found

    def _read(self) -> None:
        try:
            for message in watch(self._bootstrap, tuple(TERMINALS)):
                if message is not None:
                    self._found.put(message)
                if self._stop.is_set():
                    return
        except Retryable as error:
            self._found.put(error)
