"""Codes do not depend on the unit of a series, nor on what is quantized beside it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spear_stream.core.quantizer import DISTANCES, Quantizer
from spear_stream.core.records import CodeArray, Float64Array
from spear_stream.core.spec import PAD, WindowSpec

SPEC = WindowSpec()
POINTS = 100
quick = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def noisy(seed: int, points: int = POINTS) -> Float64Array:
    """Noise with heavy tails around a level that moves at times."""
    rng = np.random.default_rng(seed)
    level = np.cumsum((rng.random(points) < 0.02) * rng.normal(0, 10, points))
    return level + rng.standard_t(2, points)


def codes_of(values: Float64Array) -> CodeArray:
    """values: (points, series) -> codes (points, series, channels), a point a minute."""
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(values.shape[1])
    slots = np.arange(values.shape[1])
    times = 1_700_000_000_000 + 60_000 * np.arange(len(values))
    return np.stack(
        [quantizer.update(slots, np.full(len(slots), t), v) for t, v in zip(times, values, strict=True)]
    )


def furthest(one: CodeArray, other: CodeArray) -> int:
    """Among the distances: rounding may put a point into the next cell of novelty."""
    return int(np.abs(one.astype(int) - other.astype(int))[..., :DISTANCES].max())


@quick
@given(seeds, st.integers(-30, 40))
def test_a_power_of_two_as_unit_changes_no_code(seed: int, exponent: int) -> None:
    values = noisy(seed)[:, None]
    assert (codes_of(values * 2.0**exponent) == codes_of(values)).all()


@quick
@given(seeds, st.floats(1e-9, 1e12), st.sampled_from([-1, 1]))
def test_any_other_unit_moves_codes_by_rounding_only(seed: int, unit: float, sign: int) -> None:
    values = noisy(seed)[:, None]
    plain, scaled = codes_of(values), codes_of(sign * unit * values)
    mirrored = np.where(plain > PAD, SPEC.bins + 1 - plain.astype(int), PAD)
    assert furthest(scaled, plain if sign > 0 else mirrored.astype(np.uint8)) <= 1


@quick
@given(seeds, st.floats(-1e4, 1e4))
def test_an_offset_moves_codes_by_rounding_only(seed: int, offset: float) -> None:
    values = noisy(seed)[:, None]
    assert furthest(codes_of(values + offset), codes_of(values)) <= 1


@quick
@given(st.lists(seeds, min_size=2, max_size=20))
def test_codes_do_not_depend_on_the_series_beside(chosen: list[int]) -> None:
    together = np.stack([noisy(seed, 60) for seed in chosen], axis=1)
    alone = np.concatenate([codes_of(together[:, i : i + 1]) for i in range(len(chosen))], axis=1)
    assert (codes_of(together) == alone).all()


@quick
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_constant_series_stays_in_the_middle(value: float) -> None:
    codes = codes_of(np.full((40, 1), value))
    assert (codes[:4] == PAD).all()
    assert (codes[4:, :, :DISTANCES] == 1 + SPEC.bins // 2).all()
