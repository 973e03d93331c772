"""Point-wise areas under curves; inside wide label windows they are near chance, so never read them alone."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from spear_stream.core.records import BoolArray, Float64Array


@dataclass(frozen=True)
class PointFigures:
    """Areas in [0, 1]; nan where they are not defined."""

    auc_pr: float
    """Average precision; nan without anomalous points. A random score has `prevalence`."""
    auc_roc: float
    """nan unless there are both anomalous and normal points. A random score has 0.5."""
    prevalence: float
    """Share of anomalous points."""


def point_figures(label: BoolArray, score: Float64Array) -> PointFigures:
    """Figures of one series of at least one point. label, score: (n,); higher scores are more anomalous."""
    prevalence = float(np.mean(label))
    auc_pr = float(average_precision_score(label, score)) if prevalence > 0 else np.nan
    auc_roc = float(roc_auc_score(label, score)) if 0 < prevalence < 1 else np.nan
    return PointFigures(auc_pr, auc_roc, prevalence)
