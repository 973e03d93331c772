"""Trees that name the kinds of anomalies: the same as those of the library that learnt them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from shapes import NOISE, SPEC, window_of
from sklearn.ensemble import GradientBoostingClassifier

from spear_stream.core.errors import ConfigError
from spear_stream.core.kind_features import kind_features
from spear_stream.core.kinds import FIGURES, KINDS, KINDS_FILE, KindTrees, kind_trees
from trainer.kind_trees import as_trees, write_trees


@pytest.fixture(scope="module")
def learnt() -> tuple[GradientBoostingClassifier, np.ndarray]:
    """Trees over figures of which many are equal, so that thresholds fall on them."""
    figures = np.random.default_rng(0).integers(-20, 20, (600, len(FIGURES))).astype(np.float32) / 1000
    kinds = np.argmax(figures[:, :5] + figures[:, 1:6], axis=1)
    return GradientBoostingClassifier(n_estimators=20, max_depth=4, random_state=0).fit(
        figures, kinds
    ), figures


def test_exported_trees_say_the_same(
    learnt: tuple[GradientBoostingClassifier, np.ndarray], tmp_path: Path
) -> None:
    model, figures = learnt
    write_trees(tmp_path / "kinds.npz", as_trees(model))
    trees = kind_trees(tmp_path / "kinds.npz")
    sums = np.array([trees.sums(row) for row in figures])
    np.testing.assert_allclose(sums, model.decision_function(figures), atol=1e-5)
    told = [trees.kind_of(dict(zip(FIGURES, row.tolist(), strict=True))) for row in figures]
    assert told == [KINDS[place] for place in model.predict(figures)]


def test_the_trees_of_the_package_are_read_once() -> None:
    assert kind_trees() is kind_trees()
    assert kind_trees().names == FIGURES == tuple(kind_features(window_of(NOISE), SPEC, 0))


def figures_of_stored_codes() -> np.ndarray:
    """Of windows of the codes of test_quantizer.py, (windows, FIGURES)."""
    codes = np.load(Path(__file__).with_name("quantizer_codes.npz"))["codes"]
    windows = np.zeros(2 * codes.shape[1], SPEC.dtype)
    windows["points"], windows["fresh"], windows["shift"] = SPEC.length, 1, 3.0
    ends = (200, len(codes))
    windows["codes"] = [codes[end - SPEC.length : end, row] for row in range(codes.shape[1]) for end in ends]
    return np.array([list(kind_features(one, SPEC, 7).values()) for one in windows])


def test_figures_are_those_that_the_trees_were_learnt_from() -> None:
    """Other figures need other trees: make kinds, then store these anew."""
    stored = np.load(Path(__file__).with_name("kind_figures.npy"))
    np.testing.assert_allclose(figures_of_stored_codes(), stored, atol=0.002)


def damaged(path: Path, columns: Mapping[str, np.ndarray | None]) -> Path:
    """The trees of the package with other columns; None for none."""
    trees = {one.name: np.asarray(getattr(kind_trees(), one.name)) for one in fields(KindTrees)} | columns
    np.savez(path, allow_pickle=False, **{name: one for name, one in trees.items() if one is not None})
    return path


@pytest.mark.parametrize(
    "columns",
    [
        {"names": np.array(FIGURES[::-1])},
        {"names": None},
        {"right": None},
        {"more": np.zeros(3)},
        {"start": np.zeros(3)},
        {"right": np.full_like(kind_trees().right, 60_000)},
        {"feature": np.full_like(kind_trees().feature, len(FIGURES))},
        {"feature": np.zeros_like(kind_trees().feature)},
        {"roots": kind_trees().roots + len(kind_trees().feature)},
        {"number": kind_trees().number[1:]},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_trees_that_cannot_work_are_refused(columns: Mapping[str, np.ndarray | None], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kinds\.npz holds no trees .*install spear-stream anew"):
        kind_trees(damaged(tmp_path / "kinds.npz", columns))


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 not all of it", KINDS_FILE.read_bytes()[:90_000]])
def test_a_file_without_trees_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "kinds.npz").write_bytes(content)
    with pytest.raises(ConfigError, match=r"kinds\.npz holds no trees"):
        kind_trees(tmp_path / "kinds.npz")


def test_flipped_bits_are_no_crash(tmp_path: Path) -> None:
    content = KINDS_FILE.read_bytes()
    for place in range(60, len(content), len(content) // 40):
        path = tmp_path / f"{place}.npz"
        path.write_bytes(content[:place] + bytes([content[place] ^ 8]) + content[place + 1 :])
        with suppress(ConfigError):
            kind_trees(path)
