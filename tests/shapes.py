"""Windows of series with a plain shape, made by the real detector."""

import numpy as np
from streams import START, batch, make_detector, rows

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.quantizer import Quantizer
from spear_stream.core.records import CodeArray, Float64Array
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec()
NOISE = np.random.default_rng(1).normal(size=300)


def window_of(values: Float64Array, spec: WindowSpec = SPEC) -> np.void:
    """The window that ends at the last value."""
    settings = DetectorSettings(spec, AlertPolicy(), max_future_ms=None)
    observed = make_detector(settings).observe(batch(rows({"a": values.tolist()})), START)
    window: np.void = observed.windows[-1]
    return window


def last_windows(values: Float64Array) -> CodeArray:
    """Codes of the last window of each series (rows), a point a minute; (n, length, channels)."""
    quantizer = Quantizer(SPEC)
    quantizer.table.resize(len(values))
    slots, minute = np.arange(len(values)), np.full(len(values), 60_000)
    codes = [quantizer.update(slots, minute * t, values[:, t]) for t in range(values.shape[1])]
    return np.stack(codes[-SPEC.length :], axis=1)


def jump(size: float, points: int) -> Float64Array:
    return np.concatenate([NOISE, size + np.random.default_rng(2).normal(size=points)])
