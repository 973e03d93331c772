"""Goal 4 of detection: are anomalies called what they are?

    python benchmarks/bench_kinds.py [--quick] [--checkpoint DIR] [--series N] [--seed N] [--result NAME]

Generated series with one injected anomaly each, equally many of every type (trainer/injection.py) that
can be seen at their age, are streamed through the daemon's core with its default alert policy. An alert
belongs to an anomaly if it opens in it, or up to eight points behind it: the way back to normal is a change
too. The first one that does is asked what it called the anomaly when it opened, and at last: when it was
closed, or in its last update if it was still open at the end. What it should say is the kind of the type
in trainer/injection.py.

Alerts learnt to name kinds from series made the same way with other seeds (trainer/kind_fitting.py). Kinds
count for anomalies that were found only; the share of each type that was found is a column of its own.

A smaller corpus of older series, in which windows of means have long spoken, is measured beside it.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from common import write_result
from injected import Checkpoint, Result, Seed, Threads, run
from rich.console import Console
from rich.table import Table

from spear_stream.core.kinds import KINDS
from trainer.commands.options import Dtype
from trainer.conditions import Conditions
from trainer.injected_series import Answer, answers, injected, types_within
from trainer.judging import Contestant, contestant
from trainer.metrics.kinds import called

POINTS, STARTS = 384, range(160, 256)
OLD_POINTS, OLD_STARTS = 1408, range(1152, 1280)
OLD_SHARE = 0.4
"""Old series for every other one."""
REPORTED_SEED = 1000


def main(
    *,
    quick: Annotated[
        bool, typer.Option(help="One series of each type: a minute, to see that it runs.")
    ] = False,
    checkpoint: Checkpoint = "default",
    series: Annotated[int, typer.Option(min=1, help="Of every type of anomaly.")] = 20,
    seed: Seed = REPORTED_SEED,
    threads: Threads = 1,
    dtype: Dtype = "auto",
    result: Result = "kinds",
) -> None:
    """Kinds that alerts give to injected anomalies, and how many of each type are found."""
    who, each = contestant(checkpoint, threads, dtype), 1 if quick else series
    each_old = max(1, round(OLD_SHARE * each))
    found = measured(who, seed, each, POINTS, STARTS)
    old = measured(who, seed, each_old, OLD_POINTS, OLD_STARTS)
    if not quick:
        content = (
            {"checkpoint": who.name, "seed": seed, "dtype": dtype, "hops": Conditions().hops}
            | found
            | {"old": old}
        )
        print(f"written to {write_result(result, content).name}")


def measured(who: Contestant, seed: int, each: int, points: int, starts: range) -> dict[str, Any]:
    """Settings and figures of series of one length, `each` of them of every type; printed too."""
    types = types_within(starts)
    corpus = [injected(name, (seed, row), points, starts) for name in types for row in range(each)]
    found = measure(answers(corpus, run(corpus, who).events))
    print(f"\nSeries of {points} points:")
    show(found)
    return {"series_of_each_type": each, "points": points} | found


def measure(found: Sequence[Answer]) -> dict[str, Any]:
    """All figures of the result file."""
    false_alarms = sum(len(one.false_alarms) for one in found)
    normal = sum(int(one.injected.normal.sum()) for one in found)
    types = dict.fromkeys(one.injected.type for one in found)
    return {
        "injected": len(found),
        "found": sum(bool(one.events) for one in found),
        "false_alarms": false_alarms,
        "false_alarms_per_1000_points": 1000 * false_alarms / normal,
        "opened": called([(one.injected.kind, one.events[0].kind) for one in found if one.events]),
        "last": called([(one.injected.kind, one.events[-1].kind) for one in found if one.events]),
        "types": {name: of_type([one for one in found if one.injected.type == name]) for name in types},
    }


def of_type(found: Sequence[Answer]) -> dict[str, Any]:
    """How many anomalies of one type were found, and what they were called at last."""
    told = [one.events[-1].kind for one in found if one.events]
    return {
        "kind": found[0].injected.kind,
        "injected": len(found),
        "found": len(told),
        "called": {kind: told.count(kind) for kind in KINDS},
    }


def show(found: dict[str, Any]) -> None:
    """Print the tables."""
    out = Console(width=110)
    for when in ("opened", "last"):
        figures = found[when]
        table = Table("is \\ told", *KINDS, "precision", "recall", "F1", title=f"Kinds: {when}")
        for kind, one in figures["kinds"].items():
            cells = (str(figures["confusion"][kind][told]) for told in KINDS)
            table.add_row(kind, *cells, *(f"{one[name]:.2f}" for name in ("precision", "recall", "f1")))
        out.print(table)
        print(f"macro-F1 {figures['macro_f1']:.3f}")
    table = Table(
        "type", "kind", "found", "of", *KINDS, title="Types: found, and what they were called at last"
    )
    for name, one in found["types"].items():
        table.add_row(
            name, one["kind"], str(one["found"]), str(one["injected"]), *map(str, one["called"].values())
        )
    out.print(table)
    print(
        f"{found['found']} of {found['injected']} found, {found['false_alarms']} false alarms, "
        f"{found['false_alarms_per_1000_points']:.2f} in 1,000 normal points"
    )


if __name__ == "__main__":
    typer.run(main)
