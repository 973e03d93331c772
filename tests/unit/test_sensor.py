"""A sensor may leave nothing of an anomaly: then there is none."""

import numpy as np

from trainer.recipe import Recipe
from trainer.sensor import Sensor, erased
from trainer.synthetic import generate


def test_a_sensor_rounds_and_shifts() -> None:
    shown = Sensor(step=0.5, unit=2.0, offset=10.0)(np.array([0.1, 0.4, 1.0]))
    np.testing.assert_array_equal(shown, [10.0, 12.0, 14.0])
    np.testing.assert_array_equal(Sensor(0.0, 1.0, 1.0)(np.array([0.1])), [1.1])


def test_an_anomaly_of_which_nothing_is_left_is_none_and_others_stay_whole() -> None:
    anomalous = np.array([0, 1, 1, 1, 0, 1, 1, 0, 1], np.bool_)
    same = np.array([1, 1, 0, 1, 1, 1, 1, 0, 0], np.bool_)
    np.testing.assert_array_equal(np.flatnonzero(erased(anomalous, same)), [5, 6])
    assert not erased(np.zeros(5, np.bool_), np.ones(5, np.bool_)).any()


def test_no_label_lies_on_values_that_stand_still_where_they_always_do() -> None:
    recipe = Recipe(normals=("sparse_events",), anomalies=("volatility_up", "dip"), inexact_share=0.0)
    for seed in range(200):
        series = generate(np.random.default_rng(seed), 600, 1.0, recipe)
        anomalous = series.label | series.unclear
        np.testing.assert_array_equal(series.kind > 0, anomalous)
        starts = np.flatnonzero(np.diff(anomalous.astype(int), prepend=0) == 1)
        ends = np.flatnonzero(np.diff(anomalous.astype(int), append=0) == -1) + 1
        for start, end in zip(starts, ends, strict=True):
            part, before = series.values[start:end], series.values[start - 1]
            assert part.min() < part.max() or part[0] != before
