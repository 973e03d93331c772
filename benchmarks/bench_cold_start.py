"""Goal 5 of detection: how soon is a new series watched well?

    python benchmarks/bench_cold_start.py [--quick] [--checkpoint DIR] [--series N] [--result NAME]
                                            [--picture FILE]

Generated series with one injected anomaly each, equally many of every type (trainer/injection.py) that can
be seen in the youngest of them, which begins when a given number of points was seen. For each span of
points seen:

- found: share of the anomalies in which an alert opens (default policy), or up to eight points behind them;
- false alarms: other alerts that open there, in 1,000 normal points;
- AUC-PR: the highest score in the 24 points from the start of each anomaly against that in stretches of 24
  normal points, weighed so that a tenth of the stretches is anomalous: a random score has 0.1.

Simple detectors stand beside it. The picture is docs/images/cold-start.png.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from common import write_result
from injected import Checkpoint, Result, Seed, Threads, run
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score

from trainer.commands.options import Dtype
from trainer.injected_series import InjectedSeries, answers, injected, types_within
from trainer.injection import ONSET
from trainer.judging import contestant
from trainer.report.charts import COLOURS
from trainer.streaming import Streamed

SPANS = (range(32, 64), range(64, 128), range(128, 256), range(256, 512), range(512, 1024), range(1024, 1536))
BEHIND = 64
"""Points that a series has behind the span at least."""
PREVALENCE = 0.1
BESIDE = ("baseline:squared_difference", "baseline:moving_variance", "baseline:random")
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "cold-start.png"
REPORTED_SEED = 2000


def main(
    *,
    quick: Annotated[
        bool, typer.Option(help="One series of each type in the first two spans: to see that it runs.")
    ] = False,
    checkpoint: Checkpoint = "default",
    series: Annotated[int, typer.Option(min=1, help="Of every type of anomaly in every span.")] = 12,
    seed: Seed = REPORTED_SEED,
    threads: Threads = 1,
    dtype: Dtype = "auto",
    result: Result = "cold_start",
    picture: Annotated[Path, typer.Option(metavar="FILE", help="Where to draw it.")] = PICTURE,
) -> None:
    """Quality of detection against points seen."""
    each, spans = (1, SPANS[:2]) if quick else (series, SPANS)
    names = (checkpoint, *BESIDE)
    who = [contestant(name, threads, dtype) for name in names]
    corpora = [corpus_of(span, each, seed) for span in spans]
    rows = [
        {"detector": one.name, "from": span.start, "to": span.stop, **measure(corpus, run(corpus, one), span)}
        for one in who
        for span, corpus in zip(spans, corpora, strict=True)
    ]
    show(rows)
    if not quick:
        draw(rows, picture)
        settings = {"checkpoint": who[0].name, "seed": seed, "series_of_each_type": each, "dtype": dtype}
        print(f"written to {write_result(result, settings | {'rows': rows}).name} and {picture.name}")


def corpus_of(span: range, each: int, seed: int) -> list[InjectedSeries]:
    """Series whose anomaly begins within the span, `each` of every type: of the same types in all spans."""
    points = span.stop + BEHIND
    return [
        injected(name, (seed, span.start, row), points, span)
        for name in types_within(SPANS[0])
        for row in range(each)
    ]


def measure(corpus: Sequence[InjectedSeries], streamed: Streamed, span: range) -> dict[str, Any]:
    """The figures of one detector on one corpus."""
    found = answers(corpus, streamed.events)
    normal = [one.normal & _within(len(one.normal), span) for one in corpus]
    false_alarms = sum(
        bool(at[one.injected.series.ts == alert.started_at].any())
        for one, at in zip(found, normal, strict=True)
        for alert in one.false_alarms
    )
    scores = [sliding_window_view(streamed.score[one.series.name], ONSET).max(axis=1) for one in corpus]
    starts = [_stretches(one.normal, span) for one in corpus]
    return {
        "injected": len(corpus),
        "found": sum(bool(one.events) for one in found) / len(corpus),
        "false_alarms_per_1000_points": 1000 * false_alarms / sum(int(at.sum()) for at in normal),
        "auc_pr": auc_pr(
            np.array([score[one.span[0]] for one, score in zip(corpus, scores, strict=True)]),
            np.concatenate([score[at] for score, at in zip(scores, starts, strict=True)]),
        ),
    }


def auc_pr(anomalies: np.ndarray, normal: np.ndarray) -> float:
    """Scores of anomalies, one of each, and of normal stretches; weighed to PREVALENCE."""
    label = np.repeat([1, 0], [len(anomalies), len(normal)])
    weight = np.where(label, PREVALENCE / len(anomalies), (1.0 - PREVALENCE) / len(normal))
    return float(average_precision_score(label, np.concatenate([anomalies, normal]), sample_weight=weight))


def _within(points: int, span: range) -> np.ndarray:
    """Points of the age of the span, (points,)."""
    age = np.arange(points)
    return (age >= span.start) & (age < span.stop)


def _stretches(normal: np.ndarray, span: range) -> np.ndarray:
    """Where stretches of ONSET normal points begin within the span, side by side."""
    whole = sliding_window_view(normal, ONSET).all(axis=1)
    return np.array([at for at in span[::ONSET] if at < len(whole) and whole[at]], np.intp)


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """AUC-PR of all detectors and the share that is found, against points seen."""
    figure = Figure(figsize=(9.0, 3.4), dpi=110, layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    names = list(dict.fromkeys(row["detector"] for row in rows))
    ticks = [f"{row['from']}-{row['to']}" for row in rows if row["detector"] == names[0]]
    for ax, (key, title) in zip(
        panels,
        {"auc_pr": "AUC-PR, a tenth is anomalous", "found": "found by an alert"}.items(),
        strict=True,
    ):
        for name, colour in zip(names, COLOURS, strict=False):
            ax.plot(
                ticks, [row[key] for row in rows if row["detector"] == name], "o-", color=colour, label=name
            )
        ax.set_ylim(0, 1)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("points of the series seen before", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.grid(axis="y", color="#E6E6E6")
        ax.spines[["top", "right"]].set_visible(False)
    panels[0].legend(fontsize=7, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table("detector", "points seen", "anomalies", "found", "false alarms / 1,000 points", "AUC-PR")
    for row in rows:
        table.add_row(
            row["detector"],
            f"{row['from']} to {row['to']}",
            str(row["injected"]),
            f"{row['found']:.2f}",
            f"{row['false_alarms_per_1000_points']:.2f}",
            f"{row['auc_pr']:.3f}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    typer.run(main)
