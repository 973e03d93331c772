"""How the trees of the kinds are learnt: from alerts about anomalies whose kind is known."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spear_stream.core.errors import ConfigError
from spear_stream.core.kinds import FIGURES, KINDS, kind_trees
from spear_stream.core.ports import Scorer
from spear_stream.core.spec import WindowSpec
from trainer import kind_fitting
from trainer.injected_series import InjectedSeries, injected, types_within
from trainer.kind_examples import LAST, Examples, joined
from trainer.kind_fitting import (
    SILENT_AGES,
    SILENT_TIMES,
    Age,
    collected,
    corpus_of,
    examples_of_all,
    main,
    silent,
)
from trainer.streaming import GivenLogits

YOUNG = Age(192, range(64, 128), 1)
QUIET = Console(file=io.StringIO())


@pytest.fixture(scope="module")
def corpus() -> list[InjectedSeries]:
    return corpus_of(YOUNG, 2, 0, QUIET)


class Oracle(GivenLogits):
    """Knows where the anomalies are."""

    spec = WindowSpec()

    def __init__(self, corpus: list[InjectedSeries]) -> None:
        super().__init__("oracle", np.concatenate([np.where(one.normal, -6.0, 6.0) for one in corpus]))


@pytest.fixture(scope="module")
def examples(corpus: list[InjectedSeries]) -> Examples:
    return collected(corpus, Oracle(corpus), Oracle.spec, 1, QUIET)


def test_there_are_equally_many_series_of_every_type(corpus: list[InjectedSeries]) -> None:
    assert [one.type for one in corpus] == list(types_within(YOUNG.starts)) * 2
    assert len({one.series.name for one in corpus}) == len(corpus)


def test_every_event_of_an_alert_is_an_example_of_what_was_injected(examples: Examples) -> None:
    assert examples.figures.shape == (len(examples.kind), len(FIGURES))
    assert set(examples.kind) == set(range(len(KINDS)))
    for alert in range(examples.alert.max() + 1):
        rows = np.flatnonzero(examples.alert == alert)
        assert len(set(examples.kind[rows])) == 1
        assert examples.first[rows].tolist() == [True] + [False] * (len(rows) - 1)
        assert examples.last[rows].tolist() == [False] * (len(rows) - 1) + [True]
        assert examples.figures[rows[0], FIGURES.index("points_since")] == 0


def test_an_event_counts_less_the_more_there_are_and_the_last_one_counts_more(examples: Examples) -> None:
    weight, alert = examples.weight, examples.alert
    assert weight.mean() == pytest.approx(1)
    events = np.bincount(alert)
    longest, rows = int(events.max()), np.flatnonzero(alert == int(events.argmax()))
    assert longest > 2
    assert weight[rows[-1]] == pytest.approx(LAST * weight[rows[0]])
    totals = np.bincount(examples.kind, weight)
    common, rare = np.argmax(np.bincount(examples.kind[examples.last])), np.argmin(totals)
    assert totals[common] > totals[rare], "the root only: common kinds still count more"


def test_corpora_are_joined_with_their_alerts_apart(examples: Examples) -> None:
    both = joined([examples, examples])
    alerts = examples.alert.max() + 1
    assert np.array_equal(both.alert, np.concatenate([examples.alert, examples.alert + alerts]))
    assert np.array_equal(both.of(np.arange(len(examples.kind))).figures, examples.figures)


def test_a_kind_of_which_there_is_no_alert_is_an_error(examples: Examples) -> None:
    known = examples.of(np.flatnonzero(examples.kind != KINDS.index("trend")))
    with pytest.raises(ConfigError, match=r"an injected trend.*--series"):
        joined([known])
    with pytest.raises(ConfigError, match="an injected spike"):
        joined([])


def test_the_program_writes_trees_and_where_they_come_from(
    corpus: list[InjectedSeries],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(kind_fitting, "AGES", (YOUNG,))
    monkeypatch.setattr(kind_fitting, "SILENT_AGES", (YOUNG,))
    monkeypatch.setattr(kind_fitting, "load_scorer", lambda _: Oracle(corpus))
    monkeypatch.setitem(kind_fitting.TREES, "min_samples_leaf", 1)
    monkeypatch.setitem(kind_fitting.TREES, "n_estimators", 10)
    main(series=2, seed=0, out=tmp_path / "kinds.npz")
    trees, told = kind_trees(tmp_path / "kinds.npz"), json.loads((tmp_path / "kinds.json").read_bytes())
    assert trees.names == FIGURES
    assert (told["checkpoint"], told["seed"]) == ("oracle", 0)
    assert 0 < told["macro_f1"] <= 1
    assert np.sum(told["confusion"]) == told["alerts"]
    assert "macro-F1" in capsys.readouterr().out


def test_where_the_model_says_nothing_only_a_moved_level_opens_alerts() -> None:
    age = SILENT_AGES[0]
    old = [
        injected(name, (0, number), age.points, age.starts)
        for name in ("level_shift", "duplicate")
        for number in range(8)
    ]
    found = collected(old, silent(old), WindowSpec(), age.hop, QUIET)
    assert set(found.kind) == {KINDS.index("shift")}


def test_a_silent_model_judges_other_series_than_the_checkpoint(
    corpus: list[InjectedSeries], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[tuple[str, int, int, list[str]]] = []

    def record(found: list[InjectedSeries], scorer: Scorer, spec: WindowSpec, hop: int, log: Console) -> str:
        names = [one.series.name for one in found]
        judged.append((scorer.describe(0).checkpoint, hop, len(names), names))
        return ""

    monkeypatch.setattr(kind_fitting, "AGES", (YOUNG,))
    monkeypatch.setattr(kind_fitting, "SILENT_AGES", (YOUNG, YOUNG._replace(hop=4)))
    monkeypatch.setattr(kind_fitting, "collected", record)
    list(examples_of_all(Oracle(corpus), Oracle.spec, 1, 0, QUIET))
    types = len(types_within(YOUNG.starts))
    assert [one[:3] for one in judged] == [
        ("oracle", 1, types),
        ("silent", 1, SILENT_TIMES * types),
        ("silent", 4, SILENT_TIMES * types),
    ]
    assert len({name for *_, names in judged for name in names}) == (1 + 2 * SILENT_TIMES) * types
