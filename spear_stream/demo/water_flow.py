"""A real series with real anomalies: the water that flows through a branch of a pipeline."""

import numpy as np
from river.datasets import WaterFlow

from spear_stream.demo.generated import Recording

SERIES = "water-flow.litres_per_s"


def water_flow() -> Recording:
    """1,268 hourly values of two months of 2022, from the company Tecnojest; river carries them, no download.

    Four stretches are anomalous: three losses of water or works on the branch, and a peak of a pump.
    """
    rows = [(row["Time"].timestamp(), float(flow)) for row, flow in WaterFlow()]
    ts, value = np.array(rows).T
    return Recording(SERIES, (ts * 1000).astype(np.int64), value)
