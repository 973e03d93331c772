"""Codes of a window from its own values, the same in the daemon and in training."""

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.quantizer import LEVEL, SURGE, bin_distance
from spear_stream.core.spec import PAD, WindowSpec
from spear_stream.core.unit_quantizer import make_quantizer
from spear_stream.core.window_scaling import window_codes
from spear_stream.core.windows import WindowStore
from trainer.cutting import Cutter
from trainer.synthetic import SyntheticSeries

SPEC = WindowSpec(length=8, patch=8, bins=248, min_points=4, recent=8, scaling="window")
VALUES = np.random.default_rng(0).normal(size=20)


def coded(values: np.ndarray, points: int = SPEC.length) -> np.ndarray:
    """(length, channels) of one window whose newest `points` are known."""
    return window_codes(SPEC, values[None], np.arange(SPEC.length, 0, -1)[None] <= points)[0]


def test_a_level_is_the_distance_from_the_mean_in_deviations() -> None:
    found = bin_distance(coded(VALUES[:8]), SPEC.bins)[:, LEVEL]
    wanted = (VALUES[:8] - VALUES[:8].mean()) / VALUES[:8].std()
    assert np.allclose(found, wanted, atol=0.05)
    assert (coded(VALUES[:8])[:, SURGE:] == PAD).all()


@pytest.mark.parametrize(("stretch", "shift"), [(1e6, 0.0), (1e-6, 0.0), (0.25, 64.0)])
def test_moved_and_stretched_windows_have_the_same_codes(stretch: float, shift: float) -> None:
    assert (coded(stretch * VALUES[:8] + shift) == coded(VALUES[:8])).all()


def test_absent_points_are_absent_and_say_nothing_of_the_others() -> None:
    found = coded(np.array([1e9, -1e9, 7, 7, 1, 2, 3, 4.0]), points=4)
    assert (found[:4] == PAD).all()
    assert (found == coded(np.array([0, 0, 0, 0, 1, 2, 3, 4.0]), points=4)).all()


@pytest.mark.parametrize("value", [0.0, 3.3, -1e300])
def test_a_constant_window_says_nothing(value: float) -> None:
    assert (coded(np.full(8, value)) == PAD).all()


def test_the_largest_values_have_codes() -> None:
    assert coded(np.array([-1e308, 1e308] * 4))[:, LEVEL].tolist() == [102, 147] * 4


def test_the_daemon_and_training_make_the_same_codes() -> None:
    ts = 60_000 * np.arange(len(VALUES))
    quantizer, store, slot = make_quantizer(SPEC), WindowStore(SPEC), np.zeros(1, np.intp)
    quantizer.table.resize(1)
    store.table.resize(1)
    nothing = np.zeros(len(VALUES), np.bool_)
    made = SyntheticSeries(ts, VALUES, nothing, nothing, np.zeros(len(VALUES), np.uint8), ())
    unused = np.zeros((len(VALUES), 5), np.uint8)
    for end in range(1, len(VALUES) + 1):
        at, value = ts[end - 1 : end], VALUES[end - 1 : end]
        store.append(slot, quantizer.update(slot, at, value), at, value)
        served = store.capture(slot)["codes"][0]
        trained = Cutter(SPEC, [made], unused[None]).cut(slot, np.array([end]))
        assert (served == trained.codes[0]).all()


def test_a_window_that_does_not_keep_its_values_is_refused() -> None:
    with pytest.raises(ConfigError, match="recent must be at least 8"):
        WindowSpec(length=8, patch=8, min_points=4, recent=4, scaling="window")


def test_an_artefact_spoils_neither_the_expected_range_nor_the_codes() -> None:
    """The centre of an alert is the slow robust one, whatever scales the codes."""
    quantizer, slot = make_quantizer(SPEC), np.zeros(1, np.intp)
    quantizer.table.resize(1)
    for point, value in enumerate([*VALUES, 1e9, *VALUES]):
        quantizer.update(slot, np.array([60_000 * point]), np.array([value]))
    [centre], [scale] = quantizer.expect(slot)
    assert abs(centre) < 5
    assert scale < 50
