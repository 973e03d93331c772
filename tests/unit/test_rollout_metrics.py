"""What a person compares before a promotion."""

import numpy as np
import structlog
from prometheus_client import CollectorRegistry

from spear_stream.core.comparison import Comparison, hot_counts
from spear_stream.core.control import PromptUse, RolloutTelemetry
from spear_stream.core.records import ModelInfo
from spear_stream.ops.rollout_metrics import LoggedRollout

CHAMPION = PromptUse("*", "champion", ModelInfo("one", "b"))
CHALLENGER = PromptUse("*", "challenger", ModelInfo("two", "b"))
LABELS = {"tenant": "*", "checkpoint": "two"}


def telemetry(registry: CollectorRegistry) -> RolloutTelemetry:
    return LoggedRollout(registry, structlog.stdlib.get_logger())


def test_champion_and_challenger_stand_side_by_side() -> None:
    registry = CollectorRegistry()
    told = telemetry(registry)
    one, other = np.array([False, True, True, False]), np.array([False, True, False, False])
    distances = np.array([0.0, 0.05, 0.25, 0.6])
    for _ in range(2):
        told.challenged(
            Comparison("*", "two", hot_counts(one, other), distances, {"champion": 2, "challenger": 1})
        )
    counts = {
        who: registry.get_sample_value("spear_shadow_windows_total", LABELS | {"anomalous": who})
        for who in ("none", "champion", "challenger", "both")
    }
    assert counts == {"none": 4, "champion": 2, "challenger": 0, "both": 2}
    assert registry.get_sample_value("spear_shadow_opened_total", LABELS | {"role": "champion"}) == 4
    assert registry.get_sample_value("spear_shadow_score_distance_count", LABELS) == 8
    assert registry.get_sample_value("spear_shadow_score_distance_bucket", LABELS | {"le": "0.3"}) == 6


def test_only_prompts_in_use_are_told() -> None:
    registry = CollectorRegistry()
    told = telemetry(registry)
    told.prompts([CHAMPION, CHALLENGER])
    told.prompts([PromptUse("*", "champion", ModelInfo("two", "b"))])
    samples = [s for family in registry.collect() for s in family.samples if s.name == "spear_prompt_info"]
    assert [(s.labels["role"], s.labels["checkpoint"]) for s in samples] == [("champion", "two")]


def test_what_is_refused_is_counted_by_reason() -> None:
    registry = CollectorRegistry()
    telemetry(registry).control_trouble("bad_checkpoint", "tenant *: damaged")
    assert registry.get_sample_value("spear_control_refused_total", {"reason": "bad_checkpoint"}) == 1
