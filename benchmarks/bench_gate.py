"""What a calm hop saves, and what it costs: windows a point and quality beside those of every hop.

    python benchmarks/server_metrics.py servers
    python benchmarks/recurring_spikes.py repeated
    python benchmarks/bench_gate.py --data csv:servers --data csv:repeated --dtype bfloat16

Any labelled data will do (`spear-trainer datasets`): how much is saved depends on how calm series are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from common import write_result
from rich.console import Console
from rich.table import Table

from spear_stream.core.ports import Scorer
from spear_stream.core.records import Float32Array, ModelInfo, StructArray
from trainer.conditions import Conditions
from trainer.datasets.series import LabelledSeries
from trainer.judging import Contestant, contestant, judge, load_for
from trainer.tables import print_wide

HOPS = ((1, 1), (1, 8), (1, 16), (4, 4))
"""Fewest points between two scores, and most while nothing is new."""
FIGURES = ("vus_pr", "auc_pr", "event_f1", "false_alarms_per_series_day")


def main(
    data: Annotated[list[str], typer.Option(help="KIND:PLACE of labelled series; repeat for more.")],
    checkpoint: Annotated[str, typer.Option(metavar="DIR|default")] = "default",
    dtype: str = "auto",
    threads: int | None = None,
) -> None:
    """Every hop, and calm hops beside it, on each of the data."""
    who = contestant(checkpoint, threads, dtype)
    everyone = [Conditions(*hops, threads=threads, dtype=dtype) for hops in HOPS]
    longest = max(everyone, key=lambda conditions: conditions.hop)
    rows = [
        measured(place, corpus, who, conditions)
        for place, corpus in load_for([who], data, longest).items()
        for conditions in everyone
    ]
    show(rows)
    print(f"written to {write_result('gate', {'checkpoint': who.name, 'dtype': dtype, 'rows': rows}).name}")


@dataclass
class Counting:
    """A scorer, and the windows of points and of means that it was given."""

    inner: Scorer
    windows: int = 0
    coarse: int = 0

    def score(self, windows: StructArray) -> Float32Array:
        self.windows += len(windows)
        self.coarse += int(windows["coarse"].sum())
        return self.inner.score(windows)

    def describe(self, prompt: int) -> ModelInfo:
        return self.inner.describe(prompt)


def measured(
    place: str, corpus: Sequence[LabelledSeries], who: Contestant, conditions: Conditions
) -> dict[str, Any]:
    counting = Counting(who.scorer(corpus))
    counted = replace(who, scorer=lambda _: counting)
    found = judge(corpus, counted, conditions, Console(stderr=True))
    points = sum(map(len, corpus))
    return {
        "data": place,
        "hop": conditions.hop,
        "calm_hop": conditions.calm_hop,
        "points": points,
        "windows_per_point": round(counting.windows / points, 4),
        "of_means": round(counting.coarse / points, 4),
        "seconds": found.seconds,
        **{name: round(found.report.figures[name].value, 4) for name in FIGURES},
    }


def show(rows: Sequence[dict[str, Any]]) -> None:
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    print_wide(Console(), table)


if __name__ == "__main__":
    typer.run(main)
