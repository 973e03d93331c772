"""Learns the trees by which alerts name the kind of an anomaly (spear_stream/core/kinds.py).

    python -m trainer.kind_fitting [--checkpoint DIR] [--series N] [--seed N] [--out FILE]

Generated series with one injected anomaly each, young ones, older ones and old ones, are streamed through the
daemon's core with its default alert policy. Every event of an alert that is about the anomaly is an example:
the figures of its window, and the kind of what was injected. Other old series are judged by a model that says
nothing, so that there are alerts which the moved level alone opens. Seeds differ from those of benchmarks/,
so bench_kinds.py judges by series that nothing here has seen.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from spear_stream.console import run_plainly
from spear_stream.core.kinds import KINDS, KINDS_FILE
from spear_stream.core.ports import Scorer
from spear_stream.core.spec import WindowSpec
from spear_stream.model.loading import ModelChoice, load_scorer
from spear_stream.model.packaged import DEFAULT
from trainer.commands.options import Dtype, Threads
from trainer.injected_series import InjectedSeries, answers, injected, types_within
from trainer.kind_examples import Collector, Examples, examples_of, joined
from trainer.kind_trees import as_trees, write_trees
from trainer.metrics.kinds import called
from trainer.outputs import check_writable, write_json
from trainer.progress import progress
from trainer.provenance import provenance
from trainer.streaming import GivenLogits, stream

SEED = 5000
FOLDS = 3
TREES = {
    "n_estimators": 200,
    "learning_rate": 0.1,
    "max_depth": 5,
    "subsample": 0.5,
    "max_features": 0.2,
    "min_samples_leaf": 30,
}


class Age(NamedTuple):
    """Series of one length, with an anomaly that begins at one age."""

    points: int
    starts: range
    hop: int


AGES = (
    Age(192, range(64, 128), 1),
    Age(384, range(160, 256), 1),
    Age(384, range(160, 256), 4),
    Age(1408, range(1152, 1280), 4),
)
SILENT_AGES = (Age(1792, range(1152, 1280), 4), Age(1792, range(1152, 1280), 1))
"""Alerts about a moved level stay open for some 300 points: long enough for them to close."""
SILENT = -6.0
"""Logit of a model that sees nothing."""
SILENT_TIMES = 2
"""So many times the series of the checkpoint: in few of them an alert opens."""


def main(
    *,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", metavar="DIR|default", help="Whose alerts are learnt from.")
    ] = DEFAULT,
    series: Annotated[
        int, typer.Option(min=1, help="Of every type at every age; twice as many for a silent model.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0)] = SEED,
    threads: Threads = None,
    dtype: Dtype = "auto",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="For the trees; a .json goes beside it.")
    ] = KINDS_FILE,
) -> None:
    """Learn the kinds of anomalies from alerts about injected ones, and say how well they are told.

    Takes about an hour on two cores, half of it in bfloat16. What is written is for the package: the daemon
    reads spear_stream/data/kinds.npz. Exit codes are those of spear-trainer.
    """
    check_writable(out, "--out")
    log = Console(stderr=True)
    scorer = load_scorer(ModelChoice(checkpoint=checkpoint, dtype=dtype, threads=threads))
    examples = joined([*examples_of_all(scorer, scorer.spec, series, seed, log)])
    figures = cross_validated(examples)
    origin = provenance()  # before --out is written: it may be a file of the commit
    write_trees(out, as_trees(learnt(examples)))
    settings = {
        "checkpoint": scorer.describe(0).checkpoint,
        "series_of_each_type_and_age": series,
        "silent_series_of_each_type_and_hop": SILENT_TIMES * series,
        "seed": seed,
        "dtype": dtype,
        "trees": TREES,
    }
    write_json(out.with_suffix(".json"), {**settings, **figures, **origin})
    typer.echo(f"{out}: macro-F1 of last events {figures['macro_f1']:.3f}, cross-validated over series")


def examples_of_all(
    scorer: Scorer, spec: WindowSpec, series: int, seed: int, log: Console
) -> Iterator[Examples]:
    """Of every age, and at last of a model that says nothing."""
    for age in AGES:
        yield collected(corpus_of(age, series, seed, log), scorer, spec, age.hop, log)
    for place, age in enumerate(SILENT_AGES):
        corpus = corpus_of(age, SILENT_TIMES * series, seed + 1 + place, log)
        yield collected(corpus, silent(corpus), spec, age.hop, log)


def silent(corpus: Sequence[InjectedSeries]) -> Scorer:
    """A model that sees nothing in any of these series."""
    return GivenLogits("silent", np.full(sum(len(one.series) for one in corpus), SILENT))


def corpus_of(age: Age, each: int, seed: int, log: Console) -> list[InjectedSeries]:
    """Series with one anomaly, `each` of them of every type that can be seen at that age."""
    made, types = [], types_within(age.starts)
    with progress(log, f"series of {age.points} points", each * len(types)) as advance:
        for row, name in product(range(each), types):
            made.append(injected(name, (seed, age.points, age.hop, row), age.points, age.starts))
            advance(len(made))
    return made


def collected(
    corpus: Sequence[InjectedSeries], scorer: Scorer, spec: WindowSpec, hop: int, log: Console
) -> Examples:
    """What alerts show of the anomalies that they find."""
    collector, data = Collector(), [one.series for one in corpus]
    with progress(log, f"alerts, scored every {hop}", sum(map(len, data))) as advance:
        events = stream(data, scorer, spec, hop, advance, kinds=collector).events
    return examples_of(answers(corpus, events), collector.figures)


def cross_validated(examples: Examples) -> dict[str, Any]:
    """How well the kinds of alerts are told that were not learnt from."""
    told = np.empty(len(examples.kind), np.intp)
    for learn, judge in GroupKFold(FOLDS).split(told, groups=examples.alert):
        told[judge] = learnt(examples.of(learn)).predict(examples.figures[judge])
    pairs = np.array(KINDS)[np.stack([examples.kind, told], axis=1)]
    first, last = (called(list(map(tuple, pairs[rows].tolist()))) for rows in (examples.first, examples.last))
    return {
        "alerts": int(examples.last.sum()),
        "macro_f1": last["macro_f1"],
        "macro_f1_of_first_events": first["macro_f1"],
        "f1": {kind: one["f1"] for kind, one in last["kinds"].items()},
        "confusion": [list(row.values()) for row in last["confusion"].values()],
    }


def learnt(examples: Examples) -> GradientBoostingClassifier:
    """Trees of these examples."""
    trees = GradientBoostingClassifier(random_state=0, **TREES)
    return trees.fit(examples.figures, examples.kind, sample_weight=examples.weight)


if __name__ == "__main__":
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(main)
    run_plainly("trainer.kind_fitting", app)
