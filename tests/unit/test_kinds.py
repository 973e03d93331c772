"""Trees that name the kinds of anomalies: the same as those of the library that learnt them."""

from pathlib import Path

import numpy as np
import pytest
from shapes import NOISE, SPEC, window_of
from sklearn.ensemble import GradientBoostingClassifier

from spear_stream.core.kind_features import kind_features
from spear_stream.core.kinds import KINDS, kind_trees
from trainer.kind_trees import as_trees, write_trees

NAMES = tuple(f"figure_{number}" for number in range(6))


@pytest.fixture(scope="module")
def learnt() -> tuple[GradientBoostingClassifier, np.ndarray]:
    """Trees over figures of which many are equal, so that thresholds fall on them."""
    figures = np.random.default_rng(0).integers(-20, 20, (600, len(NAMES))).astype(np.float32) / 1000
    kinds = np.argmax(figures[:, :5] + figures[:, 1:], axis=1)
    return GradientBoostingClassifier(n_estimators=20, max_depth=4, random_state=0).fit(
        figures, kinds
    ), figures


def test_exported_trees_say_the_same(
    learnt: tuple[GradientBoostingClassifier, np.ndarray], tmp_path: Path
) -> None:
    model, figures = learnt
    write_trees(tmp_path / "kinds.npz", as_trees(model, NAMES))
    trees = kind_trees(tmp_path / "kinds.npz")
    sums = np.array([trees.sums(row) for row in figures])
    np.testing.assert_allclose(sums, model.decision_function(figures), atol=1e-5)
    told = [trees.kind_of(dict(zip(NAMES, row.tolist(), strict=True))) for row in figures]
    assert told == [KINDS[place] for place in model.predict(figures)]


def test_trees_refuse_figures_that_they_were_not_learnt_from(
    learnt: tuple[GradientBoostingClassifier, np.ndarray],
) -> None:
    trees = as_trees(learnt[0], NAMES)
    with pytest.raises(ValueError, match="make kinds"):
        trees.kind_of(dict.fromkeys(reversed(NAMES), 0.0))


def test_the_trees_of_the_package_read_what_windows_show() -> None:
    figures = kind_features(window_of(NOISE), SPEC, 0)
    assert tuple(figures) == kind_trees().names
    assert kind_trees() is kind_trees(), "read once"


def test_a_file_without_trees_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="kinds"):
        kind_trees(tmp_path / "kinds.npz")
