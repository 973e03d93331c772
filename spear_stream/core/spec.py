"""The shape of a window; stored in every checkpoint, shared by daemon and trainer."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError

CHANNELS = ("level", "surge", "step", "season", "novelty")
"""Channels of one position, in the order of the codes; see quantizer.py for what each says."""
PAD = 0
"""Code of an absent value; value bins start at 1."""
GAP_TOKENS = 7
"""Codes bins + 1 ... bins + 7 of the step channel: a gap of 1.5 to 3, 3 to 6, ... usual intervals."""
LONGEST = 8192
"""Points of the longest window; a bound for what a foreign checkpoint can ask for, and for the hop: of points
farther back no window could tell."""
CALM_HOP = 8
"""Most points between two windows of a series in which nothing is new (gate.py), unless told otherwise."""


@dataclass(frozen=True)
class WindowSpec:
    """Quantizer and window settings a checkpoint was trained with.

    Two checkpoints can share a worker only when their specs are equal.
    """

    length: int = 128
    """Points per window (T)."""
    patch: int = 8
    """Points per input position of the model; divides `length`."""
    bins: int = 128
    """Uniform bins of the squashed value (N); codes 1..bins, 0 is PAD, above are gap tokens."""
    level_memory: int = 512
    """Points over which the slow centre and its robust scale forget."""
    tail_memory: int = 1024
    """Points over which the tail scales forget: how long a burst stays known."""
    min_points: int = 32
    """Points of a series before its first window is scored."""
    recent: int = 16
    """Raw points kept beside the codes: for what an alert tells of them and of its age (explain.py), for
    departures, bursts and how far the new points lie between two scores, and for scaling by the window."""
    scaling: Literal["robust", "unit", "window"] = "robust"
    """robust: all channels, see quantizer.py; unit: [0, 1] between the extremes so far, as published; window:
    by mean and deviation of the window itself, see window_scaling.py."""

    def __post_init__(self) -> None:
        check_numbers(self, "patch", least=1, most=LONGEST)
        check_numbers(self, "recent", least=2, most=LONGEST)  # the way back is told by two
        check_numbers(self, "level_memory", "tail_memory", least=1)
        check_numbers(self, "length", least=self.patch, most=LONGEST)
        if self.length % self.patch:
            raise ConfigError(f"window length {self.length} is no multiple of patch {self.patch}")
        check_numbers(self, "bins", least=8, most=255 - GAP_TOKENS)  # codes fit into a byte
        if self.scaling == "window" and self.recent < self.length:
            raise ConfigError(
                f"scaling by the window needs all its values: recent must be at least {self.length}, "
                f"got {self.recent}"
            )
        check_numbers(self, "min_points", least=2, most=self.length)

    @property
    def patches(self) -> int:
        """Input positions of a full window."""
        return self.length // self.patch

    def first_score(self, hop: int) -> int:
        """Points of a series after which it has its first score, with one every `hop` points."""
        return -(-self.min_points // hop) * hop

    @property
    def codes(self) -> int:
        """Distinct codes of one channel: PAD, the bins and the gap tokens."""
        return 1 + self.bins + GAP_TOKENS

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """One window, self-contained: a later point of the series does not change it.

        owner, slot: partition handle and row of the series in its detector; prompt: which
        checkpoint scores it; points: valid points, right-aligned; seen: points of the series by
        then, 0 in a coarse one; fresh: the newest of the valid ones, those since the window
        before, which this one is scored for; coarse: its points are means; block, since: the
        last coarse window due by then and the points since it (coarse.py); offset, ts, value:
        the newest point; centre, scale: what was known before it; shift: how far the level has
        moved from long_mean (shift.py); ordinary: how ordinary the farthest of the fresh points is
        among the bursts of the series (bursts.py); leaning: to which side the means lie that raise the
        score, 0 where none do (judge.py); tail: newest raw points.
        """
        return np.dtype(
            [
                ("owner", np.int32),
                ("slot", np.int32),
                ("prompt", np.int16),
                ("points", np.int16),
                ("seen", np.int64),
                ("fresh", np.int16),
                ("coarse", np.bool_),
                ("block", np.int32),
                ("since", np.int16),
                ("offset", np.int64),
                ("ts", np.int64),
                ("value", np.float64),
                ("centre", np.float64),
                ("scale", np.float64),
                ("shift", np.float32),
                ("long_mean", np.float64),
                ("ordinary", np.float32),
                ("leaning", np.float32),
                ("codes", np.uint8, (self.length, len(CHANNELS))),
                ("tail_ts", np.int64, (self.recent,)),
                ("tail_value", np.float64, (self.recent,)),
            ]
        )
