"""Scoring that survives windows the model fails on and batches that do not fit into memory."""

from typing import Protocol

import numpy as np

from spear_stream.core.errors import OutOfMemory, SpearError
from spear_stream.core.ports import Scorer
from spear_stream.core.records import Float32Array, ModelInfo, StructArray

UNSCORED = np.float32(np.nan)
"""Logit of a window that the model fails on: its series keeps its state, the point has no verdict."""


class FaultReport(Protocol):
    """Told of what went wrong and was dealt with."""

    def batch_split(self, windows: int) -> None:
        """A batch did not fit into memory; from now on none has more windows than this."""

    def unscorable(self, error: Exception) -> None:
        """The model failed on one window."""


class FittingScorer:
    """core.ports.Scorer around another one: a batch that does not fit into memory is scored in halves, and
    from then on none is larger than what did fit.
    """

    def __init__(self, scorer: Scorer, report: FaultReport) -> None:
        self._scorer = scorer
        self._report = report
        self._most = np.iinfo(np.int64).max

    def describe(self, prompt: int) -> ModelInfo:
        return self._scorer.describe(prompt)

    def score(self, windows: StructArray) -> Float32Array:
        """Raises OutOfMemory when not even one window fits."""
        logits, rest = np.empty(0, np.float32), windows
        while len(rest):
            size = self._most  # which may shrink in the attempt
            logits = np.concatenate([logits, self._attempt(rest[:size])])
            rest = rest[size:]
        return logits

    def _attempt(self, windows: StructArray) -> Float32Array:
        try:
            return self._scorer.score(windows)
        except OutOfMemory:
            if len(windows) == 1:
                raise
        # Outside of the handler: a traceback would keep the tensors of the failed attempt.
        self._most = min(self._most, (len(windows) + 1) // 2)
        self._report.batch_split(self._most)
        return self.score(windows)


class TolerantScorer:
    """core.ports.Scorer around another one: a batch that fails is scored again in halves, down to the
    windows at fault, which alone have the logit UNSCORED.

    That is no way out when the model itself is broken, so a window is at fault only while an empty one can
    be scored. Errors that name their cure are no fault of a window.
    """

    def __init__(self, scorer: Scorer, report: FaultReport) -> None:
        self._scorer = scorer
        self._report = report

    def describe(self, prompt: int) -> ModelInfo:
        return self._scorer.describe(prompt)

    def score(self, windows: StructArray) -> Float32Array:
        """Raises what the model raises when it is broken."""
        try:
            return self._scorer.score(windows)
        except SpearError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a model may raise
            if len(windows) == 1:
                self._require_sound_model(windows, error)
                self._report.unscorable(error)
                return np.full(1, UNSCORED, np.float32)
        # Outside of the handlers: a traceback would keep the tensors of the failed attempt.
        half = (len(windows) + 1) // 2
        return np.concatenate([self.score(windows[:half]), self.score(windows[half:])])

    def _require_sound_model(self, windows: StructArray, fault: Exception) -> None:
        """Raises `fault` when the prompt of the window scores nothing at all."""
        empty = np.zeros(1, windows.dtype)
        empty["prompt"], empty["fresh"] = windows["prompt"], 1
        try:
            self._scorer.score(empty)
        except Exception:  # noqa: BLE001 - as above
            raise fault from None
