"""`spear-trainer evaluate`: a checkpoint, and baselines beside it, on a labelled corpus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.model.packaged import DEFAULT
from trainer.baselines import BASELINES
from trainer.comparison import FEWEST_GROUPS
from trainer.conditions import Conditions
from trainer.datasets import load
from trainer.datasets.series import PROBATION_LIMIT, PROBATION_SHARE, LabelledSeries
from trainer.judging import Contestant, Judged, alike, baseline, contestant, judge
from trainer.metrics.report import Report
from trainer.outputs import check_writable, write_json
from trainer.postprocess import HIGHER, Post
from trainer.provenance import provenance
from trainer.streaming import Streamed
from trainer.tables import plain, plain_title, print_wide

MOST_LABELLED = 0.5
"""Share of the points above which labels are likely to mark what is normal."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate on what, and how."""

    data: str
    checkpoint: str = DEFAULT
    """Folder, or `default` for the one in the package."""
    json: Path | None = None
    conditions: Conditions = field(default_factory=Conditions)
    baselines: bool = False


@dataclass(frozen=True)
class Assessed:
    """One detector in the JSON file."""

    report: Report
    windows: int
    """Windows that were scored."""
    seconds: float


def assess(request: EvaluationRequest, out: Console, log: Console) -> None:
    """Evaluate with progress on `log`, write the JSON file, then print the table on `out`.

    Raises CheckpointError, InputError for the data, ConfigError for data that was trained on or a file that
    cannot be written.
    """
    origin = provenance()
    check_writable(request.json, "--json")
    conditions = request.conditions
    chosen = contestant(request.checkpoint, conditions.threads, conditions.dtype)
    corpus = load(request.data)
    everyone = contestants([chosen], with_baselines=request.baselines)
    found = {who.name: judge(corpus, who, conditions, log) for who in everyone}
    if request.json is not None:
        write_json(request.json, _result(request, chosen.name, found, origin), "give another --json")
    title = f"{request.data}: {len(corpus)} series, {sum(map(len, corpus))} points, {conditions.hops}"
    print_wide(out, figure_table(title, conditions.post, found))
    for note in notes(corpus, found[chosen.name].streamed, conditions.hop):
        out.print(note, markup=False, highlight=False, soft_wrap=True)


def contestants(named: Sequence[Contestant], *, with_baselines: bool) -> list[Contestant]:
    """Each of them once by name, and behind them the baselines where wanted."""
    more = [baseline(name) for name in BASELINES] if with_baselines else []
    once: dict[str, Contestant] = {}
    for one in alike([*named, *more]):
        once.setdefault(one.name, one)
    return list(once.values())


def notes(corpus: Sequence[LabelledSeries], streamed: Streamed, hop: int) -> Iterator[str]:
    """What the figures do not say of themselves."""
    yield from _labelled(corpus, hop)
    if streamed.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(streamed.refused.items()))
        yield f"Points that the daemon would refuse: {reasons}; here they have the score of the point before."
    yield from _unscored(corpus)
    share = sum(int(series.label.sum()) for series in corpus) / sum(map(len, corpus))
    if share > MOST_LABELLED:
        yield f"{share:.0%} of the points are labelled as anomalies: is it the other way round?"
    if len({series.drawn_with for series in corpus}) < FEWEST_GROUPS:
        few = f"{FEWEST_GROUPS} series (a group counts once)"
        yield f"Intervals over fewer than {few} say nothing of other series."


def _labelled(corpus: Sequence[LabelledSeries], hop: int) -> Iterator[str]:
    lengths = [end - start + 1 for series in corpus for start, end in series.windows]
    if not lengths:
        yield "No anomaly is labelled: every alert counts as a false one, and most figures are undefined."
        return
    where = f"{sum(bool(series.windows) for series in corpus)} of {len(corpus)} series"
    yield f"Labelled: {len(lengths)} anomalies, {sum(lengths)} points, in {where}."
    if short := sum(length < hop for length in lengths):
        yield (
            f"{short} anomalies are shorter than the hop of {hop}: an alert up to {hop - 1} points behind "
            "counts as a miss and a false alarm; --hop 1 has none of that."
        )


def _unscored(corpus: Sequence[LabelledSeries]) -> Iterator[str]:
    labelled, scored = (
        sum(map(len, windows))
        for windows in zip(*((series.windows, series.scored_windows) for series in corpus), strict=True)
    )
    if labelled > scored:
        start = f"the first {100 * PROBATION_SHARE:.0f} % of their series (at most {PROBATION_LIMIT} points)"
        told = f"{labelled - scored} of {labelled} labelled anomalies lie in {start}, which are not scored"
        yield f"{told}." if scored else f"{told}: most figures are undefined."


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
        "nab": f"{plain}, no repeats (x{HIGHER})" if full else plain,
        "events": "alerts",
    }


def figure_table(title: str, post: Post, found: Mapping[str, Judged]) -> Table:
    """One row per figure, one column per detector."""
    columns = (Column("figure", no_wrap=True), Column("by"), *map(Column, plain(*found)))
    table = Table(
        *columns,
        title=plain_title(title),
        caption="[95 % bootstrap interval over series, those of a group together]",
    )
    sources = score_sources(post)
    for figure in next(iter(found.values())).report.figures:
        values = [str(one.report.figures[figure]) for one in found.values()]
        table.add_row(*plain(figure, sources[_kind(figure)], *values))
    return table


def _kind(figure: str) -> str:
    if figure.startswith("nab_"):
        return "nab"
    return "range" if figure in {"vus_pr", "auc_pr", "auc_roc", "prevalence"} else "events"


def _result(
    request: EvaluationRequest, checkpoint: str, found: Mapping[str, Judged], origin: Mapping[str, object]
) -> dict[str, Any]:
    settings: dict[str, Any] = asdict(request.conditions)
    settings |= {name: getattr(request, name) for name in ("data", "checkpoint", "baselines")}
    return {
        "checkpoint": checkpoint,
        "settings": settings | {"alert_policy": asdict(AlertPolicy())},
        "scores": score_sources(request.conditions.post),
        **origin,
        "detectors": {
            name: Assessed(one.report, one.streamed.windows, one.seconds) for name, one in found.items()
        },
    }
