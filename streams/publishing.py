"""Writing to topics from outside the line, and learning where each record came to stand."""

from collections.abc import Iterable

from confluent_kafka import KafkaException, Producer

from schemas.errors import Retryable
from schemas.wire import Outbound
from streams.runtime.confluent import code_of, produce, producer_config
from streams.topic_specs import MAX_MESSAGE_BYTES

FLUSH_SECONDS = 30.0
Coordinates = tuple[int, int]


def publish(bootstrap: str, records: Iterable[Outbound]) -> list[Coordinates]:
    """Write records and return each one's (partition, offset), in their order, once the broker has them all.

    Raises:
        Retryable: `not_published` when the broker did not acknowledge every record.
    """
    producer = Producer(producer_config(bootstrap, {"message.max.bytes": MAX_MESSAGE_BYTES}))
    deliveries: list[_Delivery] = []
    try:
        for record in records:
            deliveries.append(_Delivery())
            produce(producer, record, deliveries[-1])
        unsent = producer.flush(FLUSH_SECONDS)
    except KafkaException as error:
        raise Retryable("not_published", code_of(error)) from None
    if unsent or any(delivery.at is None for delivery in deliveries):
        raise Retryable("not_published", "the broker did not acknowledge every record")
    return [delivery.at for delivery in deliveries if delivery.at is not None]


class _Delivery:
    def __init__(self) -> None:
        self.at: Coordinates | None = None

    def __call__(self, error: object, message: object) -> None:
        if error is None:
            self.at = (message.partition(), message.offset())  # type: ignore[attr-defined]
