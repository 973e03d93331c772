"""One broker for the whole run, a topic of its own for every test."""

import os
from collections.abc import Iterator
from itertools import count

import pytest
from integration.kafka_broker import KafkaBroker, download_jars, missing_tool

_numbers = count()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A running broker; skips where none can run, fails there when SPEAR_REQUIRE_KAFKA=1."""
    if reason := missing_tool():
        refuse = pytest.fail if os.environ.get("SPEAR_REQUIRE_KAFKA") == "1" else pytest.skip
        refuse(f"needs a real Apache Kafka broker: {reason}")
    broker = KafkaBroker(download_jars(), tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def topic(kafka_broker: KafkaBroker) -> str:
    """An empty topic of two partitions."""
    return kafka_broker.create_topic(f"topic-{next(_numbers)}", partitions=2)
