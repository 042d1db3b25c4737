"""A lane: the transactional producer of one input partition.

Its transactional id belongs to the partition, not to the worker, so whoever takes the partition over fences whoever
held it, even one that was paused and does not know. Fence first, then fold what was committed, then write.
"""

from collections.abc import Sequence
from contextlib import suppress

from confluent_kafka import KafkaException, Producer, TopicPartition

from schemas.errors import Fatal, Unprocessable
from schemas.wire import Outbound
from streams.runtime.confluent import code_of, produce, producer_config

FENCE_SECONDS = 30.0
COMMIT_SECONDS = 15.0
ABORT_SECONDS = 5.0
LARGEST_MESSAGE_BYTES = 1_000_000
CLIENT_LIMIT_BYTES = LARGEST_MESSAGE_BYTES + 40_000
"""The client's own limit, on records with their framing: above ours and below a broker's default of 1 MiB."""


def refuse_oversized(outputs: Sequence[Outbound]) -> None:
    """Check sizes before anything is sent, as the event is at fault then and not the producer.

    Raises:
        Unprocessable: `output_too_large`.
    """
    if any(_size(output) > LARGEST_MESSAGE_BYTES for output in outputs):
        raise Unprocessable("output_too_large")


class Lane:
    """Writes the outputs of one partition in transactions. After a `Fatal` it is of no further use.

    Args:
        group: consumer group of the stage, first part of the transactional id.
    """

    def __init__(self, bootstrap: str, group: str, partition: int) -> None:
        self.partition = partition
        settings = {
            "transactional.id": f"{group}-{partition}",
            "linger.ms": 0,
            "message.max.bytes": CLIENT_LIMIT_BYTES,
        }
        self._producer = Producer(producer_config(bootstrap, settings))

    def fence(self) -> None:
        """Shut out the lane's earlier holder and end its open transaction.

        Raises:
            Fatal: `fence_failed`.
        """
        try:
            self._producer.init_transactions(FENCE_SECONDS)
        except KafkaException as error:
            raise Fatal("fence_failed", code_of(error)) from error

    def transact(
        self,
        outputs: Sequence[Outbound],
        offsets: Sequence[TopicPartition] = (),
        group_metadata: object | None = None,
    ) -> None:
        """Write the outputs, and the offsets of the inputs they came from, all or nothing; return once committed.

        Args:
            outputs: in the order they are to have.
            offsets: the next offsets to read, as a consumer would commit them.
            group_metadata: of the consumer that read them; needed with `offsets`.

        Raises:
            Fatal: `transaction_failed`, or `fenced` when another holder has taken the lane over. Nothing was
                committed, except after a time-out of the commit itself, when the fold of a successor will tell.
        """
        if not outputs and not offsets:
            return
        try:
            self._attempt(outputs, offsets, group_metadata)
        except KafkaException as error:
            self._abandon()
            raise Fatal("fenced" if _fenced(error) else "transaction_failed", code_of(error)) from error

    def _attempt(
        self, outputs: Sequence[Outbound], offsets: Sequence[TopicPartition], group_metadata: object | None
    ) -> None:
        self._producer.begin_transaction()
        for output in outputs:
            produce(self._producer, output)
        if offsets:
            self._producer.send_offsets_to_transaction(list(offsets), group_metadata, COMMIT_SECONDS)
        self._producer.commit_transaction(COMMIT_SECONDS)

    def _abandon(self) -> None:
        # An open transaction would hold back every committed read of these partitions until it expires.
        with suppress(KafkaException):
            self._producer.abort_transaction(ABORT_SECONDS)


def _size(output: Outbound) -> int:
    headers = sum(len(name) + len(value) for name, value in output.headers)
    return len(output.key or b"") + len(output.value or b"") + headers


def _fenced(error: KafkaException) -> bool:
    return "FENCED" in code_of(error)
