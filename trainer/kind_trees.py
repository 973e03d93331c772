"""Trees of scikit-learn as plain arrays, which the daemon reads with numpy alone."""

import io
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from spear_stream.core.kinds import FIGURES, LEAF, KindTrees
from spear_stream.core.records import Float32Array
from trainer.outputs import write_bytes


def as_trees(model: GradientBoostingClassifier) -> KindTrees:
    """A model that was fitted to FIGURES and all KINDS."""
    trees = [one.tree_ for one in model.estimators_.ravel()]
    is_leaf = np.concatenate([tree.children_left for tree in trees]) == LEAF
    feature = np.concatenate([tree.feature for tree in trees])
    right = np.concatenate([tree.children_right - np.arange(tree.node_count) for tree in trees])
    found = KindTrees(
        names=FIGURES,
        start=np.zeros(len(model.classes_)),
        roots=np.cumsum([0, *(tree.node_count for tree in trees[:-1])]).astype(np.int32),
        feature=np.where(is_leaf, LEAF, feature).astype(np.int8),
        number=np.concatenate([_numbers(tree, model.learning_rate) for tree in trees]),
        right=np.where(is_leaf, 0, right).astype(np.uint16),
    )
    nothing = np.zeros(len(FIGURES), np.float32)
    return replace(found, start=model.decision_function(nothing[np.newaxis])[0] - found.sums(nothing))


def write_trees(path: Path, trees: KindTrees) -> None:
    """Replace a file in one step. Raises ConfigError when it cannot be written."""
    content = io.BytesIO()
    columns = {one.name: np.asarray(getattr(trees, one.name)) for one in fields(trees)}
    np.savez_compressed(content, allow_pickle=False, **columns)
    write_bytes(path, content.getvalue())


def _numbers(tree: Any, rate: float) -> Float32Array:
    """Thresholds, and at leaves what they add. Thresholds are rounded down: figures are in single precision
    too, so the same are up to them as before.
    """
    is_leaf = tree.children_left == LEAF
    inner = np.flatnonzero(~is_leaf)
    if not np.array_equal(tree.children_left[inner], inner + 1):
        raise ValueError("a left child does not follow its node: scikit-learn builds trees in another order")
    threshold = tree.threshold.astype(np.float32)
    threshold = np.where(threshold > tree.threshold, np.nextafter(threshold, np.float32(-np.inf)), threshold)
    return np.asarray(np.where(is_leaf, rate * tree.value[:, 0, 0], threshold), np.float32)
