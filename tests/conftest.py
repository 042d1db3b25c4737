"""Fixtures shared by every suite that needs a broker."""

from collections.abc import Iterator

import pytest

from tests.brokers import Broker, running_embedded, running_kafka


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_embedded(tmp_path_factory.mktemp("embedded")) as broker:
        yield broker


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn; a test that takes this runs once against either."""
    name = {"embedded": "embedded_broker", "kafka": "apache_kafka"}[request.param]
    found: Broker = request.getfixturevalue(name)
    return found
