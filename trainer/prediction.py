"""How well a series foretells its next point by itself."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spear_stream.core.records import Float64Array

ORDER = 32
"""Points that foretell the next one."""
LEAST = 3 * ORDER
"""Points that it is fitted to, at least."""
FEWEST = 2 * (ORDER + LEAST)
"""Points of which the errors can be told at all."""
RIDGE = 1e-3
"""Of the sum of squares of the points; seasons without noise leave the equations singular."""


def prediction_errors(history: Float64Array) -> Float64Array:
    """Absolute errors, in the second half of values (n,), of a linear prediction that is fitted to the first:
    to its own points any fits, noise too. Empty where those are too few.
    """
    half = len(history) // 2
    if len(history) < FEWEST:
        return np.empty(0)
    stretches = sliding_window_view(history - history[:half].mean(), ORDER + 1)
    fitted = stretches[: half - ORDER]
    products = fitted.T @ fitted
    ridge = RIDGE * np.trace(products) / len(products)
    among = products[:ORDER, :ORDER] + (ridge + np.finfo(np.float64).tiny) * np.eye(ORDER)
    coefficients = np.linalg.lstsq(among, products[:ORDER, ORDER])[0]
    foretold = stretches[half - ORDER :]
    return np.asarray(np.abs(foretold[:, ORDER] - foretold[:, :ORDER] @ coefficients))
