"""One score from three questions: unusual for this series, anomalous to the model, and never here before?"""

import numpy as np

from spear_stream.core.quantizer import novelty_of
from spear_stream.core.records import BoolArray, Float64Array, StructArray
from spear_stream.core.spec import WindowSpec

NEW = 2.0
"""Novelty from which a point counts as new without reserve."""


def evidence(surprise: Float64Array, probability: Float64Array, novelty: Float64Array) -> Float64Array:
    """Score in [0, 1] of points by the rarity of their logit (likelihood.py), their probability and novelty.

    A product: what this series has done before is no anomaly however far out it is, and what is only new
    or only rare is none either (docs/experiments.md).
    """
    return surprise * probability * np.minimum(novelty / NEW, 1.0)


def newest_novelty(windows: StructArray, spec: WindowSpec) -> Float64Array:
    """Largest novelty among the fresh points of each window; (n,).

    The published scaling knows of no novelty (unit_quantizer.py): every point counts as new there.
    """
    if spec.scaling == "unit":
        return np.full(len(windows), NEW)
    if len(windows) == 0:
        return np.empty(0)
    newest = int(windows["fresh"].max())
    found = novelty_of(windows["codes"][:, -newest:], spec.bins)
    return np.asarray(np.where(is_fresh(windows, newest), found, 0.0).max(axis=1))


def is_fresh(windows: StructArray, newest: int) -> BoolArray:
    """Which of the newest points of each window it is scored for; (n, newest)."""
    return np.asarray(np.arange(newest, 0, -1) <= windows["fresh"][:, None])
