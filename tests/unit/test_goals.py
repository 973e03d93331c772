"""Where the goals stand: figures of result files against what is wanted."""

import json
from pathlib import Path
from typing import Any

import pytest
from goals import goals, rows

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def evaluated(after_moment: float | None = 0.01, **own: float) -> dict[str, Any]:
    """A result of `spear-trainer evaluate` with one simple detector."""
    figures = {
        "vus_pr": 0.5, "nab_standard": 71.0, "nab_reward_low_FP_rate": 60.0, "nab_reward_low_FN_rate": 70.0,
        "event_recall": 0.5, "median_delay_share_of_window": 0.5, "median_delay_after_moment": after_moment,
        "false_alarms_per_series_day": 0.1,
    } | own  # fmt: skip
    simple = figures | {"vus_pr": 0.45, "nab_standard": 40.0}
    return {
        "checkpoint": "mine",
        "detectors": {
            name: {"report": {"figures": {key: {"value": value} for key, value in found.items()}}}
            for name, found in (("mine", figures), ("sub_pca", simple))
        },
    }


def standing(folder: Path, name: str, result: dict[str, Any]) -> dict[str, list[str]]:
    """Cells by goal with one result file in the folder."""
    (folder / f"{name}.json").write_text(json.dumps(result))
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows(folder)]
    return {row[0]: row[2:] for row in cells[2:]}


def test_without_result_files_nothing_is_measured(tmp_path: Path) -> None:
    lines = list(rows(tmp_path))
    assert len(lines) == 2 + len(list(goals()))
    assert all("| not measured |" in line for line in lines[2:])


def test_figures_of_a_data_set(tmp_path: Path) -> None:
    found = standing(tmp_path, "nab-shipped", evaluated())
    assert found["NAB score"] == ["71.0", "**yes**", "sub_pca 40.0"]
    assert found["NAB score, low-FP profile"][:2] == ["60.0", "no"]
    assert found["VUS-PR on NAB"] == ["0.500", "**yes**", "sub_pca 0.450"]
    assert found["VUS-PR on MSL"][0] == "not measured"
    assert found["false alarms, NAB"][:2] == ["0.70", "**yes**"]


def test_a_data_set_has_the_same_goals_behind_its_train_part(tmp_path: Path) -> None:
    found = standing(tmp_path, "msl-history-shipped", evaluated(vus_pr=0.6))
    assert found["VUS-PR on MSL behind its train part"][:2] == ["0.600", "**yes**"]
    assert found["false alarms, MSL behind its train part"][:2] == ["0.70", "**yes**"]
    assert found["VUS-PR on MSL"][0] == "not measured"


def test_the_delay_is_told_from_the_labelled_moment_where_it_is_known(tmp_path: Path) -> None:
    nab = standing(tmp_path, "nab-shipped", evaluated())["median delay, NAB"]
    assert nab[:2] == ["1.0% after the labelled moment", "**yes**"]
    assert standing(tmp_path, "msl-shipped", evaluated(None))["median delay, MSL"][:2] == [
        "50.0%",
        "no",
    ]


def test_a_measured_simple_detector_raises_the_bar(tmp_path: Path) -> None:
    assert standing(tmp_path, "nab-shipped", evaluated(vus_pr=0.445))["VUS-PR on NAB"][1] == "no"


def test_a_file_that_is_older_than_a_figure_leaves_it_unmeasured(tmp_path: Path) -> None:
    old = evaluated()
    del old["detectors"]["mine"]["report"]["figures"]["median_delay_after_moment"]
    found = standing(tmp_path, "nab-shipped", old)
    assert found["median delay, NAB"][0] == "not measured"
    assert found["NAB score"][0] == "71.0"


def test_in_domain_the_method_must_lead_in_every_figure_of_every_test(tmp_path: Path) -> None:
    def row(detector: str, test: str, f1: float) -> dict[str, Any]:
        value = {"value": 0.94 if detector == "spear x" else 0.8}
        figures = dict.fromkeys(("auc_roc", "auc_pr", "accuracy"), value)
        return {
            "corpus": "MIMIC-IV demo", "test": test, "detector": detector, "f1": {"value": f1}, **figures
        }  # fmt: skip

    ahead = [row("spear x", "later", 0.95), row("lstm", "later", 0.9)]
    found = standing(tmp_path, "in_domain", {"rows": ahead})
    assert found["in domain, MIMIC-IV demo"][:2] == ["later: 0.940 / 0.940 / 0.950", "**yes**"]
    assert found["in domain, MIMIC-IV demo"][2] == "later: lstm 0.800 / 0.800 / 0.900"
    assert found["accuracy and F1 in domain, MIMIC-IV demo"][:2] == ["later: 0.940 / 0.950", "**yes**"]
    assert found["in domain, NAB AWS"][0] == "not measured"
    behind = [*ahead, row("spear x", "other series", 0.8), row("lstm", "other series", 0.85)]
    found = standing(tmp_path, "in_domain", {"rows": behind})
    assert found["in domain, MIMIC-IV demo"][1:] == ["no", "other series: lstm has f1 0.850"]
    assert found["accuracy and F1 in domain, MIMIC-IV demo"][1] == "no"


def test_kinds_that_are_hardly_found_count_and_are_named(tmp_path: Path) -> None:
    last = {
        "macro_f1": 0.45,
        "kinds": {"spike": {"f1": 0.9, "found": 10}, "pattern": {"f1": 0.0, "found": 2}},
    }
    found = standing(tmp_path, "kinds", {"last": last})["macro-F1 of kinds"]
    assert found == ["0.45", "no", "0.90 of kinds found 10 times or more; found less often: pattern (2)"]


@pytest.mark.parametrize(("early", "met"), [(0.3, "no"), (0.45, "**yes**")])
def test_a_young_series_needs_most_of_the_quality_of_an_old_one(
    tmp_path: Path, early: float, met: str
) -> None:
    figures = {"mine": (0.1, early, 0.5), "squared_difference": (0.2, 0.4, 0.45)}
    rows_of = [
        {"detector": name, "from": seen, "auc_pr": value}
        for name, values in figures.items()
        for seen, value in zip((32, 64, 1024), values, strict=True)
    ]
    found = standing(tmp_path, "cold_start", {"checkpoint": "mine", "rows": rows_of})
    assert found["cold start, 64 to 128 points seen"][:2] == [f"{early:.2f}", met]


def test_make_evaluate_writes_the_files_that_the_goals_read() -> None:
    programs = {"kinds": "bench_kinds.py", "cold_start": "bench_cold_start.py", "in_domain": ""}
    text = MAKEFILE.read_text(encoding="utf-8")
    assert all(programs.get(goal.result, f"results/{goal.result}.json") in text for goal in goals())
