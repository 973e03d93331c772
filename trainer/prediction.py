"""How well a series foretells its next point by itself."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spear_stream.core.records import Float64Array

ORDER = 32
"""Points that foretell the next one."""
FITTED = 3 * ORDER
"""Points that it is fitted to, at least."""
HISTORY = 2 * (ORDER + FITTED)
"""Points of which the errors can be told at all."""
RIDGE = 1e-3
"""Of the sum of squares of the points; seasons without noise leave the equations singular."""


def prediction_errors(history: Float64Array) -> Float64Array:
    """Absolute errors, in the second half of values (n,), of a linear prediction that is fitted to the first:
    to its own points any fits, noise too. Empty where those are too few, or too large to be squared.
    """
    half = len(history) // 2
    if len(history) < HISTORY:
        return np.empty(0)
    stretches = sliding_window_view(history - history[:half].mean(), ORDER + 1)
    fitted = stretches[: half - ORDER]
    with np.errstate(over="ignore", invalid="ignore"):
        products = fitted.T @ fitted
    if not np.isfinite(products).all():
        return np.empty(0)
    ridge = RIDGE * np.trace(products) / len(products) + np.finfo(np.float64).tiny
    coefficients = np.linalg.solve(products[:ORDER, :ORDER] + ridge * np.eye(ORDER), products[:ORDER, ORDER])
    foretold = stretches[half - ORDER :]
    return np.asarray(np.abs(foretold[:, ORDER] - foretold[:, :ORDER] @ coefficients))
