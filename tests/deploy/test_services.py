"""Compose, Prometheus and systemd files parse, refer to what exists, and agree with the worker."""

from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.dockerfile import parse

from spear_stream.core.errors import ConfigError
from spear_stream.ops.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DRAIN_SECONDS = Settings().service.drain_seconds


@pytest.fixture(scope="module")
def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep case
    parser.read(DEPLOY / "systemd" / "spear-stream.service")
    return parser


def test_the_image_is_built_from_what_exists() -> None:
    build = SERVICES["worker"]["build"]
    context = DEPLOY / build["context"]
    stages = parse((context / build["dockerfile"]).read_text())
    arguments = {body.partition("=")[0] for stage in stages.values() for body in stage.bodies("ARG")}
    assert build["args"].keys() <= arguments


@pytest.mark.parametrize("name", SERVICES)
def test_mounted_files_and_volumes_exist(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file()


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_services_that_exist(name: str) -> None:
    assert SERVICES[name].get("depends_on", {}).keys() <= SERVICES.keys()


def test_the_worker_waits_for_its_topics() -> None:
    worker = SERVICES["worker"]
    created = SERVICES["topics"]["command"][-1]
    topics = [value for name, value in worker["environment"].items() if name.endswith(("_TOPIC", "_TOPICS"))]
    assert len(topics) == 4
    assert all(f"--topic {topic} " in created for topic in topics)
    assert worker["depends_on"]["topics"]["condition"] == "service_completed_successfully"


def test_the_worker_reaches_the_broker_where_it_listens() -> None:
    broker = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"://{SERVICES['worker']['environment']['SPEAR_KAFKA__BOOTSTRAP_SERVERS']}" in broker


def test_prometheus_asks_the_workers() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    [target] = config["scrape_configs"][0]["dns_sd_configs"]
    [exposed] = parse((DEPLOY / "Dockerfile").read_text())["runtime"].bodies("EXPOSE")
    assert target["names"] == ["worker"]
    assert target["port"] == int(exposed)


def test_a_stop_leaves_time_to_drain(unit: ConfigParser) -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS
    assert unit.getint("Service", "TimeoutStopSec") > DRAIN_SECONDS


def test_wrong_settings_are_not_retried(unit: ConfigParser) -> None:
    assert unit.getint("Service", "RestartPreventExitStatus") == ConfigError.exit_code


def test_the_unit_starts_the_worker_with_its_settings(unit: ConfigParser) -> None:
    assert unit.get("Service", "ExecStart").endswith("/bin/spear-stream run")
    assert (DEPLOY / "systemd" / "spear-stream.env.example").is_file()
    assert unit.get("Service", "EnvironmentFile").endswith("/spear-stream.env")
