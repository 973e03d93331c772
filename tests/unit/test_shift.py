"""How far a level has moved: it stays where surprises fade, in any unit, and is modest about young series."""

import numpy as np
import pytest

from spear_stream.core.shift import LEVELS, MEMORY, NEWEST, Shift
from spear_stream.core.table import SeriesTable

RNG = np.random.default_rng(3)


def shifts(*series: np.ndarray) -> np.ndarray:
    """After every point of series of equal length, (points, series)."""
    table = SeriesTable(**LEVELS)
    table.resize(len(series))
    shift, slots = Shift(table), np.arange(len(series))
    found = []
    for point, values in enumerate(np.stack(series, axis=1)):
        shift.update(slots, values, np.full(len(series), point))
        found.append(table["shift"][: len(series)].copy())
    return np.array(found)


def moved(by: float, points: int = 600, before: int = 400) -> np.ndarray:
    return RNG.normal(size=points) + by * (np.arange(points) >= before)


def test_a_level_that_has_moved_stays_moved_for_a_hundred_points_and_more() -> None:
    found = shifts(moved(3.0), moved(-3.0), moved(0.0))
    assert (found[400 + NEWEST : 550, 0] > 2.0).all()
    assert (found[400 + NEWEST : 550, 1] < -2.0).all()
    assert np.abs(found[64:, 2]).max() < 4.0


def test_a_new_level_becomes_the_usual_one() -> None:
    found = shifts(moved(20.0, points=MEMORY, before=MEMORY // 2))
    assert found[MEMORY // 2 + NEWEST, 0] > 10.0
    assert found[-1, 0] < 2.0


@pytest.mark.parametrize("size", [30.0, 1e6, 1e30])
def test_one_far_point_is_no_move_to_speak_of(size: float) -> None:
    spike = RNG.normal(size=400)
    spike[200] = size
    found = shifts(spike)
    assert np.abs(found[200:, 0]).max() < 5.0


@pytest.mark.parametrize("unit", [1e-9, 1e12])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_units_and_offsets_change_nothing(unit: float, offset: float) -> None:
    values = moved(5.0)
    found = shifts(values, unit * (values + offset))
    assert found[10:, 1] == pytest.approx(found[10:, 0], rel=1e-3, abs=1e-3)


def test_a_constant_series_never_moves_and_its_first_change_is_finite() -> None:
    flat = np.full(200, 1e9 + 0.1)
    change = flat.copy()
    change[150:] += 5.0
    found = shifts(flat, change)
    assert (found[:, 0] == 0.0).all()
    assert found[150 + NEWEST, 1] > 3.0
    assert np.isfinite(found).all()


def test_the_rounding_of_a_large_constant_is_no_move() -> None:
    values = np.resize([1e9, np.nextafter(1e9, 2e9)], 300)
    values[200:] = np.nextafter(1e9, 2e9)
    assert (shifts(values) == 0.0).all()


@pytest.mark.filterwarnings("error")
def test_young_series_are_not_sure_and_nothing_overflows() -> None:
    values = np.concatenate([np.zeros(15), [1e300, -1e300], np.zeros(15)])
    found = shifts(values)
    assert (np.abs(found[:, 0]) <= 1.1 * np.sqrt(np.arange(1, 33))).all()
