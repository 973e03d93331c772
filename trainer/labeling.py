"""Automatic labels of contextual anomalies on history that nobody has labelled (SPEAR, arXiv 2510.03962).

A point is labelled by the window that ends with it, so a label never looks ahead within the series. The
paper's four tests, on values scaled to [0, 1] over the whole series:

- trend: the slope of a linear regression over the window is beyond +-0.01 per point, p < 0.05
- spike: the newest |dx| is above mean + 3 standard deviations of the |dx| of the window
- shift: the means of the window's two halves differ, t-test, p < 0.05
- volatility: their variances differ, Levene's test around the median, p < 0.05

The window length is not published; 32 points here. On values that depend on their predecessors the tests
reject far more often than 5 %: that is the published rule, and `min_kinds` or a smaller p_value tame it.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError
from spear_stream.core.records import BoolArray, Float64Array

KINDS = ("trend", "spike", "shift", "volatility")
CHUNK = 8192
"""Windows tested at once: some 2 MB per copy."""


@dataclass(frozen=True)
class LabelRule:
    """Thresholds of the four tests, as published."""

    window: int = 32
    slope: float = 0.01
    p_value: float = 0.05
    deviations: float = 3.0
    """Standard deviations above the mean step from which a step is a spike."""
    kinds: tuple[str, ...] = KINDS
    min_kinds: int = 1
    """A point is anomalous when at least so many of the tests say so."""

    def __post_init__(self) -> None:
        check_numbers(self, "window", least=8)
        check_numbers(self, "p_value", above=0, below=1)
        check_numbers(self, "slope", least=0)
        check_numbers(self, "deviations", above=0)
        if unknown := sorted(set(self.kinds) - set(KINDS)):
            raise ConfigError(f"kind: no automatic label {unknown[0]!r}; there are {', '.join(KINDS)}")
        if not 1 <= self.min_kinds <= len(self.kinds):
            raise ConfigError(f"min_kinds must be 1 to {len(self.kinds)}, got {self.min_kinds}")


def label_kinds(values: Float64Array, rule: LabelRule) -> BoolArray:
    """Which tests the window ending at each point fails: (n,) to (n, len(rule.kinds)).

    The first window - 1 points have no window and no label.
    """
    found = np.zeros((len(values), len(rule.kinds)), np.bool_)
    end = rule.window - 1
    for windows in _chunks(scaled(values), rule.window):
        tested = np.stack([TESTS[kind](windows, rule) for kind in rule.kinds], axis=1)
        found[end : end + len(tested)] = tested
        end += len(tested)
    return found


def is_anomalous(kinds: BoolArray, rule: LabelRule) -> BoolArray:
    """(n, kinds) to (n,)."""
    return np.asarray(kinds.sum(axis=1) >= rule.min_kinds)


def scaled(values: Float64Array) -> Float64Array:
    """Values (n,) to [0, 1]; constant ones to 0."""
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    if not high > low:
        return np.zeros(len(values))
    with np.errstate(over="ignore"):  # a range beyond the largest float
        reach = high - low
    return np.asarray(
        (values - low) / reach if np.isfinite(reach) else (values / 2 - low / 2) / (high / 2 - low / 2)
    )


def _chunks(values: Float64Array, length: int) -> Iterator[Float64Array]:
    if len(values) < length:
        return
    windows = sliding_window_view(values, length)
    for start in range(0, len(windows), CHUNK):
        yield windows[start : start + CHUNK]


def _trend(windows: Float64Array, rule: LabelRule) -> BoolArray:
    time = np.broadcast_to(np.arange(windows.shape[1], dtype=np.float64), windows.shape)
    slope = (
        (windows - windows.mean(axis=1, keepdims=True))
        @ (time[0] - time[0].mean())
        / (windows.shape[1] * time[0].var())
    )
    # Of a regression on one variable the p values of slope and correlation are the same.
    steep: BoolArray = np.abs(slope) > rule.slope
    return steep & _significant(lambda: stats.pearsonr(time, windows, axis=1).pvalue, rule)


def _spike(windows: Float64Array, rule: LabelRule) -> BoolArray:
    steps = np.abs(np.diff(windows, axis=1))
    limit = steps.mean(axis=1) + rule.deviations * steps.std(axis=1)
    return np.asarray(steps[:, -1] > limit)


def _shift(windows: Float64Array, rule: LabelRule) -> BoolArray:
    first, second = _halves(windows)
    return _significant(lambda: stats.ttest_ind(first, second, axis=1).pvalue, rule)


def _volatility(windows: Float64Array, rule: LabelRule) -> BoolArray:
    first, second = _halves(windows)
    return _significant(lambda: stats.levene(first, second, axis=1).pvalue, rule)


def _halves(windows: Float64Array) -> tuple[Float64Array, Float64Array]:
    middle = windows.shape[1] // 2
    return windows[:, :middle], windows[:, middle:]


def _significant(p_value: Callable[[], Float64Array], rule: LabelRule) -> BoolArray:
    """Where p is below the threshold; a test that is not defined (constant halves) is not significant."""
    with np.errstate(all="ignore"), _quiet():
        return np.asarray(p_value() < rule.p_value)


def _quiet() -> "warnings.catch_warnings[None]":
    return warnings.catch_warnings(action="ignore")


TESTS: dict[str, Callable[[Float64Array, LabelRule], BoolArray]] = {
    "trend": _trend,
    "spike": _spike,
    "shift": _shift,
    "volatility": _volatility,
}
