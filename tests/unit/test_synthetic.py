"""Synthetic series: labelled truthfully, endless and different."""

from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.kinds import KINDS
from spear_stream.core.quantizer import KNOWN
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec
from trainer import normal
from trainer.batches import BatchPlan, make_batch, quantize
from trainer.datasets import KINDS as DATA_KINDS
from trainer.injection import TYPES, inject
from trainer.placement import Place, foretold, in_gap
from trainer.recipe import Recipe
from trainer.synthetic import SyntheticSeries, generate

POINTS = 600
SPEC = WindowSpec()
PLAN = BatchPlan(series=3, windows_per_series=4, points=400)


def wave(seed: int) -> np.ndarray:
    """A noisy season: normal behaviour in which every kind of anomaly can be seen."""
    rng = np.random.default_rng(seed)
    return np.sin(np.arange(POINTS) / 10) + 0.1 * rng.normal(size=POINTS)


def steps(seed: int) -> np.ndarray:
    """The same between two levels."""
    return wave(seed) + 4 * (np.arange(POINTS) % 50 < 20)


def overlapping(seed: int) -> np.ndarray:
    """Seasons whose sum moves by far more from point to point than by its noise."""
    t = np.arange(POINTS)
    return wave(seed) + 3 * np.sin(2 * np.pi * t / 12) + 2 * np.sin(2 * np.pi * t / 7)


CLEAN = {in_gap: steps, foretold: overlapping}
"""Normal series for types that need another than wave()."""


def _spreads(values: np.ndarray) -> np.ndarray:
    """Of every 20 points."""
    return np.ptp(values.reshape(-1, 20), axis=1)


def made(seed: int, rate: float = 1.0) -> SyntheticSeries:
    return generate(np.random.default_rng(seed), POINTS, rate)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_an_injected_anomaly_differs_from_the_clean_twin_where_it_says(kind: str, sign: float) -> None:
    clean = wave(1)
    values = clean.copy()
    place = Place(start=300, end=340, local=0.1, reach=1.0, sign=sign, season=63, error=0.5)
    lasts = TYPES[kind].inject(np.random.default_rng(2), values, place)
    changed = values != clean
    assert not changed[:300].any()
    assert 1 <= lasts <= POINTS - 300
    assert changed[300 : 300 + lasts].mean() > 0.5


def test_labels_lie_where_the_values_were_changed() -> None:
    anywhere = tuple(name for name, one in TYPES.items() if one.history <= 150)
    for seed in range(50):
        clean = wave(seed)
        values, label, unclear, kind, types = inject(np.random.default_rng(seed), clean, 150, anywhere)
        changed = values != clean
        assert types
        np.testing.assert_array_equal(kind > 0, label | unclear)
        assert label.any()
        assert not (label & unclear).any()
        assert not changed[: np.flatnonzero(label | unclear)[0]].any()
        assert changed[label].mean() > 0.5


def test_the_clean_twin_itself_is_left_alone() -> None:
    clean = wave(3)
    before = clean.copy()
    inject(np.random.default_rng(0), clean, 150, tuple(TYPES))
    np.testing.assert_array_equal(clean, before)


def test_without_anomalies_nothing_is_labelled() -> None:
    series = made(5, rate=0.0)
    assert not series.label.any()
    assert not series.types


def test_series_are_what_the_daemon_can_read() -> None:
    for seed in range(40):
        series = made(seed)
        assert np.isfinite(series.values).all()
        assert (np.diff(series.ts) > 0).all()


def test_the_same_seed_gives_the_same_series_and_another_one_another() -> None:
    first, again, other = made(7), made(7), made(8)
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.label, again.label)
    assert not np.array_equal(first.values, other.values)


def test_series_are_diverse() -> None:
    several = [made(seed) for seed in range(200)]
    assert {kind for series in several for kind in series.types} == set(TYPES)
    assert len({int(np.median(np.diff(series.ts))) for series in several}) >= 5
    sizes = np.log10([np.ptp(series.values) for series in several])
    assert np.ptp(sizes) > 5


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    first = make_batch(SPEC, PLAN, seed=1, step=5)
    make_batch(SPEC, PLAN, seed=1, step=40)
    again = make_batch(SPEC, PLAN, seed=1, step=5)
    np.testing.assert_array_equal(first.codes, again.codes)
    np.testing.assert_array_equal(first.label, again.label)
    for seed, step in ((1, 6), (2, 5), (1, 21)):
        assert not np.array_equal(first.codes, make_batch(SPEC, PLAN, seed, step).codes)


