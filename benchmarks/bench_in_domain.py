"""The paper's protocol: train and test on the same domain, with automatic labels (SPEAR, arXiv 2510.03962).

    python benchmarks/bench_in_domain.py [--quick] [--data FOLDER] [--preset NAME|FILE] [--backbone NAME]

NAB's AWS series, NASA telemetry and the vitals of the MIMIC-IV demo are labelled by the four published tests,
not by people: the figures say how well a detector learns the tests, not how well it finds what matters (that
is docs/evaluation.md). Trained is on the first 60 % of 70 % of the series (a group, such as a patient, stays
on one side); tested on the rest of the same series (`later`) and on the same part of the others (`other
series`). Every detector sees the window that ends with the point it scores, and nothing later. Thresholds of
F1 and accuracy come from the training windows. Intervals are 95 %, from a bootstrap over series.

With a preset that scales windows by themselves all detectors train on mixtures of two training windows, which
the four tests label like any other: there is no end of them, so none is learnt by heart.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import numpy as np
import torch
import typer
from common import write_result
from in_domain_data import (
    CORPORA,
    HELD_OUT_SERIES,
    RULE,
    TRAIN_SHARE,
    Corpus,
    Windows,
    labels_at,
    load_corpus,
    scores_at,
    spread,
    windows_of,
)
from in_domain_models import Lstm, Prompted, fit, newest_logits
from rich.console import Console
from rich.table import Table
from sklearn.metrics import precision_recall_curve
from torch import nn

from trainer.baselines import BASELINES
from trainer.cutting import Ends
from trainer.metrics.bootstrap import bootstrap_intervals
from trainer.metrics.point import point_figures
from trainer.presets import Preset, load_preset

SIMPLE = ("random", "squared_difference", "moving_variance", "half_space_trees")
DEFAULT_DATA = Path("../shared/data")
PRESET = str(Path(__file__).with_name("in_domain.toml"))
FIGURES = ("auc_roc", "auc_pr", "f1", "accuracy")


@dataclass(frozen=True)
class Size:
    """How much is done."""

    steps: int
    judged: int
    """Points of each test that are scored, at most."""
    series: int | None


FULL, QUICK = Size(1_200, 6_000, None), Size(20, 300, 5)


def main(
    *,
    quick: Annotated[
        bool, typer.Option(help="A few series and steps: a minute, to see that it runs.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Holds NAB, SMAP_MSL and MIMIC-IV-demo.")
    ] = None,
    preset: Annotated[str, typer.Option(metavar="NAME|FILE", help="Window, prompt and rates.")] = PRESET,
    backbone: Annotated[str | None, typer.Option(help="In place of the preset's.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """AUC-ROC, AUC-PR and F1 of every detector on every corpus."""
    folder = DEFAULT_DATA if data is None else data
    if data is None and not folder.is_dir():
        print(f"in_domain: skipped, there is no {folder}; see spear-trainer fetch, and give --data FOLDER")
        return
    torch.set_num_threads(threads)
    size = QUICK if quick else FULL
    chosen = load_preset(preset).replaced(backbone=backbone, layers=None, steps=size.steps, seed=seed)
    rows = [
        row for name in CORPORA for row in measure(load_corpus(name, folder, size.series, seed), chosen, size)
    ]
    show(rows)
    if not quick:
        plan = {"preset": chosen.name, "window": asdict(chosen.window), "training": asdict(chosen.training)}
        splits = {"train_share": TRAIN_SHARE, "held_out_series": HELD_OUT_SERIES, "labels": asdict(RULE)}
        print(
            f"written to {write_result('in_domain', {**plan, **splits, **asdict(size), 'rows': rows}).name}"
        )


def measure(corpus: Corpus, preset: Preset, size: Size) -> Iterator[dict[str, Any]]:
    """A row for each detector and test."""
    windows = windows_of(preset.window, corpus.series)
    learned = spread(corpus.training(preset.window.length), size.judged)
    tests = {
        name: spread(points, size.judged) for name, points in corpus.tests().items() if any(map(len, points))
    }
    for name, score in detectors(corpus, windows, preset):
        start = monotonic()
        threshold = best_threshold(labels_at(corpus, learned), score(learned))
        for test, ends in tests.items():
            figures = judged(labels_at(corpus, ends), score(ends), ends[0], threshold)
            yield {"corpus": corpus.name, "test": test, "detector": name, **figures}
        Console(stderr=True).print(
            f"{corpus.name}: {name} judged in {monotonic() - start:.1f} s", markup=False
        )


def detectors(
    corpus: Corpus, windows: Windows, preset: Preset
) -> Iterator[tuple[str, Callable[[Ends], np.ndarray]]]:
    """Name, and what gives the scores of the newest points of windows."""
    for name in SIMPLE:
        yield name, lambda ends, name=name: scores_at(corpus, ends, BASELINES[name].score)
    method = preset.backbone.name
    models: dict[str, Callable[[], nn.Module]] = {
        "lstm": lambda: Lstm(preset.window, preset.training.seed),
        "no backbone": lambda: Prompted(preset, "none"),
        "random backbone": lambda: Prompted(preset, f"random:{method}"),
        f"spear {method}": lambda: Prompted(preset, method),
    }
    for name, make in models.items():
        model = make()
        fit(name, model, corpus, windows, preset)
        yield name, lambda ends, model=model: newest_logits(model, windows, ends)


def best_threshold(label: np.ndarray, score: np.ndarray) -> float:
    """Of the best F1 on windows that were trained on."""
    precision, recall, thresholds = precision_recall_curve(label, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[int(f1[:-1].argmax())])


def judged(label: np.ndarray, score: np.ndarray, row: np.ndarray, threshold: float) -> dict[str, Any]:
    """Areas as the mean over series, F1 and accuracy over all points; with intervals."""
    members = [row == one for one in np.unique(row)]
    areas = [point_figures(label[at], score[at]) for at in members]
    roc, pr = (np.array([getattr(area, name) for area in areas]) for name in ("auc_roc", "auc_pr"))
    alarm = score >= threshold
    counted = alarm & label, alarm, label, alarm == label, np.ones_like(label)
    hits, alarms, positives, right, points = (
        np.array([int(flags[at].sum()) for at in members]) for flags in counted
    )

    def of(draw: np.ndarray) -> np.ndarray:
        f1 = 2 * hits[draw].sum() / max(1, alarms[draw].sum() + positives[draw].sum())
        return np.array([mean(roc[draw]), mean(pr[draw]), f1, right[draw].sum() / points[draw].sum()])

    value, interval = of(np.arange(len(members))), bootstrap_intervals(of, range(len(members)))
    found = {
        name: {key: known(number) for key, number in (("value", v), ("low", low), ("high", high))}
        for name, v, (low, high) in zip(FIGURES, value, interval, strict=True)
    }
    return {"series": len(members), "points": len(label), "prevalence": float(label.mean()), **found}


def mean(values: np.ndarray) -> float:
    """Over the series that have the figure: both normal and anomalous points."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def known(number: float) -> float | None:
    """None for what is not defined: JSON has no nan."""
    return float(number) if np.isfinite(number) else None


def show(rows: list[dict[str, Any]]) -> None:
    table = Table(
        "corpus", "test", "series", "prevalence", "detector", *FIGURES, title="In domain, automatic labels"
    )
    for row in rows:
        cells = [" ".join("-" if v is None else f"{v:.3f}" for v in row[f].values()) for f in FIGURES]
        found = row["corpus"], row["test"], str(row["series"]), f"{row['prevalence']:.3f}", row["detector"]
        table.add_row(*found, *cells)
    Console(width=140).print(table)


if __name__ == "__main__":
    typer.run(main)
