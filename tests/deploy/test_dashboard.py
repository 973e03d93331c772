"""The dashboard asks for metrics that exist, fits its grid and is provisioned where compose mounts it."""

import json
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.exposition import exported, is_given
from deploy.promql import read

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "spear-stream.json").read_text())
EVERYTHING: list[dict[str, Any]] = DASHBOARD["panels"]
PANELS = [panel for panel in EVERYTHING if panel["type"] != "row"]
TARGETS: list[dict[str, Any]] = [target for panel in PANELS for target in panel["targets"]]
[SOURCE] = yaml.safe_load((DEPLOY / "grafana" / "datasources.yaml").read_text())["datasources"]
[PROVIDER] = yaml.safe_load((DEPLOY / "grafana" / "dashboards.yaml").read_text())["providers"]
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
EXPORTED = exported()
COLUMNS = 24
UNITS = {"none", "short", "percentunit", "s", "bytes", "cps", "cpm"}

each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["legendFormat"])


def overlapping(panels: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    pairs = combinations(panels, 2)
    return [(a["title"], b["title"]) for a, b in pairs if overlap(a["gridPos"], b["gridPos"])]


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    apart = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not beside and not apart


@each_target
def test_the_expression_asks_for_what_is_exported(target: dict[str, Any]) -> None:
    read(target["expr"], EXPORTED)


def test_a_metric_that_does_not_exist_is_noticed() -> None:
    planted = TARGETS[0]["expr"].replace("spear_records_total", "spear_record_total")
    with pytest.raises(ValueError, match="no metric spear_record_total"):
        read(planted, EXPORTED)


def test_the_values_of_labels_are_those_of_the_code() -> None:
    asked = [asked for target in TARGETS for asked in read(target["expr"], EXPORTED).asked]
    assert [one for one in asked if one.label != "job" and not is_given(one)] == []


@each_target
def test_the_legend_shows_labels_that_the_result_has(target: dict[str, Any]) -> None:
    assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= read(target["expr"], EXPORTED).labels


@each_panel
def test_it_has_a_title_and_units_and_no_query_twice(panel: dict[str, Any]) -> None:
    settings = panel["fieldConfig"]
    changed = [p for override in settings["overrides"] for p in override["properties"] if p["id"] == "unit"]
    assert panel["title"]
    assert {settings["defaults"]["unit"], *(p["value"] for p in changed)} <= UNITS
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@each_panel
def test_exceptions_are_for_queries_that_exist(panel: dict[str, Any]) -> None:
    matchers = [override["matcher"] for override in panel["fieldConfig"]["overrides"]]
    queries = {m["options"] for m in matchers if m["id"] == "byFrameRefID"}
    assert queries <= {target["refId"] for target in panel["targets"]}


@each_panel
def test_it_asks_the_provisioned_source(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == {"type": SOURCE["type"], "uid": SOURCE["uid"]}


def test_nothing_overlaps_or_leaves_the_grid() -> None:
    assert overlapping(EVERYTHING) == []
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS for panel in EVERYTHING)
    assert all(panel["title"] for panel in EVERYTHING)


def test_panels_that_overlap_are_noticed() -> None:
    moved = PANELS[1] | {"gridPos": PANELS[0]["gridPos"] | {"x": 7}}
    assert overlapping([PANELS[0], moved]) == [(PANELS[0]["title"], PANELS[1]["title"])]


def test_it_stays_small_enough_to_be_written_by_hand() -> None:
    assert len(PANELS) <= 12
    assert not any({"id", "pluginVersion"} & panel.keys() for panel in EVERYTHING)


def test_the_source_is_the_prometheus_of_compose() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    host, port = SOURCE["url"].removeprefix("http://").split(":")
    assert SERVICES[host]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert SOURCE["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


def test_grafana_finds_the_dashboard_where_compose_mounts_it() -> None:
    grafana = SERVICES["grafana"]
    places = {Path(mount.split(":")[1]) for mount in grafana["volumes"]}
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home in places
    assert home.parent == Path(PROVIDER["options"]["path"])


@pytest.mark.parametrize("kind", ["datasources", "dashboards"])
def test_grafana_is_provisioned(kind: str) -> None:
    mounts = dict(mount.split(":")[:2] for mount in SERVICES["grafana"]["volumes"])
    assert Path(mounts[f"./grafana/{kind}.yaml"]).parent == Path("/etc/grafana/provisioning") / kind


def test_prometheus_finds_its_rules_beside_its_configuration() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    mounted = {mount.split(":")[1] for mount in SERVICES["prometheus"]["volumes"]}
    assert {f"/etc/prometheus/{name}" for name in ("prometheus.yml", *config["rule_files"])} == mounted


@pytest.mark.parametrize("folder", ["prometheus", "grafana"])
def test_every_file_is_mounted(folder: str) -> None:
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert {f"./{folder}/{file.name}" for file in (DEPLOY / folder).iterdir()} <= mounts


@pytest.mark.parametrize("name", [name for name in SERVICES if "ports" in SERVICES[name]])
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


def test_who_looks_without_a_password_may_only_look() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
