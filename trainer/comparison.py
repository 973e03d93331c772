"""One evaluation run: a checkpoint, and baselines beside it, on a labelled corpus."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Column, Table

from spear_stream.core.alerts import AlertPolicy
from spear_stream.core.ports import Scorer
from spear_stream.core.spec import WindowSpec
from spear_stream.model.checkpoint import DEFAULT_CHECKPOINT, load_manifest, write_whole
from spear_stream.model.loading import ModelChoice, load_scorer
from trainer.baselines import BASELINES, Baseline
from trainer.datasets import load
from trainer.datasets.series import LabelledSeries
from trainer.evaluation import check_corpus, evaluate
from trainer.metrics.report import Report
from trainer.postprocess import Post, as_logits, levels, postprocess, without_repeats
from trainer.progress import progress
from trainer.provenance import provenance
from trainer.resume import unwritable
from trainer.streaming import GivenLogits, Streamed, stream

DEFAULT = "default"
WIDEST = 400
"""Characters of a table where no terminal limits it; it takes what it needs."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate on what, and how."""

    data: str
    checkpoint: str = DEFAULT
    """Folder, or `default` for the one in the package."""
    json: Path | None = None
    baselines: bool = False
    hop: int = 1
    post: Post = Post.full
    threads: int | None = None


@dataclass(frozen=True)
class Assessed:
    """One detector on the corpus."""

    report: Report
    windows: int
    """Windows that were scored."""
    seconds: float


def compare(request: EvaluationRequest, out: Console, log: Console) -> None:
    """Evaluate, print the table on `out` and progress on `log`, write the JSON file.

    Raises CheckpointError, InputError for the data, ConfigError for data that was trained on.
    """
    folder = DEFAULT_CHECKPOINT if request.checkpoint == DEFAULT else Path(request.checkpoint)
    manifest = load_manifest(folder)
    corpus = load(request.data)
    check_corpus(corpus, manifest.trained_on)
    scorer = load_scorer(ModelChoice(checkpoint=folder, threads=request.threads))
    found = {manifest.id: _assess(request, corpus, manifest.id, scorer, scorer.spec, log)}
    for name, baseline in BASELINES.items() if request.baselines else ():
        found[name] = _assess(request, corpus, name, _as_scorer(name, baseline, corpus), scorer.spec, log)
    table = _table(request, corpus, found)
    if not out.is_terminal:
        out.width = WIDEST
    out.print(table)
    if request.json is not None:
        _write(request, request.json, manifest.id, found)


def score_sources(post: Post) -> dict[str, str]:
    """Which score each kind of figure goes by."""
    plain = {
        Post.none: "model probability",
        Post.likelihood: "calibrated score",
        Post.full: "calibrated score",
    }[post]
    full = post is Post.full
    return {
        "range": f"{plain}, fading" if full else plain,
        "nab": f"{plain}, no repeats" if full else plain,
        "events": "alerts",
    }


def _as_scorer(name: str, baseline: Baseline, corpus: Sequence[LabelledSeries]) -> Scorer:
    return GivenLogits(name, np.concatenate([as_logits(baseline.score(series)) for series in corpus]))


def _assess(
    request: EvaluationRequest,
    corpus: Sequence[LabelledSeries],
    name: str,
    scorer: Scorer,
    spec: WindowSpec,
    log: Console,
) -> Assessed:
    start = monotonic()
    with progress(log, name, sum(map(len, corpus))) as advance:
        streamed = stream(corpus, scorer, spec, request.hop, advance)
    seconds = round(monotonic() - start, 1)
    return Assessed(_report(request.post, corpus, streamed), streamed.windows, seconds)


def _report(post: Post, corpus: Sequence[LabelledSeries], streamed: Streamed) -> Report:
    scores = streamed.model if post is Post.none else streamed.score
    if post is not Post.full:
        return evaluate(corpus, scores, streamed.alerts)
    detections = postprocess(corpus, scores, without_repeats)
    return evaluate(corpus, postprocess(corpus, scores, levels), streamed.alerts, detections=detections)


def _table(
    request: EvaluationRequest, corpus: Sequence[LabelledSeries], found: Mapping[str, Assessed]
) -> Table:
    points = sum(map(len, corpus))
    table = Table(
        Column("figure", no_wrap=True),
        "by",
        *found,
        title=f"{request.data}: {len(corpus)} series, {points} points, hop {request.hop}",
        caption="[95 % bootstrap interval over series]",
    )
    sources = score_sources(request.post)
    first = next(iter(found.values())).report.figures
    for figure in first:
        values = [str(one.report.figures[figure]) for one in found.values()]
        table.add_row(figure, sources[_kind(figure)], *values)
    return table


def _kind(figure: str) -> str:
    if figure.startswith("nab_"):
        return "nab"
    return "range" if figure in {"vus_pr", "auc_pr", "auc_roc", "prevalence"} else "events"


def _write(request: EvaluationRequest, path: Path, checkpoint: str, found: Mapping[str, Assessed]) -> None:
    settings: dict[str, Any] = asdict(request)
    del settings["json"]
    result = {
        "checkpoint": checkpoint,
        "settings": settings | {"alert_policy": asdict(AlertPolicy())},
        "scores": score_sources(request.post),
        **provenance(),
        "detectors": found,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    except OSError as error:
        raise unwritable(path, error) from error
