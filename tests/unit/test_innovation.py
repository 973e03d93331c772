"""What the points of a window did not foretell: spikes amid larger steps, nothing that goes on as it did."""

import numpy as np
import pytest
import torch
from shapes import SPEC, last_windows

from spear_stream.core.quantizer import STEP, bin_distance
from spear_stream.core.records import Float64Array
from spear_stream.core.spec import PAD
from spear_stream.model.innovation import FEWEST, HELD_OUT, ORDER, innovation

POINTS = 600
SERIES = 20
FAR = 5.0
"""Usual errors that next to no noise reaches."""


def errors(values: Float64Array) -> Float64Array:
    """In usual errors, (n, points); nan where nothing is foretold."""
    error, known = innovation(torch.from_numpy(last_windows(values)), SPEC)
    return np.where(known.numpy(), np.abs(error.numpy()), np.nan)


def overlapping(seed: int = 0) -> Float64Array:
    """Seasons of 12, 24 and 168 points on a trend, with a little noise; (SERIES, POINTS)."""
    rng = np.random.default_rng(seed)
    t = np.arange(POINTS)
    waves = [np.sin(2 * np.pi * (t / period + rng.uniform(0, 1, (SERIES, 1)))) for period in (12, 24, 168)]
    return np.asarray(100 * sum(waves) + 0.5 * t + 4.0 * rng.normal(size=(SERIES, POINTS)))


def test_a_spike_smaller_than_usual_steps_is_far_off_what_was_foretold() -> None:
    usual = overlapping()
    spiked = usual.copy()
    spiked[:, -1] += 60.0
    steepest = np.abs(np.diff(usual)).max(axis=1)
    assert (steepest > 60.0).all()
    before, after = errors(usual)[:, -1], errors(spiked)[:, -1]
    assert before.mean() < 1.5
    assert after.mean() > FAR
    assert after.min() > before.max()
    steps = np.abs(bin_distance(last_windows(spiked)[:, -1, STEP], SPEC.bins))
    assert np.median(steps) < 2.0, "its step alone tells nothing"


@pytest.mark.parametrize("kind", ["trend", "noise", "wandering", "seasons"])
def test_what_goes_on_as_it_did_is_foretold(kind: str) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(SERIES, POINTS))
    values = {
        "trend": np.arange(POINTS) + noise,
        "noise": noise,
        "wandering": noise.cumsum(axis=1),
        "seasons": overlapping(),
    }[kind]
    assert np.nanmean(errors(values)[:, -HELD_OUT:] > FAR) < 0.02


def test_a_series_that_stands_still_has_no_errors() -> None:
    assert np.nanmax(errors(np.full((2, POINTS), 7.0))) < 0.01


def test_an_anomaly_as_long_as_what_is_held_out_is_not_foretold_by_itself() -> None:
    usual, other = overlapping(), overlapping()
    other[:, -HELD_OUT:] = other[:, :HELD_OUT]
    before = errors(usual)[:, :-HELD_OUT]
    after = errors(other)[:, :-HELD_OUT]
    np.testing.assert_array_equal(before, after)


def test_points_are_foretold_once_there_are_enough_to_fit_it_to() -> None:
    enough = ORDER + FEWEST + HELD_OUT
    for points, told in ((enough - 1, False), (enough, True)):
        windows = last_windows(overlapping())
        windows[:, : SPEC.length - points] = PAD
        _, known = innovation(torch.from_numpy(windows), SPEC)
        assert bool(known[:, -1].all()) is told
        assert bool(known.any()) is told
        assert not known[:, : SPEC.length - points + ORDER].any()


def test_a_window_shorter_than_the_prediction_is_silent() -> None:
    windows = torch.from_numpy(last_windows(overlapping())[:, -64:])
    error, known = innovation(windows, SPEC)
    assert error.shape == known.shape == (SERIES, 64)
    assert not known.any()
