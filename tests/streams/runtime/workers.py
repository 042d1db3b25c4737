"""Starts, kills and pauses worker processes, and counts what comes out."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.runtime.confluent import base_config, producer_config, reader_config
from streams.runtime.readback import read_back_many
from tests.brokers import Broker
from tests.streams.runtime.stage_worker import Plan

PARTITIONS = 4
PATIENCE_SECONDS = 90


@dataclass
class Worker:
    """One process of `stage_worker`."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ended(self, seconds: float = PATIENCE_SECONDS) -> int:
        return self.process.wait(seconds)

    def stopped(self) -> int:
        """Ask the worker to end; return its exit code."""
        self.send(signal.SIGTERM)
        return self.ended()

    def signs(self) -> dict[str, Any]:
        """Return the vital signs of a worker that has ended."""
        signs: dict[str, Any] = json.loads((self.process.stdout or sys.stdin).read())
        return signs


@dataclass
class Lab:
    """Topics of one experiment, and the workers started on them."""

    broker: Broker
    directory: Path
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        run = uuid.uuid4().hex[:8]
        self.plan = Plan(
            self.broker.bootstrap,
            str(self.directory / "faust"),
            f"group-{run}",
            f"source-{run}",
            f"target-{run}",
            f"dead-{run}",
        )
        admin = AdminClient(base_config(self.broker.bootstrap))
        wanted = [
            NewTopic(name, PARTITIONS, 1) for name in (self.plan.source, self.plan.target, self.plan.dead)
        ]
        for done in admin.create_topics(wanted).values():
            done.result(30)

    def start(self, **changes: object) -> Worker:
        """Start a worker on this plan, changed as told."""
        plan = replace(self.plan, **changes)  # type: ignore[arg-type]
        log = self.directory / f"worker-{len(self.workers)}.log"
        command = [sys.executable, "-m", "tests.streams.runtime.stage_worker", json.dumps(vars(plan))]
        with log.open("w") as file:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=file, text=True, env=os.environ
            )
        self.workers.append(Worker(process, log))
        return self.workers[-1]

    def publish(self, values: Sequence[bytes], keys: int = 200) -> None:
        """Publish values; equal values share a key."""
        producer = Producer(producer_config(self.broker.bootstrap))
        for value in values:
            producer.produce(self.plan.source, value, key=b"%d" % (hash(value) % keys))
            producer.poll(0)
        assert producer.flush(30) == 0

    def outputs(self) -> Counter[bytes]:
        """Count each value in the target topic."""
        return self._values(self.plan.target)

    def dead_letters(self) -> Counter[bytes]:
        return self._values(self.plan.dead)

    def _values(self, topic: str) -> Counter[bytes]:
        found = read_back_many(self.broker.bootstrap, [topic], list(range(PARTITIONS)))
        return Counter(message.value or b"" for messages in found.values() for message in messages)

    def await_outputs(self, distinct: int) -> Counter[bytes]:
        """Wait until so many distinct values have come out; return what has."""
        self.until(lambda: len(self.outputs()) >= distinct)
        return self.outputs()

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for a state, within reason: what did not come is asserted by the caller."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit and not reached():
            assert any(worker.alive for worker in self.workers), "every worker has ended"
            time.sleep(0.25)

    def backlog(self) -> int:
        """Return how many source messages the group's committed offsets do not cover."""
        found = read_back_many(self.broker.bootstrap, [self.plan.source], list(range(PARTITIONS)))
        committed = self.committed()
        return sum(message.offset >= committed[number] for number, each in found.items() for message in each)

    def committed(self) -> list[int]:
        """Return the group's committed offset of each partition of the source."""
        asked = [TopicPartition(self.plan.source, number) for number in range(PARTITIONS)]
        group = ConsumerGroupTopicPartitions(self.plan.group, asked)
        admin = AdminClient(base_config(self.broker.bootstrap))
        try:
            found = admin.list_consumer_group_offsets([group])[self.plan.group].result(30)
        except KafkaException:  # a broker just started may still be loading the groups
            return [0] * PARTITIONS
        return [
            max(0, each.offset) for each in sorted(found.topic_partitions, key=lambda each: each.partition)
        ]

    def ends(self) -> list[int]:
        """Return where each partition of the source ends, markers included. The embedded broker cannot tell."""
        consumer = Consumer(reader_config(self.broker.bootstrap, {"isolation.level": "read_uncommitted"}))
        try:
            asked = [TopicPartition(self.plan.source, number) for number in range(PARTITIONS)]
            return [consumer.get_watermark_offsets(each, timeout=30)[1] for each in asked]
        finally:
            consumer.close()


@contextmanager
def laboratory(broker: Broker, directory: Path) -> Iterator[Lab]:
    """Make an experiment's topics; end whatever workers it leaves."""
    lab = Lab(broker, directory)
    try:
        yield lab
    finally:
        for worker in lab.workers:
            worker.kill()
            assert worker.process.stdout is not None
            worker.process.stdout.close()


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(first, first + count)]
