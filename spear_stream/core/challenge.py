"""The windows of a batch once more, for the challengers."""

from collections.abc import Sequence

import numpy as np

from spear_stream.core.comparison import Comparison, hot_counts
from spear_stream.core.control import RolloutTelemetry
from spear_stream.core.fleet import Fleet
from spear_stream.core.no_data import NO_DATA
from spear_stream.core.ports import Scorer, Sink
from spear_stream.core.records import AlertEvent, Float64Array, IndexArray, Scored, StructArray
from spear_stream.core.roles import Role
from spear_stream.core.rounds import groups
from spear_stream.core.shadow import Judged


class Challenge:
    """Scores what challengers are to score, after the champion's events are published.

    In a batch of its own, not in the champion's: whatever a challenger does to it, the champion's went
    through. A challenger that gives no finite scores is left out from then on.
    """

    def __init__(
        self, scorer: Scorer, fleet: Fleet, sink: Sink, telemetry: RolloutTelemetry, open_score: float
    ) -> None:
        """sink: where would-be alerts go. open_score: the score that opens an alert."""
        self._scorer = scorer
        self._fleet = fleet
        self._sink = sink
        self._telemetry = telemetry
        self._open_score = open_score
        self._failed: set[str] = set()
        """Checkpoints."""

    def take(self, windows: StructArray, scored: Scored, events: Sequence[AlertEvent]) -> None:
        """windows, scored and events: of the champions."""
        if ended := self._fleet.ended_challenges():
            self._sink.publish(ended)
        rows, challenged = self._fleet.challenged(windows)
        for prompt, at in groups(challenged, "prompt"):
            checkpoint = self._scorer.describe(prompt).checkpoint
            if checkpoint not in self._failed:
                self._score(prompt, challenged[at], scored.score[rows[at]], events)

    def _score(
        self, prompt: int, windows: StructArray, champion: Float64Array, events: Sequence[AlertEvent]
    ) -> None:
        checkpoint = self._scorer.describe(prompt).checkpoint
        try:
            logits = self._scorer.score(windows)
        except Exception as error:  # noqa: BLE001 - whatever it is, the champions go on
            self._failed.add(checkpoint)
            self._telemetry.control_trouble("challenger_failed", f"{checkpoint}: {error}")
            return
        judged = self._fleet.judge_challenger(windows, logits)
        self._sink.publish(judged.events)
        self._telemetry.challenged(self._compared(prompt, windows, judged, champion, events))

    def _compared(
        self,
        prompt: int,
        windows: StructArray,
        judged: Judged,
        champion: Float64Array,
        events: Sequence[AlertEvent],
    ) -> Comparison:
        ready = np.flatnonzero(judged.ready)
        one, other = champion[ready], judged.score[ready]
        return Comparison(
            tenant=self._fleet.tenant(prompt),
            checkpoint=self._scorer.describe(prompt).checkpoint,
            windows=hot_counts(one >= self._open_score, other >= self._open_score),
            distances=np.abs(one - other),
            opened={
                Role.CHAMPION: self._opened(windows, ready, events),
                Role.CHALLENGER: sum(event.type == "opened" for event in judged.events),
            },
        )

    def _opened(self, windows: StructArray, ready: IndexArray, events: Sequence[AlertEvent]) -> int:
        """Anomalies for which the champion opened alerts on windows that the challenger could have, too."""
        opened = {event.series for event in events if event.type == "opened" and event.kind != NO_DATA}
        return len(opened & set(self._fleet.names(windows[ready]))) if opened else 0
