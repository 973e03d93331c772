"""Topics of their own, workers that end with the test, and a small checkpoint that raises alerts."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import torch
from e2e.daemon import Daemon, StartDaemon, Topics
from integration.kafka_broker import KafkaBroker

from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import NONE, NONE_WIDTH
from spear_stream.model.checkpoint import BackboneIdentity, save_checkpoint
from spear_stream.model.prompt import PromptShape, SoftPrompt

LARGEST_RECORD = 6_000_000
"""Bytes that the input topic takes, so that the worker meets what is too large for it."""
DISTANCE = 1
"""The feature of a bin's embedding that a fresh prompt starts as the size of its distance."""
USUAL = 6.0

_numbers = count()


@pytest.fixture
def topics(kafka_broker: KafkaBroker) -> Topics:
    number = next(_numbers)
    return Topics(
        kafka_broker.create_topic(f"metrics-{number}", 4, {"max.message.bytes": str(LARGEST_RECORD)}),
        kafka_broker.create_topic(f"alerts-{number}", 2),
        kafka_broker.create_topic(f"dead-letters-{number}"),
        kafka_broker.create_topic(f"state-{number}", 4, {"cleanup.policy": "compact"}),
    )


@pytest.fixture
def start_daemon(tmp_path: Path, kafka_broker: KafkaBroker, topics: Topics) -> Iterator[StartDaemon]:
    """Start a worker on the topics of the test; settings are given by their dotted names."""
    started: list[Daemon] = []

    def start(**settings: object) -> Daemon:
        folder = tmp_path / f"worker-{len(started)}"
        values = {name.replace("__", "."): value for name, value in settings.items()}
        started.append(Daemon(folder, kafka_broker, {**topics.settings, **values}))
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


def save_tiny(folder: Path, name: str) -> Path:
    """No backbone; the logit of a point is the sum of its distances less USUAL, so that a far point is an
    anomaly.
    """
    prompt = SoftPrompt(WindowSpec(), PromptShape(prompts=0, hidden=NONE_WIDTH))
    features = prompt.patch.in_features // prompt.spec.patch
    with torch.no_grad():
        for silent in (prompt.head, prompt.skip[-1]):
            silent.weight.zero_()
            silent.bias.zero_()
        prompt.head.bias.fill_(-USUAL)
        prompt.direct.weight.zero_()
        for point in range(prompt.spec.patch):
            distances = slice(point * features + DISTANCE, (point + 1) * features, prompt.shape.rank)
            prompt.direct.weight[point, distances] = 1.0
    backbone = BackboneIdentity(NONE, "", 0)
    save_checkpoint(
        folder, prompt, name=name, backbone=backbone, command="tests", seed=0, steps=0, trained_on=[]
    )
    return folder
