"""From waiting windows to events, for a bounded time."""

from math import nan

import numpy as np

from spear_stream.core.batcher import Batch, Batcher
from spear_stream.core.control import Prompts
from spear_stream.core.fleet import Fleet
from spear_stream.core.outputs import Outputs
from spear_stream.core.ports import Ports
from spear_stream.core.records import Float32Array, Scored, StructArray
from spear_stream.core.rounds import groups


class Scoring:
    """Takes batches from the batcher, scores and judges them and publishes what comes of it."""

    def __init__(
        self, ports: Ports, fleet: Fleet, batcher: Batcher, outputs: Outputs, prompts: Prompts
    ) -> None:
        self._ports = ports
        self._fleet = fleet
        self._batcher = batcher
        self._outputs = outputs
        self._prompts = prompts

    def run(self, seconds: float, *, everything: bool) -> None:
        """Score what is due, or everything that waits; a batch that was begun in time is finished."""
        end = self._now() + seconds
        while self._wanted(everything=everything):
            self._score(self._batcher.take(self._now()))
            if self._now() >= end:
                return

    def _wanted(self, *, everything: bool) -> bool:
        return bool(self._batcher.pending) if everything else self._batcher.is_due(self._now())

    def _score(self, batch: Batch) -> None:
        windows, skipped = batch
        logits = self._logits(batch)
        scored, events = self._fleet.judge(windows, logits)
        self._outputs.reject(self._fleet.unscored(windows[~skipped], logits[~skipped]))
        if skipped.any():
            self._ports.telemetry.windows_skipped(int(skipped.sum()))
        known = ~np.isnan(logits)
        windows, scored = windows[known], Scored(scored.model[known], scored.score[known])
        fine = ~windows["coarse"]  # those of means have no score of their own
        self._tell(windows[fine], Scored(scored.model[fine], scored.score[fine]))
        self._outputs.publish(events)
        self._prompts.challenge(windows, scored, events)

    def _tell(self, windows: StructArray, scored: Scored) -> None:
        for prompt, rows in groups(windows, "prompt"):
            checkpoint = self._ports.scorer.describe(prompt).checkpoint
            self._ports.telemetry.judged(checkpoint, len(rows), float(scored.model[rows].sum()))
        if self._ports.recorder is not None:
            self._ports.recorder.scores(self._fleet.names(windows), windows, scored)

    def _logits(self, batch: Batch) -> Float32Array:
        """NaN for windows that are skipped."""
        logits, wanted = np.full(len(batch.windows), nan, np.float32), ~batch.skipped
        if wanted.any():
            started = self._now()
            with self._outputs.timed("score"):
                logits[wanted] = self._ports.scorer.score(batch.windows[wanted])
            self._ports.telemetry.scored(int(wanted.sum()), self._now() - started)
        return logits

    def _now(self) -> float:
        return self._ports.clock.monotonic()
