"""The tables of docs/evaluation.md from result files of `spear-trainer evaluate --json`.

    python benchmarks/evaluation_table.py docs/evaluation.md

replaces what stands between `<!-- results: PATTERN -->` and `<!-- end of results -->` by a table of the files
of benchmarks/results that match: one row per detector, in the order of the files, with
`<!-- checkpoints: PATTERN -->` one per file. Intervals are 95 % bootstrap over series. A checkpoint is named
after the last word of its file, see LABELS. What stands between
`<!-- goals -->` and `<!-- end of goals -->` becomes the table of goals.py. What has no result file, or one
that is older than a figure, is not measured.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from goals import rows

RESULTS = Path(__file__).parent / "results"
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
    "median_delay_after_moment": ("after the labelled moment", 3),
}
WITH_INTERVAL = ("vus_pr", "nab_standard")
NOTHING = {"value": None}
"""In the place of a figure that the file is too old for."""
LABELS = {
    "shipped": "**shipped checkpoint**",
    "none": "same recipe, no backbone",
    "random": "same recipe, random frozen backbone",
}
BLOCK = re.compile(r"(<!-- (results|checkpoints): (\S+) -->\n).*?(<!-- end of results -->)", re.DOTALL)
GOALS = re.compile(r"(<!-- goals -->\n).*?(<!-- end of goals -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("document", type=Path)
    document = parser.parse_args().document
    document.write_text(render(document.read_text(encoding="utf-8")), encoding="utf-8")


def render(text: str) -> str:
    """The document with its tables made anew."""

    def results(found: re.Match[str]) -> str:
        files = sorted(RESULTS.glob(found[3]))
        lines = table(files, simple=found[2] == "results") if files else ["Not measured."]
        return found[1] + "\n" + "\n".join(lines) + "\n\n" + found[4]

    def standing(found: re.Match[str]) -> str:
        return found[1] + "\n" + "\n".join(rows(RESULTS)) + "\n\n" + found[2]

    return GOALS.sub(standing, BLOCK.sub(results, text))


def table(results: Sequence[Path], *, simple: bool = True) -> Iterator[str]:
    """Markdown, one row per detector; simple: the simple ones, too."""
    yield "| detector | " + " | ".join(title for title, _ in COLUMNS.values()) + " |"
    yield "|---|" + "---|" * len(COLUMNS)
    for path in results:
        result: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        own = LABELS.get(path.stem.rpartition("-")[2], result["checkpoint"])
        for name, detector in result["detectors"].items():
            if not simple and name != result["checkpoint"]:
                continue
            figures = detector["report"]["figures"]
            cells = (_cell(figures.get(key, NOTHING), key, digits) for key, (_, digits) in COLUMNS.items())
            yield f"| {own if name == result['checkpoint'] else name} | " + " | ".join(cells) + " |"


def _cell(figure: Mapping[str, float | None], key: str, digits: int) -> str:
    if figure["value"] is None:
        return "-"
    text = f"{figure['value']:.{digits}f}"
    if key in WITH_INTERVAL:
        text += f" [{figure['low']:.{digits}f}, {figure['high']:.{digits}f}]"
    return text


if __name__ == "__main__":
    main()
