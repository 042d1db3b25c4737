"""A lane: the transactional producer of one input partition.

Its transactional id belongs to the partition, not to the worker, so whoever takes the partition over fences whoever
held it, even one that was paused and does not know. Fence first, then fold what was committed, then write.
"""

from collections.abc import Sequence
from contextlib import suppress

from confluent_kafka import KafkaException, Producer, TopicPartition

from schemas.errors import Fatal
from schemas.wire import Outbound
from streams.runtime.confluent import producer_config

FENCE_SECONDS = 30.0
COMMIT_SECONDS = 15.0
ABORT_SECONDS = 5.0

_BY_KEY = -1


class Lane:
    """Writes the outputs of one partition in transactions. After a `Fatal` it is of no further use.

    Args:
        group: consumer group of the stage, first part of the transactional id.
    """

    def __init__(self, bootstrap: str, group: str, partition: int) -> None:
        self.partition = partition
        identity = {"transactional.id": f"{group}-{partition}", "linger.ms": 0}
        self._producer = Producer(producer_config(bootstrap, identity))

    def fence(self) -> None:
        """Shut out the lane's earlier holder and end its open transaction.

        Raises:
            Fatal: `fence_failed`.
        """
        try:
            self._producer.init_transactions(FENCE_SECONDS)
        except KafkaException as error:
            raise Fatal("fence_failed", _code(error)) from error

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
            raise Fatal("fenced" if _fenced(error) else "transaction_failed", _code(error)) from error

    def _attempt(
        self, outputs: Sequence[Outbound], offsets: Sequence[TopicPartition], group_metadata: object | None
    ) -> None:
        self._producer.begin_transaction()
        for output in outputs:
            self._produce(output)
        if offsets:
            self._producer.send_offsets_to_transaction(list(offsets), group_metadata, COMMIT_SECONDS)
        self._producer.commit_transaction(COMMIT_SECONDS)

    def _abandon(self) -> None:
        # An open transaction would hold back every committed read of these partitions until it expires.
        with suppress(KafkaException):
            self._producer.abort_transaction(ABORT_SECONDS)

    def _produce(self, output: Outbound) -> None:
        partition = _BY_KEY if output.partition is None else output.partition
        while True:
            try:
                self._producer.produce(
                    output.topic, output.value, output.key, partition, headers=list(output.headers)
                )
            except BufferError:  # the client's queue is full: let it drain, the message time-out bounds this
                self._producer.poll(0.05)
            else:
                return


def _fenced(error: KafkaException) -> bool:
    return "FENCED" in _code(error)


def _code(error: KafkaException) -> str:
    return str(error.args[0].name())
