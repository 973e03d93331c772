"""Where an injected anomaly goes and how large it is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spear_stream.core.records import Float64Array


@dataclass(frozen=True)
class Place:
    """Both relative to the series: `local` is the usual change between points, `reach` the largest
    distance from the median so far.
    """

    start: int
    end: int
    local: float
    reach: float
    sign: float


Injector = Callable[[np.random.Generator, Float64Array, Place], int]
"""Changes the values in place and returns how many points from the start are not normal."""
