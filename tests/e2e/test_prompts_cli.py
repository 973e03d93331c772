"""A roll-out as an operator does it: publish, shadow, compare, promote and roll back, while a worker runs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from e2e.daemon import Daemon, StartDaemon, Topics, settings, spear_stream, wait_until
from e2e.feed import feed
from e2e.tiny import save_tiny
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import produce, read_all
from typer.testing import CliRunner

from spear_stream.cli import app
from spear_stream.core.errors import SpearError

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SERIES = ("a", "b")


class Operator:
    """Someone at the command line."""

    def __init__(self, folder: Path, broker: KafkaBroker, control_topic: str, checkpoint: Path) -> None:
        values = {"kafka.bootstrap_servers": broker.bootstrap, "kafka.control_topic": control_topic}
        self._settings: dict[str, object] = {**values, "model.checkpoint": checkpoint}
        self._folder = folder

    def __call__(self, *arguments: object) -> str:
        command = ["prompts", *arguments, *settings(self._settings)]
        done = spear_stream(*command, folder=self._folder)
        assert done.returncode == 0, done
        return done.stdout

    def refused(self, *arguments: object, **changed: object) -> SpearError:
        """What is said of a command that cannot be done; in this process, which has torch loaded."""
        given = self._settings | {f"kafka.{name}": value for name, value in changed.items()}
        found = CliRunner().invoke(app, [*map(str, ["prompts", *arguments]), *settings(given)])
        assert isinstance(found.exception, SpearError), found.output
        return found.exception

    def tenants(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("list", "--json"))["tenants"]
        return found


class Feed:
    """Every part has one spike in each series, larger than those before: what came before is no surprise."""

    def __init__(self, broker: KafkaBroker, topics: Topics, worker: Daemon) -> None:
        self._broker, self._topics, self._worker = broker, topics, worker
        self._points = 0

    def more(self, points: int = 120) -> None:
        first, self._points = self._points, self._points + points
        size = 1000.0 * 8 ** (first // points)
        records = feed(SERIES, range(first, self._points), spikes={self._points - 20}, size=size)
        produce(self._broker, self._topics.metrics, records)
        wait_until(self._all_is_judged, self._worker.said)

    def _all_is_judged(self) -> bool:
        """Points are counted when they are taken in, with their windows pending from then on."""
        points = self._worker.metric("spear_points_total")
        return points == len(SERIES) * self._points and self._worker.metric("spear_pending_windows") == 0


def in_use(worker: Daemon, role: str, name: str) -> bool:
    text = worker.get("/metrics")[1]
    lines = [line for line in text.splitlines() if line.startswith("spear_prompt_info{")]
    return any(f'role="{role}"' in line and f'checkpoint="{name}-' in line for line in lines)


def opened_by(broker: KafkaBroker, topic: str) -> list[str]:
    """Names of the checkpoints that opened alerts, a name per alert."""
    values = [json.loads(record.value) for record in read_all(broker, topic)]
    values.sort(key=lambda value: value["started_at"])
    return [v["model"]["checkpoint"].split("-")[0] for v in values if v["type"] == "spear.anomaly.opened"]


def test_a_roll_out_from_publish_to_rollback(
    kafka_broker: KafkaBroker,
    topics: Topics,
    start_daemon: StartDaemon,
    tiny_checkpoint: Path,
    other_checkpoint: Path,
    tmp_path: Path,
) -> None:
    control = kafka_broker.create_topic(f"{topics.metrics}-control", 1, {"cleanup.policy": "compact"})
    shadow = kafka_broker.create_topic(f"{topics.metrics}-shadow")
    prompts = Operator(tmp_path, kafka_broker, control, tiny_checkpoint)
    third = save_tiny(tmp_path / "third", "third")

    assert "champion of * is other-" in prompts("publish", other_checkpoint)
    worker = start_daemon(
        model__checkpoint=tiny_checkpoint,
        kafka__control_topic=control,
        kafka__shadow_topic=shadow,
        alerts__cooldown_seconds=0,
    ).await_ready()
    assert in_use(worker, "champion", "other"), "prompts are there before the worker is ready"
    source = Feed(kafka_broker, topics, worker)
    source.more()

    assert "on 100% of its series" in prompts("shadow", third)
    wait_until(lambda: in_use(worker, "challenger", "third"), worker.said)
    source.more()
    both = {"anomalous": "both", "tenant": "*"}
    wait_until(
        lambda: worker.metric("spear_shadow_windows_total", **both) >= len(SERIES),
        lambda: worker.get("/metrics"),
    )
    assert worker.metric("spear_shadow_opened_total", role="challenger") == len(SERIES)
    [figures] = json.loads(prompts("list", "--json", "-m", worker.url))["figures"]
    assert figures["challenger"].startswith("third-")
    assert figures["windows"]["both"] >= len(SERIES)
    assert figures["opened"]["challenger"] == len(SERIES)
    assert figures["mean_distance"] > 0

    prompts("promote")
    wait_until(lambda: in_use(worker, "champion", "third"), worker.said)
    source.more()
    assert prompts.tenants()["*"]["previous"]["id"].startswith("other-")

    prompts("rollback")
    wait_until(lambda: in_use(worker, "champion", "other"), worker.said)
    source.more()
    table = prompts("list")
    assert "champion" in table
    assert "previous" in table

    assert worker.stop() == 0
    assert opened_by(kafka_broker, topics.alerts) == ["other"] * 4 + ["third"] * 2 + ["other"] * 2
    assert opened_by(kafka_broker, shadow) == ["third"] * 2
    assert not worker.errors()


def test_what_is_wrong_is_said_with_its_cure(
    kafka_broker: KafkaBroker, topics: Topics, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    control = kafka_broker.create_topic(f"{topics.metrics}-control", 1, {"cleanup.policy": "compact"})
    prompts = Operator(tmp_path, kafka_broker, control, tiny_checkpoint)
    packaged = Path(__file__).parents[2] / "spear_stream" / "data" / "checkpoints" / "default"
    assert "no tenant is in the control topic" in prompts("list")
    for arguments, message in (
        (("promote",), "there is no challenger to promote"),
        (("rollback", "-t", "x*"), r"tenant x\*: nothing was published"),
        (("publish", tmp_path / "absent"), r"manifest\.json is missing"),
        (("publish", packaged), "another backbone or window than SPEAR_MODEL__CHECKPOINT"),
        (("publish", tiny_checkpoint, "-t", "topic:"), "topic:NAME for the series of a topic"),
        (("remove", "-t", "x*"), "tenants now: none"),
        (("shadow", tiny_checkpoint, "--off"), "--off ends the shadow"),
    ):
        error = prompts.refused(*arguments)
        assert re.search(message, str(error))
        assert error.exit_code == 2
    missing = prompts.refused("list", control_topic="absent")
    assert "--topic absent --partitions 1 --config cleanup.policy=compact" in str(missing)
    assert missing.exit_code == 4


def test_a_champion_whose_artefact_went_missing_is_sent_again_by_publishing_it(
    kafka_broker: KafkaBroker, topics: Topics, tiny_checkpoint: Path, other_checkpoint: Path, tmp_path: Path
) -> None:
    control = kafka_broker.create_topic(f"{topics.metrics}-control", 1, {"cleanup.policy": "compact"})
    prompts = Operator(tmp_path, kafka_broker, control, tiny_checkpoint)
    prompts("publish", other_checkpoint)
    assert "champion already" in str(prompts.refused("publish", other_checkpoint))
    roles = prompts.tenants()
    [key] = {
        record.key for record in read_all(kafka_broker, control) if record.key.startswith(b"checkpoint/")
    }
    produce(kafka_broker, control, [(key, None)])
    prompts("publish", other_checkpoint)
    newest = {record.key: record.value for record in read_all(kafka_broker, control)}
    assert newest[key] is not None
    assert prompts.tenants() == roles
