"""`spear-trainer compare`: two detectors on the same series, by paired bootstrap.

Both are measured on every draw of series, those of a group together, and the interval is that of the
difference: how hard the drawn series are cancels out, so it tells apart what two intervals side by side
cannot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import chain
from math import isfinite
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from spear_stream.core.errors import ConfigError
from spear_stream.core.records import Float64Array, IndexArray
from trainer.conditions import Conditions
from trainer.datasets.series import LabelledSeries
from trainer.judging import Contestant, alike, contestant, judge, load_for
from trainer.metrics.bootstrap import bootstrap_intervals
from trainer.metrics.figures import EVENT_FIGURES, LOWER_IS_BETTER, MEAN_FIGURES, Figures
from trainer.metrics.nab import PROFILES
from trainer.outputs import check_writable, write_json
from trainer.provenance import provenance
from trainer.tables import plain, plain_title, print_wide

FEWEST_GROUPS = 5
"""Below this a bootstrap says nothing about other series."""
COMPARED = tuple(
    name
    for name in (*MEAN_FIGURES, *(f"nab_{profile.name}" for profile in PROFILES), *EVENT_FIGURES)
    if name != "prevalence"
)


class Verdict(StrEnum):
    """What a paired interval says about the second detector."""

    better = "better"
    worse = "worse"
    same = "within the noise"
    unknown = "too few series"
    undefined = "undefined"


@dataclass(frozen=True)
class Difference:
    """One figure of both detectors; `low` to `high` is the 95 % interval of `second - first`."""

    figure: str
    first: float
    second: float
    low: float
    high: float
    series: int
    groups: int

    @property
    def change(self) -> float:
        """Second - first."""
        return self.second - self.first

    @property
    def gain(self) -> float:
        """By how much the second is better, negative when it is worse."""
        return -self.change if self.figure in LOWER_IS_BETTER else self.change

    @property
    def verdict(self) -> Verdict:
        """Of the second detector: better or worse only when the interval leaves 0 out."""
        if self.groups < FEWEST_GROUPS:
            return Verdict.unknown
        if not np.isfinite([self.change, self.low, self.high]).all():
            return Verdict.undefined
        if self.low <= 0 <= self.high:
            return Verdict.same
        return Verdict.better if self.gain > 0 else Verdict.worse


@dataclass(frozen=True)
class Comparison:
    """Two detectors on one corpus."""

    data: str
    series: int
    points: int
    differences: tuple[Difference, ...]

    def of(self, figure: str) -> Difference:
        """The difference in one figure. Raises ConfigError when there is no such figure."""
        for difference in self.differences:
            if difference.figure == figure:
                return difference
        raise ConfigError(f"there is no figure {figure!r} to compare by; there are {', '.join(COMPARED)}")


@dataclass(frozen=True)
class CompareRequest:
    """Which two detectors to compare on what, and how."""

    first: str
    second: str
    data: Sequence[str]
    json: Path | None = None
    conditions: Conditions = field(default_factory=Conditions)


def compare(request: CompareRequest, out: Console, log: Console) -> list[Comparison]:
    """Check all data, compare on every corpus, write the JSON file, print a table of each on `out`.

    Progress is on `log`. Raises CheckpointError, InputError for the data, ConfigError for data that either
    was trained on.
    """
    origin = provenance()
    check_writable(request.json, "--json")
    conditions = request.conditions
    named = (request.first, request.second)
    first, second = alike([contestant(name, conditions.threads, conditions.dtype) for name in named])
    pair = first, second
    corpora = load_for(pair, request.data, conditions)
    found = [compare_on(data, corpus, pair, conditions, log) for data, corpus in corpora.items()]
    if request.json is not None:
        names = {"first": pair[0].name, "second": pair[1].name}
        content = {**names, "settings": asdict(conditions), **origin, "comparisons": as_json(found)}
        write_json(request.json, content, "give another --json")
    for comparison in found:
        print_wide(out, comparison_table(comparison, pair))
    return found


def compare_on(
    data: str,
    corpus: Sequence[LabelledSeries],
    pair: tuple[Contestant, Contestant],
    conditions: Conditions,
    log: Console,
) -> Comparison:
    """Both detectors on one corpus, from scratch."""
    first, second = (judge(corpus, who, conditions, log).figures(corpus) for who in pair)
    differences = tuple(chain.from_iterable(map(_differences, first, second)))
    return Comparison(data, len(corpus), sum(map(len, corpus)), differences)


def _differences(first: Figures, second: Figures) -> Iterator[Difference]:
    def change(draw: IndexArray) -> Float64Array:
        difference: Float64Array = second.of(draw) - first.of(draw)
        return difference

    values = zip(first.of(first.everyone).tolist(), second.of(first.everyone).tolist(), strict=True)
    intervals = bootstrap_intervals(change, first.groups).tolist()
    series, groups = len(first.groups), len(set(first.groups))
    for name, (one, other), (low, high) in zip(first.names, values, intervals, strict=True):
        if name in COMPARED:
            yield Difference(name, one, other, low, high, series, groups)


def comparison_table(comparison: Comparison, pair: tuple[Contestant, Contestant]) -> Table:
    """One row per figure."""
    table = Table(
        Column("figure", no_wrap=True),
        *map(Column, plain(f"A: {pair[0].name}", f"B: {pair[1].name}")),
        *("B - A [95 % interval]", "series", "B is"),
        title=plain_title(f"{comparison.data}: {comparison.series} series, {comparison.points} points"),
        caption="Paired bootstrap over series, those of a group together; "
        "B is better or worse where the interval leaves 0 out.",
    )
    styles = {Verdict.better: "green", Verdict.worse: "red"}
    for one in comparison.differences:
        known = isfinite(one.change)
        interval = f"{one.change:+.3f} [{one.low:+.3f}, {one.high:+.3f}]" if known else Verdict.undefined
        sides = (f"{side:.3f}" if isfinite(side) else Verdict.undefined for side in (one.first, one.second))
        row = (one.figure, *sides, interval, str(one.series), one.verdict)
        table.add_row(*plain(*row), style=styles.get(one.verdict))
    return table


def as_json(found: Sequence[Comparison]) -> list[dict[str, object]]:
    """Comparisons with their verdicts spelled out."""
    return [
        {
            "data": one.data,
            "series": one.series,
            "points": one.points,
            "figures": {
                d.figure: {
                    "first": d.first, "second": d.second, "change": d.change, "low": d.low, "high": d.high,
                    "series": d.series, "groups": d.groups, "second_is": d.verdict,
                }
                for d in one.differences
            },
        }
        for one in found
    ]  # fmt: skip