def test_only_points_that_exist_and_have_a_clear_label_count() -> None:
    batch = make_batch(SPEC, BatchPlan(series=8, windows_per_series=8, points=400, young_share=0.5), 0, 0)
    assert batch.codes.shape == (64, SPEC.length, len(CHANNELS))
    silent = (batch.codes == PAD).all(axis=2)
    absent = silent & np.roll(silent, -KNOWN, axis=1)  # the very first points of a series are silent too
    assert absent.any()
    assert not (batch.label | batch.counts)[absent].any()
    assert 0.02 < batch.label[batch.counts].mean() < 0.6


def test_windows_hold_what_the_quantizer_of_the_daemon_makes() -> None:
    series = [made(seed) for seed in range(4)]
    together = quantize(SPEC, series)
    alone = np.concatenate([quantize(SPEC, [one]) for one in series])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_can_be_asked_for_alone_and_has_a_kind_of_alert(kind: str) -> None:
    for seed in range(5):
        clean = CLEAN.get(TYPES[kind].where, wave)(seed)
        found = inject(np.random.default_rng(seed), clean, 150, (kind,))
        assert set(found.types) == {kind}
        assert set(found.kind[found.label]) <= {1 + KINDS.index(TYPES[kind].kind)}


def test_a_drift_is_unclear_until_it_can_be_seen() -> None:
    found = inject(np.random.default_rng(0), wave(0), 150, ("slow_drift",))
    first = int(np.flatnonzero(found.values != wave(0))[0])
    assert found.unclear[first : first + 20].all()
    assert found.label[first + 20 :].any()


@pytest.mark.parametrize("seed", range(8))
def test_a_jump_is_steeper_than_the_series_ever_was_but_twice(seed: int) -> None:
    values = wave(5)
    usual = np.sort(np.abs(np.diff(values[:300])))
    values[100] += 9.0  # one before it makes no habit
    TYPES["jump"].inject(np.random.default_rng(seed), values, Place(300, 340, 0.1, 1.0, 1.0))
    assert usual[-3] < np.diff(values)[298:304].max() < 9.0


def test_a_missing_season_is_missing() -> None:
    values = wave(4)
    TYPES["missing_season"].inject(
        np.random.default_rng(0), values, Place(300, 400, 0.1, 1.0, 1.0, season=63)
    )
    assert values[300:400].std() < 0.5 * values[200:300].std()


@pytest.mark.parametrize("kind", normal.MAKERS)
def test_every_behaviour_can_be_asked_for_alone(kind: str) -> None:
    recipe = Recipe(normals=(kind,), anomalies=("all",), irregular_share=1.0)
    for seed in range(6):
        series = generate(np.random.default_rng(seed), POINTS, 0.5, recipe)
        assert np.isfinite(series.values).all()
        assert (np.diff(series.ts) > 0).all()
        assert np.ptp(series.values) > 0


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("counter", lambda v: (np.diff(v) < 0).mean() < 0.02),
        ("sparse_events", lambda v: (v == np.median(v)).mean() > 0.8),
        ("quantised", lambda v: len(np.unique(v)) <= 41),
        ("clipped", lambda v: max((v == v.min()).sum(), (v == v.max()).sum()) > 25),
        ("pulses", lambda v: np.abs(np.diff(v)).max() < 1.2 * np.ptp(v)),
        ("oscillation", lambda v: ((v[1:] > 0) != (v[:-1] > 0)).mean() > 0.01),
        ("activity", lambda v: _spreads(v).max() > 5 * _spreads(v).min()),
    ],
)
def test_behaviours_are_what_they_are_called(kind: str, holds: object) -> None:
    ts = 1_500_000_000_000 + 60_000 * np.arange(2000)
    for seed in range(5):
        assert holds(normal.normal_values(np.random.default_rng(seed), ts, 60, (kind,)))  # type: ignore[operator]


def test_everything_is_the_default() -> None:
    plain, named = made(9), generate(np.random.default_rng(9), POINTS, 1.0, Recipe(("all",), ("all",)))
    np.testing.assert_array_equal(plain.values, named.values)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"normals": ("sine",)}, "normals sine: expected all, or some of"),
        ({"anomalies": ()}, "anomalies is empty: expected all, or some of"),
        ({"irregular_share": 2.0}, "^irregular_share must be at least 0 and at most 1, got 2.0"),
        ({"inexact_share": -1}, "^inexact_share must be at least 0 and at most 1, got -1"),
    ],
)
def test_a_recipe_of_what_there_is_not_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_the_documentation_names_everything_that_can_be_chosen() -> None:
    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
    assert not {name for name in (*normal.MAKERS, *TYPES) if f"`{name}`" not in text}
    assert not {name for name in DATA_KINDS if f"`{name}:" not in text}
