"""A sensor may leave nothing of an anomaly: then there is none."""

import numpy as np
import pytest

from trainer.recipe import Recipe
from trainer.sensor import Sensor, erased
from trainer.synthetic import generate


def test_a_sensor_rounds_and_shifts() -> None:
    shown = Sensor(step=0.5, unit=2.0, offset=10.0)(np.array([0.1, 0.4, 1.0]))
    np.testing.assert_array_equal(shown, [10.0, 12.0, 14.0])
    np.testing.assert_array_equal(Sensor(0.0, 1.0, 1.0)(np.array([0.1])), [1.1])


def test_an_anomaly_of_which_nothing_is_left_is_none_and_others_stay_whole() -> None:
    anomalous = np.array([0, 1, 1, 1, 0, 1, 1, 0, 1], np.bool_)
    told = np.array([0, 0, 1, 0, 0, 0, 0, 1, 1], np.bool_)
    np.testing.assert_array_equal(np.flatnonzero(erased(anomalous, told)), [5, 6])
    assert not erased(np.zeros(5, np.bool_), np.zeros(5, np.bool_)).any()


def test_small_changes_keep_no_label_behind_a_coarse_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    def coarse(rng: np.random.Generator, values: np.ndarray) -> Sensor:
        del rng
        return Sensor(step=20 * float(np.ptp(values)), unit=1.0, offset=0.0)

    recipe = Recipe(normals=("plain_noise",), anomalies=("jump",))
    kept = [generate(np.random.default_rng(seed), 600, 1.0, recipe).label.any() for seed in range(10)]
    monkeypatch.setattr(Sensor, "draw", coarse)
    for seed in range(10):
        series = generate(np.random.default_rng(seed), 600, 1.0, recipe)
        assert series.types
        assert not (series.label | series.unclear | (series.kind > 0)).any()
    assert all(kept)
