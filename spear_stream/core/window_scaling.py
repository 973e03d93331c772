"""Codes of a window from its own values: distance from its mean in its standard deviations.

What a statistical test of halves says of a window stays the same when all its values are moved or stretched,
and so do these codes, whatever the series did before. A series that drifts or once had an artefact is as
finely binned as any other. Only the level channel speaks; of a window without variance nothing does.
"""

import numpy as np

from spear_stream.core.quantizer import LARGEST, LEVEL, RELATIVE_FLOOR, TINY, binned
from spear_stream.core.records import BoolArray, CodeArray, Float64Array
from spear_stream.core.spec import CHANNELS, PAD, WindowSpec


def window_codes(spec: WindowSpec, values: Float64Array, known: BoolArray) -> CodeArray:
    """values, known: (n, length), false where the window has no point. Returns (n, length, channels)."""
    x = np.where(known, np.clip(values, -LARGEST, LARGEST), 0.0)
    points = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = x.sum(axis=1, keepdims=True) / points
    distance = np.where(known, x - mean, 0.0)
    deviation = np.sqrt((distance**2).sum(axis=1, keepdims=True) / points)
    varies = deviation > RELATIVE_FLOOR * np.abs(mean) + TINY
    codes = np.full((*values.shape, len(CHANNELS)), PAD, np.uint8)
    codes[..., LEVEL] = binned(distance / np.where(varies, deviation, 1.0), known & varies, spec.bins)
    return codes
