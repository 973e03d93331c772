"""What the codes of a point say about it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.novelty import SIZES
from spear_stream.core.quantizer import LEVEL, SEASON, STEP, SURGE, Quantizer, bin_distance, novelty_of
from spear_stream.core.records import CodeArray
from spear_stream.core.spec import GAP_TOKENS, PAD, WindowSpec

SPEC = WindowSpec()
MIDDLE = 1 + SPEC.bins // 2
MINUTE = 60_000
NOON = 1_700_049_600_000
STORED = Path(__file__).with_name("quantizer_codes.npz")


def codes_of(values: Sequence[float], ts: Sequence[int] | None = None) -> CodeArray:
    """Codes (points, channels) of one series, a point a minute."""
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(1)
    times = ts if ts is not None else [NOON + i * MINUTE for i in range(len(values))]
    slot = np.array([0])
    return np.concatenate(
        [quantizer.update(slot, np.array([t]), np.array([v])) for t, v in zip(times, values, strict=True)]
    )


def noise(points: int, seed: int = 0) -> list[float]:
    return [float(x) for x in np.random.default_rng(seed).normal(size=points)]


def test_codes_are_the_ones_checkpoints_were_trained_with() -> None:
    """Six series of all kinds with gaps; a checkpoint is worthless when a code changes its meaning."""
    stored = np.load(STORED)
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(6)
    slots = np.arange(6)
    for ts, values, codes in zip(stored["ts"], stored["values"], stored["codes"], strict=True):
        assert (quantizer.update(slots, ts, values) == codes).all()


def test_nothing_is_said_before_four_points() -> None:
    codes = codes_of([5.0, 6.0, 7.0, 5.0, 6.0])
    assert (codes[:4] == PAD).all()
    assert (codes[4] != PAD).all()


def test_a_higher_point_has_a_higher_code() -> None:
    before = noise(100)
    levels = [codes_of([*before, x])[-1, LEVEL] for x in (-30.0, -3.0, 0.0, 3.0, 30.0)]
    assert levels == sorted(set(levels))
    assert levels[0] < MIDDLE < levels[-1]


def test_a_lasting_change_becomes_usual_within_some_tens_of_points() -> None:
    codes = codes_of([*noise(300), *(x + 50 for x in noise(60, seed=1))])
    assert codes[300, LEVEL] > MIDDLE + SPEC.bins // 4
    assert abs(int(np.median(codes[-10:, LEVEL])) - MIDDLE) < SPEC.bins // 10


def test_a_burst_that_happened_before_is_less_of_a_surge() -> None:
    codes = codes_of([*noise(100), 50.0, *noise(100, seed=1), 50.0])
    assert codes[-1, SURGE] < codes[100, SURGE] - 5
    assert codes[-1, LEVEL] > SPEC.bins - 10, "the robust scale forgets single bursts"


def test_how_far_out_one_burst_was_does_not_hide_the_next() -> None:
    codes = codes_of([*noise(100), 1e6, *noise(100, seed=1), 1e3, *noise(100, seed=2), 1e3])
    assert codes[[100, 201], SURGE].tolist() == [SPEC.bins, SPEC.bins]
    assert codes[302, SURGE] > SPEC.bins - 30


def test_a_constant_that_begins_to_move_is_known_after_its_first_step() -> None:
    codes = codes_of([0.0] * 100 + [1.0] + [0.0, 0.0, 1.0] * 10)
    assert codes[100, SURGE] == SPEC.bins
    assert (codes[103:, SURGE] < SPEC.bins - 20).all()


def test_a_counter_that_resets_is_a_step_and_counts_on() -> None:
    counter = [float(7 * i) for i in range(200)]
    codes = codes_of(counter + counter[:50])
    assert codes[200, STEP] < codes[199, STEP]
    assert len(set(codes[230:, STEP])) == 1


@pytest.mark.parametrize(("intervals", "octave"), [(1, 0), (2, 1), (4, 2), (8, 3), (100_000, GAP_TOKENS)])
def test_a_gap_has_a_token_for_its_length(intervals: int, octave: int) -> None:
    times = [NOON + i * MINUTE for i in range(50)]
    codes = codes_of(noise(51), [*times, times[-1] + intervals * MINUTE])
    if octave:
        assert codes[-1, STEP] == SPEC.bins + octave
    else:
        assert codes[-1, STEP] <= SPEC.bins


def test_jitter_is_no_gap() -> None:
    rng = np.random.default_rng(0)
    times = NOON + np.cumsum(rng.integers(50_000, 70_000, 200))
    assert (codes_of(noise(200), times.tolist())[:, STEP] <= SPEC.bins).all()


def test_the_season_knows_the_hour_of_the_day() -> None:
    """A high noon every day is seasonal; at midnight the same value is not."""
    hours = np.arange(24 * 12)
    values = np.where(hours % 24 == 12, 100.0, 0.0) + np.random.default_rng(0).normal(size=len(hours))
    times = NOON - NOON % 86_400_000 + hours * 3_600_000
    at_noon = codes_of(values.tolist()[: 24 * 11 + 13], times.tolist()[: 24 * 11 + 13])[-1]
    at_one = codes_of([*values.tolist()[: 24 * 11 + 13], 100.0], times.tolist()[: 24 * 11 + 14])[-1]
    assert abs(int(at_noon[SEASON]) - MIDDLE) < 12
    assert at_one[SEASON] > MIDDLE + 20


def test_expected_centre_and_scale_are_in_the_unit_of_the_series() -> None:
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(1)
    slot = np.array([0])
    for i, x in enumerate(noise(500)):
        quantizer.update(slot, np.array([NOON + i * MINUTE]), np.array([1e6 + 1e3 * x]))
    centre, scale = quantizer.expect(slot)
    assert centre[0] == pytest.approx(1e6, abs=300)
    assert scale[0] == pytest.approx(800, rel=0.3)


def test_distance_of_a_code_is_the_middle_of_its_bin() -> None:
    codes = np.array([PAD, MIDDLE, 1, SPEC.bins, SPEC.bins + 1], np.uint8)
    distance = bin_distance(codes, SPEC.bins)
    assert distance[[0, 4]].tolist() == [0.0, 0.0]
    assert 0 < distance[1] < 0.1
    assert distance[2] == pytest.approx(-distance[3])
    assert 55 < distance[3] < 64


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_first_extreme_of_a_series_is_entirely_new(sign: int) -> None:
    """Whatever the first points of the series were, of which no scale was known."""
    codes = codes_of([*noise(100), sign * 1000.0])
    assert novelty_of(codes, SPEC.bins)[-1] > 0.9 * SIZES[0]
