"""No leakage: what is related is never on both sides of a split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spear_stream.core.errors import ConfigError
from trainer.datasets.series import LabelledSeries, from_labels
from trainer.datasets.splits import split_by_series

SEEDS = st.integers(0, 1000)
SHARES = st.floats(0.05, 0.95)


def series(number: int, group: int, content: int) -> LabelledSeries:
    value = np.random.default_rng(content).normal(size=20)
    return from_labels(f"s{number}", np.arange(20), value, np.zeros(20, bool), f"g{group}" if group else "")


CORPORA = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=25).map(
    lambda rows: [series(number, *row) for number, row in enumerate(rows)]
)


@settings(deadline=None)
@given(CORPORA, SHARES, SEEDS)
def test_a_split_by_series_shares_no_name_no_group_and_no_values(
    corpus: list[LabelledSeries], held_out: float, seed: int
) -> None:
    train, test = split_by_series(corpus, held_out, seed)
    assert sorted(s.name for s in train + test) == sorted(s.name for s in corpus)
    assert not {s.value.tobytes() for s in train} & {s.value.tobytes() for s in test}
    assert not {s.group for s in train if s.group} & {s.group for s in test if s.group}


@settings(deadline=None)
@given(CORPORA, SHARES, SEEDS)
def test_the_order_of_the_series_does_not_matter(
    corpus: list[LabelledSeries], share: float, seed: int
) -> None:
    first = {s.name for s in split_by_series(corpus, share, seed)[1]}
    assert first == {s.name for s in split_by_series(corpus[::-1], share, seed)[1]}


def test_about_the_wanted_share_is_held_out_and_seeds_differ() -> None:
    corpus = [series(i, 0, i) for i in range(400)]
    sides = [split_by_series(corpus, 0.25, seed)[1] for seed in (0, 1)]
    assert all(70 <= len(side) <= 130 for side in sides)
    assert {s.name for s in sides[0]} != {s.name for s in sides[1]}
    more = split_by_series([*corpus, series(999, 0, 999)], 0.25)[1]
    assert {s.name for s in sides[0]} <= {s.name for s in more}


def test_series_that_never_change_tie_no_groups() -> None:
    idle = [
        from_labels(f"idle{i}", np.arange(20), np.zeros(20), np.zeros(20, bool), f"g{i}") for i in range(30)
    ]
    train, test = split_by_series(idle, 0.5)
    assert min(len(train), len(test)) >= 5


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_split_needs_two_sides(share: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        split_by_series([], share)
