"""A topic of documents for each test."""

import pytest

from tests.brokers import Broker
from tests.streams.knowledge.followers import Topic


@pytest.fixture
def topic(broker: Broker) -> Topic:
    found = Topic(broker.bootstrap)
    found.create()
    return found
