"""`spear-trainer report`: one HTML file that needs nothing else, with curves, tables and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from spear_stream.model.packaged import DEFAULT
from trainer.assessment import contestants, score_sources
from trainer.conditions import Conditions
from trainer.datasets.series import LabelledSeries
from trainer.judging import Contestant, Judged, contestant, judge, load_for
from trainer.metrics.report import Estimate, SeriesReport
from trainer.outputs import check_writable, write_bytes
from trainer.provenance import provenance
from trainer.report import charts, curves
from trainer.report.moments import Moment, find_moments

TEMPLATE = "page.html.j2"


@dataclass(frozen=True)
class ReportRequest:
    """What to judge on what, and the file."""

    data: Sequence[str]
    out: Path
    checkpoint: str = DEFAULT
    beside: Sequence[str] = ()
    """Further detectors: folders, `default` or baseline:NAME."""
    baselines: bool = False
    pictures: int = 4
    """Of hits, of misses and of false alarms, on each corpus."""
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True)
class Picture:
    """One picture and what is said about it."""

    series: str
    text: str
    uri: str


@dataclass(frozen=True)
class Section:
    """One corpus as the page shows it."""

    title: str
    series: int
    points: int
    prevalence: Estimate
    figures: Mapping[str, Sequence[Estimate]]
    """By name of the figure, one per detector."""
    charts: Sequence[Picture]
    galleries: Sequence[tuple[str, Sequence[Picture]]]
    table: Sequence[SeriesReport]
    """The first detector's series, the worst first."""


def write_report(request: ReportRequest, log: Console) -> None:
    """Load and check all data, judge, and write the page; progress on `log`.

    Raises CheckpointError, InputError for the data, ConfigError for data that was trained on, for a file that
    cannot be written and without matplotlib.
    """
    origin = provenance()
    check_writable(request.out, "--out")
    charts.require()
    conditions = request.conditions
    names = [request.checkpoint, *request.beside]
    named = [contestant(name, conditions.threads, conditions.dtype) for name in names]
    everyone = contestants(named, with_baselines=request.baselines)
    corpora = load_for(everyone, request.data, conditions)
    sections = [_section(data, corpus, everyone, request, log) for data, corpus in corpora.items()]
    page = render([who.name for who in everyone], sections, conditions, origin)
    write_bytes(request.out, page.encode(), "give another --out")


def render(
    detectors: Sequence[str],
    sections: Sequence[Section],
    conditions: Conditions,
    origin: Mapping[str, object],
) -> str:
    """The page; what it is given is escaped. origin: of the figures, as provenance() gives it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        detectors=detectors,
        sections=sections,
        conditions=conditions,
        scores=score_sources(conditions.post),
        **origin,
    )


def _section(
    data: str,
    corpus: Sequence[LabelledSeries],
    everyone: Sequence[Contestant],
    request: ReportRequest,
    log: Console,
) -> Section:
    found = {who.name: judge(corpus, who, request.conditions, log) for who in everyone}
    first = found[everyone[0].name]
    names = [name for name in first.report.figures if name != "prevalence"]
    return Section(
        title=data,
        series=len(corpus),
        points=sum(map(len, corpus)),
        prevalence=first.report.figures["prevalence"],
        figures={name: [one.report.figures[name] for one in found.values()] for name in names},
        charts=_charts(corpus, found),
        galleries=_galleries(corpus, first, request.pictures),
        table=sorted(first.report.series, key=lambda one: (not one.windows, one.vus_pr)),
    )


def _charts(corpus: Sequence[LabelledSeries], found: Mapping[str, Judged]) -> list[Picture]:
    shown = {name: curves.pooled(corpus, one.shown) for name, one in found.items()}
    models = {name: curves.pooled(corpus, one.streamed.model) for name, one in found.items()}
    chance = float(next(iter(shown.values()))[0].mean())
    recall = {name: curves.precision_recall(*one) for name, one in shown.items()}
    receiver = {name: curves.receiver_operating(*one) for name, one in shown.items()}
    first = next(iter(models))
    calibration = {first: curves.reliability(*models[first])}
    return [
        Picture("", "Precision and recall", charts.draw_curves(recall, "recall", "precision", chance=chance)),
        Picture(
            "",
            "True and false positives",
            charts.draw_curves(receiver, "false positive rate", "true positive rate", diagonal=True),
        ),
        Picture("", "Calibration", charts.draw_reliability(calibration)),
    ]


def _galleries(corpus: Sequence[LabelledSeries], first: Judged, most: int) -> list[tuple[str, list[Picture]]]:
    found = find_moments(corpus, first.streamed.score, first.streamed.alerts, most)
    return [
        (f"Hits: {found.hits} labelled windows under an alert", _drawn(found.shown_hits)),
        (f"Misses: {found.misses} labelled windows without one", _drawn(found.shown_misses)),
        (f"False alarms: {found.false_alarms} alerts outside of windows", _drawn(found.shown_false_alarms)),
    ]


def _drawn(moments: Sequence[Moment]) -> list[Picture]:
    return [
        Picture(one.series.name, f"highest score {one.strength:.2f}", charts.draw_moment(one))
        for one in moments
    ]
