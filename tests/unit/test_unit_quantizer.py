"""Scaling to [0, 1] as published: uniform bins between the extremes so far, never looking ahead."""

import numpy as np

from spear_stream.core.quantizer import KNOWN, LEVEL, NOVELTY, SEASON, STEP, SURGE
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.core.unit_quantizer import UnitQuantizer, make_quantizer

SPEC = WindowSpec(bins=10, scaling="unit")


def codes(values: np.ndarray) -> np.ndarray:
    """(points, channels) of one series, a point a minute."""
    quantizer = make_quantizer(SPEC)
    quantizer.table.resize(1)
    slot = np.zeros(1, np.intp)
    return np.stack(
        [quantizer.update(slot, np.array([60_000 * t]), np.array([v]))[0] for t, v in enumerate(values)]
    )


def test_bins_are_uniform_between_the_extremes_so_far() -> None:
    found = codes(np.array([0.0, 10, 5, 5, 0.5, 4.5, 9.5, 10]))
    assert found[4:, LEVEL].tolist() == [1, 5, 10, 10]
    assert (found[:KNOWN, LEVEL] == PAD).all()
    assert (found[:, [SURGE, STEP, SEASON, NOVELTY]] == PAD).all()


def test_what_lies_beyond_is_in_the_outermost_bin_and_then_widens_them() -> None:
    found = codes(np.array([0.0, 10, 5, 5, 100, 50, -1e300, 1e300]))
    assert found[4:, LEVEL].tolist() == [10, 6, 1, 10]


def test_a_constant_series_says_nothing() -> None:
    assert (codes(np.full(20, 3.0)) == PAD).all()


def test_the_preset_chooses_it_and_the_default_does_not() -> None:
    assert isinstance(make_quantizer(SPEC), UnitQuantizer)
    assert not isinstance(make_quantizer(WindowSpec()), UnitQuantizer)
