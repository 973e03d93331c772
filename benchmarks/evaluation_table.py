"""The table of docs/evaluation.md from result files of `spear-trainer evaluate --json`.

    python benchmarks/evaluation_table.py benchmarks/results/nab-hop4-*.json

prints Markdown, one row per detector, in the order of the files. Intervals are 95 % bootstrap over series.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COLUMNS = {
    "vus_pr": ("VUS-PR", 3),
    "auc_pr": ("AUC-PR", 3),
    "auc_roc": ("AUC-ROC", 3),
    "nab_standard": ("NAB standard", 1),
    "nab_reward_low_FP_rate": ("low FP", 1),
    "nab_reward_low_FN_rate": ("low FN", 1),
    "event_f1": ("event F1", 2),
    "false_alarms_per_series_day": ("false alarms per series-day", 3),
    "median_delay_share_of_window": ("median delay / window", 2),
}
WITH_INTERVAL = ("vus_pr", "nab_standard")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="+", type=Path)
    print("\n".join(table(parser.parse_args().results)))


def table(results: list[Path]) -> Iterator[str]:
    yield "| detector | " + " | ".join(title for title, _ in COLUMNS.values()) + " |"
    yield "|---|" + "---|" * len(COLUMNS)
    for path in results:
        detectors: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["detectors"]
        for name, result in detectors.items():
            figures = result["report"]["figures"]
            cells = (_cell(figures[key], key, digits) for key, (_, digits) in COLUMNS.items())
            yield f"| {name} | " + " | ".join(cells) + " |"


def _cell(figure: Mapping[str, float | None], key: str, digits: int) -> str:
    if figure["value"] is None:
        return "-"
    text = f"{figure['value']:.{digits}f}"
    if key in WITH_INTERVAL:
        text += f" [{figure['low']:.{digits}f}, {figure['high']:.{digits}f}]"
    return text


if __name__ == "__main__":
    main()
