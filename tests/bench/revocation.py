"""How soon a document that was revoked or deleted can no longer be read, and how soon one is there: live, by a follower.

`python -m tests.bench.revocation`: on the embedded broker, while further documents arrive without a pause.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.brokers import running_embedded
from tests.streams.knowledge.followers import AGENTS, Running, Topic, document, following

ROUNDS = 100
CROWD = 2_000


def main() -> None:
    """Print the seconds from a record's acknowledgement by the broker: median, 99th percentile, most."""
    with tempfile.TemporaryDirectory() as folder, running_embedded(Path(folder)) as broker:
        topic = Topic(broker.bootstrap)
        topic.create()
        topic.publish(*(document(f"d{number}", f"parcel {number}") for number in range(ROUNDS)))
        with following(topic, Path(folder) / "state") as running:
            running.await_ready()
            stop = threading.Event()
            crowd = threading.Thread(target=_crowd, args=(topic, stop))
            crowd.start()
            try:
                for name, act in (("revoked", _revoke), ("deleted", _delete)):
                    _print(name, [_seconds(running, topic, number, act) for number in range(ROUNDS)])
                    topic.publish(*(document(f"d{number}", f"parcel {number}") for number in range(ROUNDS)))
                    time.sleep(2)
            finally:
                stop.set()
                crowd.join()


def _crowd(topic: Topic, stop: threading.Event) -> None:
    for number in range(CROWD):
        if stop.wait(0.02):
            return
        topic.publish(document(f"crowd{number}", f"something else {number}"))


def _revoke(topic: Topic, name: str) -> None:
    topic.publish(document(name, f"parcel {name[1:]}", version=2, access=AGENTS))


def _delete(topic: Topic, name: str) -> None:
    topic.delete("acme", name)


def _seconds(running: Running, topic: Topic, number: int, act: Callable[[Topic, str], None]) -> float:
    text = f"parcel {number}"
    act(topic, f"d{number}")
    started = time.perf_counter()
    while text in running.texts("customer", words=text):
        time.sleep(0.001)
    return time.perf_counter() - started


def _print(name: str, seconds: Sequence[float]) -> None:
    ranked = sorted(seconds)
    worst = ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))]
    print(
        f"{name}: p50 {statistics.median(ranked) * 1000:.0f} ms, "
        f"p99 {worst * 1000:.0f} ms, most {ranked[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
