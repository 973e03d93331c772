"""Alerting rules ask for metrics that exist, and tell a person what to do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.exposition import exported, is_given
from deploy.promql import Asked, read

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
CONFIG: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
GROUPS: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
BY_PROMETHEUS = {"up": frozenset[str]()}
EXPORTED = exported() | BY_PROMETHEUS
NAMED_SECTION = re.compile(r"(docs/[\w-]+\.md)(?: \(([^)]+)\))?")

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])


def heads_a_section(title: str, document: str) -> bool:
    """As a heading, or as the bold words that a paragraph begins with."""
    return re.search(rf"^(#+ |\*\*){re.escape(title)}", document, flags=re.MULTILINE) is not None


def test_prometheus_reads_the_rules() -> None:
    assert CONFIG["rule_files"] == ["rules.yml"]


def test_names_are_unique() -> None:
    assert len({group["name"] for group in GROUPS}) == len(GROUPS)
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 0


@each_rule
def test_the_expression_asks_for_what_is_exported(rule: dict[str, Any]) -> None:
    read(rule["expr"], EXPORTED)


def test_a_metric_that_does_not_exist_is_noticed() -> None:
    planted = RULES[-1]["expr"].replace("spear_prompt_info", "spear_prompts_info")
    with pytest.raises(ValueError, match="no metric spear_prompts_info"):
        read(planted, EXPORTED)


def test_the_values_of_labels_are_jobs_or_the_code_gives_them() -> None:
    jobs = {config["job_name"] for config in CONFIG["scrape_configs"]}
    asked = [asked for rule in RULES for asked in read(rule["expr"], EXPORTED).asked]
    assert {one.value for one in asked if one.label == "job"} == jobs
    assert [one for one in asked if one.label != "job" and not is_given(one)] == []


@pytest.mark.parametrize(
    ("label", "value"), [("reason", "scorer_fails"), ("reason", "commit"), ("cause", "scorer_failed")]
)
def test_a_value_that_does_not_exist_is_noticed(label: str, value: str) -> None:
    assert is_given(Asked("spear_dead_letters_total", "reason", "scorer_failed"))
    assert not is_given(Asked("spear_dead_letters_total", label, value))


@each_rule
def test_it_waits_and_has_a_severity(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+m", rule["for"])
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


@each_rule
def test_it_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["annotations"].keys() == {"summary", "description"}
    assert rule["annotations"]["summary"].endswith(".")
    assert re.search(r"SPEAR_\w+__\w+|docs/", rule["annotations"]["description"])


@each_rule
def test_it_shows_labels_that_its_result_has(rule: dict[str, Any]) -> None:
    shown = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    assert shown <= read(rule["expr"], EXPORTED).labels


@each_rule
def test_the_sections_and_alerts_that_it_names_exist(rule: dict[str, Any]) -> None:
    text = rule["annotations"]["description"]
    for document, title in NAMED_SECTION.findall(text):
        assert heads_a_section(title, (ROOT / document).read_text(encoding="utf-8"))
    assert set(re.findall(r"\bSpear[A-Z]\w+", text)) <= {other["alert"] for other in RULES}


def test_a_section_that_does_not_exist_is_noticed() -> None:
    assert heads_a_section("Keys", "Text\n\n**Keys.** A window")
    assert not heads_a_section("Doors", "# Keys\n\nDoors")
