"""A worker for the kill experiment on delay topics: `python -m … BOOTSTRAP GROUP TOPIC`; says how often it forwards."""

import sys
from collections.abc import Sequence
from threading import Event

from streams.runtime.delay_loop import DelayLimits, DelayLoop
from tests.brokers import SESSION


class Talkative(DelayLoop):
    """Prints a line after each forwarding of due records, before their offsets are committed."""

    def _await_acknowledged(self) -> None:
        super()._await_acknowledged()
        print("forwarded", flush=True)


def main(arguments: Sequence[str]) -> None:
    bootstrap, group, topic = arguments
    limits = DelayLimits(commit_seconds=0.2)
    Talkative(bootstrap, [topic], group, SESSION, limits=limits).run(Event())


if __name__ == "__main__":
    main(sys.argv[1:])
