"""Stretches of real series in training batches."""

from dataclasses import replace

import numpy as np
import pytest

from spear_stream.core.errors import InputError
from spear_stream.core.spec import WindowSpec
from trainer.batches import BatchPlan, make_batch
from trainer.datasets.series import LabelledSeries, from_labels
from trainer.injection import ONSET
from trainer.real import FEWEST_POINTS, RealSeries


def series(points: int, scale: float = 1.0, windows: tuple[tuple[int, int], ...] = ()) -> LabelledSeries:
    value = scale * (
        5 + np.sin(np.arange(points) / 9) + 0.1 * np.random.default_rng(points).normal(size=points)
    )
    label = np.zeros(points, bool)
    for start, end in windows:
        label[start : end + 1] = True
    return from_labels(f"s{points}", 60_000 * np.arange(points), value, label)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_labelled_anomalies_are_kept_and_nothing_is_injected_beside_them() -> None:
    made = RealSeries([series(300, windows=((100, 199),))]).draw(rng(), 300, anomaly_rate=1.0)
    assert np.flatnonzero(made.label).tolist() == list(range(100, 100 + ONSET))
    assert np.flatnonzero(made.unclear).tolist() == list(range(100 + ONSET, 200))
    assert not made.types
    np.testing.assert_array_equal(made.values, series(300).value)


def test_of_a_history_nothing_is_trained_on() -> None:
    behind = replace(series(400), probation=300, history=300)
    made = RealSeries([behind]).draw(rng(), 400, anomaly_rate=0.0)
    np.testing.assert_array_equal(made.values[: made.points], behind.own)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_injected_anomalies_have_the_size_of_the_series(scale: float) -> None:
    clean = series(400, scale)
    made = RealSeries([clean]).draw(rng(), 400, anomaly_rate=1.0)
    assert made.types
    assert made.label.any()
    assert (made.kind[made.label] > 0).all()
    changed = np.abs(made.values - clean.value) / scale
    assert changed[: np.flatnonzero(made.label)[0]].max() < 1e-6
    assert changed[made.label].max() > 0.1


def test_a_short_series_is_padded_and_its_padding_never_seen() -> None:
    short = series(FEWEST_POINTS)
    made = RealSeries([short]).draw(rng(), 200, anomaly_rate=0.0)
    assert (len(made.values), made.points) == (200, FEWEST_POINTS)
    assert (np.diff(made.ts) > 0).all()
    spec = WindowSpec()
    plan = BatchPlan(
        series=2, windows_per_series=30, points=200, real_share=1.0, anomaly_rate=0.0, young_share=0
    )
    batch = make_batch(spec, plan, 0, 0, RealSeries([short]))
    assert batch.counts.sum(axis=1).max() <= FEWEST_POINTS


def test_times_that_go_back_are_left_out_as_in_the_daemon() -> None:
    whole = series(100)
    whole.ts[50:60] -= 60_000 * 20
    made = RealSeries([whole]).draw(rng(), 90, anomaly_rate=0.0)
    assert (np.diff(made.ts) > 0).all()


def test_real_and_generated_series_share_a_batch() -> None:
    spec, plan = WindowSpec(), BatchPlan(series=6, windows_per_series=2, points=200, real_share=0.5)
    real = RealSeries([series(500), series(700)])
    mixed, generated = make_batch(spec, plan, 1, 0, real), make_batch(spec, plan, 1, 0)
    assert mixed.codes.shape == generated.codes.shape
    assert not np.array_equal(mixed.codes, generated.codes)
    np.testing.assert_array_equal(mixed.codes, make_batch(spec, plan, 1, 0, real).codes)


def test_data_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="at least 64 points"):
        RealSeries([series(FEWEST_POINTS - 1)])
