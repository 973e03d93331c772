import numpy as np
import pytest

from spear_stream.core.records import StructArray
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from spear_stream.core.windows import WindowStore

SPEC = WindowSpec(length=8, patch=4, min_points=4, recent=4)


def store(series: int = 1) -> WindowStore:
    windows = WindowStore(SPEC)
    windows.table.resize(series)
    return windows


def append(windows: WindowStore, slots: list[int], point: int) -> None:
    """Codes of a point are its number in every channel, plus the channel."""
    codes = np.tile(np.arange(len(CHANNELS)) + point, (len(slots), 1)).astype(np.uint8)
    at, values = np.full(len(slots), 1000 * point), np.full(len(slots), point / 2)
    windows.append(np.array(slots), codes, at, values)


def captured(windows: WindowStore, slot: int = 0) -> StructArray:
    return windows.capture(np.array([slot]))


def test_a_short_window_is_padded_on_the_left() -> None:
    windows = store()
    for point in (1, 2, 3):
        append(windows, [0], point)
    window = captured(windows)[0]
    assert window["points"] == 3
    assert window["codes"][:, 0].tolist() == [PAD] * 5 + [1, 2, 3]
    assert window["codes"][-1].tolist() == [3, 4, 5, 6, 7]
    assert window["tail_ts"].tolist() == [0, 1000, 2000, 3000]
    assert window["tail_value"].tolist() == [0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize("points", [8, 9, 15, 16, 23])
def test_a_full_window_holds_the_newest_points_in_order(points: int) -> None:
    windows = store()
    for point in range(1, points + 1):
        append(windows, [0], point)
    window = captured(windows)[0]
    assert window["points"] == 8
    assert window["codes"][:, 0].tolist() == list(range(points - 7, points + 1))
    assert window["tail_value"].tolist() == [p / 2 for p in range(points - 3, points + 1)]


def test_series_do_not_mix() -> None:
    windows = store(3)
    for point in range(1, 20):
        append(windows, [0], point)
        if point % 2:
            append(windows, [2], 50 + point)
    both = windows.capture(np.array([2, 0]))
    assert both["slot"].tolist() == [2, 0]
    assert both["codes"][0, :, 0].tolist() == [55, 57, 59, 61, 63, 65, 67, 69]
    assert both["codes"][1, :, 0].tolist() == list(range(12, 20))
    assert captured(windows, 1)["points"] == 0


def test_a_window_does_not_change_with_later_points() -> None:
    windows = store()
    append(windows, [0], 1)
    window = captured(windows)
    before = window.copy()
    append(windows, [0], 2)
    assert (window == before).all()


def test_append_counts_the_points_of_each_series() -> None:
    windows = store(2)
    append(windows, [0], 1)
    codes = np.zeros((2, len(CHANNELS)), np.uint8)
    assert windows.append(np.array([1, 0]), codes, np.zeros(2, np.int64), np.zeros(2)).tolist() == [1, 2]
