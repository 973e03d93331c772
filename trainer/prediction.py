"""How well a series foretells its next point by itself."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spear_stream.core.records import Float64Array

ORDER = 32
"""Points that foretell the next one."""
LEAST = 3 * ORDER
"""Points that are foretold, at least: fewer fit any prediction."""
RIDGE = 1e-3
"""Of the mean square of the points; seasons without noise leave the equations singular."""


def prediction_errors(history: Float64Array) -> Float64Array:
    """Absolute errors of a linear prediction that is fitted to values (n,), one per point behind the first
    ORDER; empty where too few are left.
    """
    if len(history) < ORDER + LEAST:
        return np.empty(0)
    stretches = sliding_window_view(history - history.mean(), ORDER + 1)
    products = stretches.T @ stretches
    ridge = RIDGE * np.trace(products) / len(products)
    among = products[:ORDER, :ORDER] + (ridge + np.finfo(np.float64).tiny) * np.eye(ORDER)
    coefficients = np.linalg.lstsq(among, products[:ORDER, ORDER])[0]
    return np.asarray(np.abs(stretches[:, ORDER] - stretches[:, :ORDER] @ coefficients))
