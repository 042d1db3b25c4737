"""A worker for the kill and pause experiments: passes numbered events on once each, folding what it has passed on.

Run as `python -m tests.streams.runtime.numbered_settle BOOTSTRAP KIND NAME SOURCE SINK HOLD_SECONDS`; each transaction is
held open for HOLD_SECONDS so that a kill or a pause meets one. SIGTERM ends it cleanly, a `Fatal` with code 3.
"""

import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from confluent_kafka import Producer

from schemas.errors import Fatal
from schemas.wire import Inbound, Outbound
from streams.runtime import lane
from streams.runtime.contracts import Failure
from streams.runtime.settle_loop import LoopSettings, SettleLoop
from tests.brokers import SESSION

EXIT_FATAL = 3


@dataclass(frozen=True)
class Numbered:
    """Passes each key on once; its state is the set of keys passed on."""

    name: str
    source: str
    sink: str

    @property
    def topics(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def fold_topics(self) -> tuple[str, ...]:
        return (self.sink,)

    def build(self, messages: Iterable[Inbound]) -> set[bytes]:
        return {message.key or b"" for message in messages}

    def process(self, state: set[bytes], message: Inbound) -> Sequence[Outbound]:
        key = message.key or b""
        if key in state:
            return ()
        state.add(key)
        return (Outbound(self.sink, key, message.value, partition=message.partition),)

    def tick(self, state: set[bytes], now: datetime) -> Sequence[Outbound]:
        return ()

    def bury(self, state: set[bytes], message: Inbound, failure: Failure) -> Sequence[Outbound]:
        return ()


@dataclass(frozen=True)
class Forgetful(Numbered):
    """The same without its memory: what the fold is for."""

    @property
    def fold_topics(self) -> tuple[str, ...]:
        return ()

    def process(self, state: set[bytes], message: Inbound) -> Sequence[Outbound]:
        return (Outbound(self.sink, message.key, message.value, partition=message.partition),)


class HeldProducer(Producer):  # type: ignore[misc]
    """Keeps every transaction open for a while after its records have arrived, and says so; says when it has fenced."""

    hold_seconds = 0.0

    def init_transactions(self, timeout: float) -> None:
        super().init_transactions(timeout)
        print("fenced", flush=True)

    def commit_transaction(self, timeout: float) -> None:
        self.flush(timeout)
        print("open", flush=True)
        time.sleep(self.hold_seconds)
        super().commit_transaction(timeout)


def main(arguments: Sequence[str]) -> int:
    bootstrap, kind, name, source, sink, hold_seconds = arguments
    HeldProducer.hold_seconds = float(hold_seconds)
    vars(lane)["Producer"] = HeldProducer
    processor = {"numbered": Numbered, "forgetful": Forgetful}[kind](name, source, sink)
    settings = LoopSettings(bootstrap, group_prefix="", session=SESSION, batch=20)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        SettleLoop(processor, settings).run(stop)
    except Fatal as error:
        print(error, flush=True)
        return EXIT_FATAL
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
