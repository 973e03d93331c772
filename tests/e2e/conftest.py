"""Topics of their own, workers that end with the test, and a small checkpoint that raises alerts."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from e2e.daemon import Daemon, StartDaemon, Topics
from e2e.tiny import save_tiny
from integration.kafka_broker import KafkaBroker

LARGEST_RECORD = 6_000_000
"""Bytes that the input topic takes, so that the worker meets what is too large for it."""
_numbers = count()


@pytest.fixture
def topics(kafka_broker: KafkaBroker) -> Topics:
    number = next(_numbers)
    return Topics(
        kafka_broker.create_topic(f"metrics-{number}", 4, {"max.message.bytes": str(LARGEST_RECORD)}),
        kafka_broker.create_topic(f"alerts-{number}", 2),
        kafka_broker.create_topic(f"dead-letters-{number}"),
        kafka_broker.create_topic(f"state-{number}", 4, {"cleanup.policy": "compact"}),
        f"group-of-metrics-{number}",
    )


@pytest.fixture
def start_daemon(tmp_path: Path, kafka_broker: KafkaBroker, topics: Topics) -> Iterator[StartDaemon]:
    """Start a worker on the topics of the test; settings are given by their dotted names.

    forked: within a second, for tests that are not about the start.
    """
    started: list[Daemon] = []

    def start(*, forked: bool = True, **settings: object) -> Daemon:
        folder = tmp_path / f"worker-{len(started)}"
        values = {name.replace("__", "."): value for name, value in settings.items()}
        started.append(Daemon(folder, kafka_broker, {**topics.settings, **values}, forked=forked))
        return started[-1]

    yield start
    for daemon in started:
        daemon.kill()


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"), "tiny")


@pytest.fixture(scope="session")
def other_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("other"), "other")
