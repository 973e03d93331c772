"""One detector on one corpus: streamed as the daemon would, then measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os.path import realpath
from pathlib import Path
from time import monotonic

import numpy as np
from rich.console import Console

from spear_stream.core.errors import ConfigError, InputError
from spear_stream.core.evidence import Evidence
from spear_stream.core.ports import Scorer
from spear_stream.core.records import Float64Array
from spear_stream.core.spec import WindowSpec
from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.model.packaged import checkpoint_folder
from trainer.baselines import BASELINES, Baseline, as_logits
from trainer.conditions import Conditions
from trainer.datasets import load
from trainer.datasets.series import LabelledSeries
from trainer.evaluation import check_corpus, evaluate
from trainer.metrics.figures import Figures, corpus_figures
from trainer.metrics.nab import sweep
from trainer.metrics.report import Report
from trainer.postprocess import Post, levels, postprocess, without_repeats
from trainer.progress import progress
from trainer.streaming import GivenLogits, RarityAlone, Streamed, stream

BASELINE = "baseline:"


@dataclass(frozen=True)
class Contestant:
    """A detector that can be judged."""

    name: str
    spec: WindowSpec
    scorer: Callable[[Sequence[LabelledSeries]], Scorer]
    """For the corpus that it will be given."""
    trained_on: tuple[str, ...] = ()
    """What it may not be judged on, as in a manifest."""
    evidence: Callable[[WindowSpec], Evidence] = Evidence
    """How its scores are made."""
    windowed: bool = True
    """False for a baseline, which has no windows of its own."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A detector on a corpus. Scores are by name of series, (n,)."""

    report: Report
    streamed: Streamed
    shown: dict[str, Float64Array]
    """The scores that range-based figures go by."""
    detections: dict[str, Float64Array]
    """The scores that the NAB profiles go by."""
    seconds: float

    def figures(self, corpus: Sequence[LabelledSeries]) -> list[Figures]:
        """The corpus figures as functions of the series drawn."""
        return corpus_figures(self.report.series, sweep(corpus, self.detections))


def contestant(name: str, threads: int | None = None, dtype: str = "auto") -> Contestant:
    """A checkpoint folder, `default`, or `baseline:NAME`; threads, dtype: as in ModelChoice.

    A link is followed once, and the scorer raises ConfigError when the folder holds another checkpoint by
    then, so one scores all corpora. Raises CheckpointError, ConfigError.
    """
    if name.startswith(BASELINE):
        return baseline(name.removeprefix(BASELINE))
    folder = real_folder(name)
    manifest = load_manifest(folder)

    def scorer(corpus: Sequence[LabelledSeries]) -> Scorer:
        del corpus
        loaded = load_scorer(ModelChoice(checkpoint=folder, threads=threads, dtype=dtype))
        check_unchanged(folder, manifest.id, loaded.describe(0).checkpoint)
        return loaded

    return Contestant(manifest.id, manifest.spec, scorer, tuple(manifest.trained_on))


def real_folder(name: str) -> Path:
    """The folder of a checkpoint as `checkpoint_folder` has it, wherever links to it lead later."""
    return Path(realpath(checkpoint_folder(name)))


def check_unchanged(folder: Path, judged: str, found: str) -> None:
    """Raise ConfigError when a folder holds another checkpoint than at first; judged, found: their ids."""
    if found != judged:
        raise ConfigError(
            f"{folder} held {judged} when the judging began, and now {found}: start again when nothing "
            "writes into it any more, or judge a copy"
        )


def baseline(name: str) -> Contestant:
    """A simple detector by name. Raises ConfigError."""
    if name not in BASELINES:
        raise ConfigError(f"there is no baseline {name!r}; there are {', '.join(BASELINES)}")
    return Contestant(
        name,
        WindowSpec(),
        lambda corpus: _as_scorer(name, BASELINES[name], corpus),
        evidence=RarityAlone,
        windowed=False,
    )


def alike(everyone: Sequence[Contestant]) -> list[Contestant]:
    """Baselines get the windows of the first checkpoint among them: they are scored from where it is."""
    spec = next((who.spec for who in everyone if who.windowed), WindowSpec())
    return [who if who.windowed or who.spec == spec else replace(who, spec=spec) for who in everyone]


def load_for(
    everyone: Sequence[Contestant], data: Sequence[str], conditions: Conditions
) -> dict[str, list[LabelledSeries]]:
    """Corpora by `KIND:PLACE`, each read once and fit for everyone.

    A mistake in the last of them should not be told after hours with the first. Raises what `load` and
    `judge` raise.
    """
    corpora = {place: load(place) for place in dict.fromkeys(data)}
    for corpus in corpora.values():
        for who in everyone:
            check_fit(corpus, who, conditions.hop)
    return corpora


def judge(corpus: Sequence[LabelledSeries], who: Contestant, conditions: Conditions, log: Console) -> Judged:
    """Stream the corpus from scratch with progress on `log`, and measure.

    Raises InputError for a corpus that cannot be judged on, ConfigError for one that was trained on.
    """
    check_fit(corpus, who, conditions.hop)
    start = monotonic()
    streamed = streamed_by(who, corpus, conditions, log)
    shown, detections = _processed(conditions.post, corpus, streamed)
    seconds = round(monotonic() - start, 1)
    report = evaluate(corpus, shown, streamed.alerts, detections=detections)
    return Judged(report, streamed, shown, detections, seconds)


def streamed_by(
    who: Contestant, corpus: Sequence[LabelledSeries], conditions: Conditions, log: Console
) -> Streamed:
    """The corpus from scratch, with progress on `log`."""
    calm_hop = conditions.calm_hop if who.windowed else None
    scorer, evidence = who.scorer(corpus), who.evidence(who.spec)
    with progress(log, who.name, sum(map(len, corpus))) as advance:
        return stream(corpus, scorer, who.spec, conditions.hop, advance, evidence, calm_hop=calm_hop)


def check_fit(corpus: Sequence[LabelledSeries], who: Contestant, hop: int) -> None:
    """Raise what `judge` raises, before anything is streamed."""
    check_corpus(corpus, who.trained_on)
    first, longest = who.spec.first_score(hop), max(map(len, corpus))
    if longest < first:
        raise InputError(
            f"no series is long enough to be judged on: the first score comes after {first} points, "
            f"the longest has {longest}"
        )


def _processed(
    post: Post, corpus: Sequence[LabelledSeries], streamed: Streamed
) -> tuple[dict[str, Float64Array], dict[str, Float64Array]]:
    scores = streamed.model if post is Post.none else streamed.score
    if post is not Post.full:
        return scores, scores
    return postprocess(corpus, scores, levels), postprocess(corpus, scores, without_repeats)


def _as_scorer(name: str, detector: Baseline, corpus: Sequence[LabelledSeries]) -> Scorer:
    logits = np.concatenate([as_logits(detector.score(series)) for series in corpus])
    return GivenLogits(name, logits, np.concatenate([series.is_in_order for series in corpus]))
