"""A topic of its own for every test."""

from itertools import count

import pytest
from integration.kafka_broker import KafkaBroker

_numbers = count()


@pytest.fixture
def topic(kafka_broker: KafkaBroker) -> str:
    """An empty topic of two partitions."""
    return kafka_broker.create_topic(f"topic-{next(_numbers)}", partitions=2)
