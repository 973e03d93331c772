"""The detectors of all partitions a worker owns."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from spear_stream.core.dead_letters import unscored_point
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.identity import checkpoint_mark
from spear_stream.core.ledger import Ledger, Restored, restore
from spear_stream.core.records import (
    AlertEvent,
    DeadLetter,
    Float32Array,
    IndexArray,
    MarkArray,
    ModelInfo,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)
from spear_stream.core.rounds import groups
from spear_stream.core.shadow import Judged, Shadows
from spear_stream.core.stored import StateChange, StoredState
from spear_stream.core.tenants import Assignments

SplitReport = Callable[[str, Sequence[TopicPartition]], None]


class Fleet:
    """One Detector per partition; windows carry their partition's handle as `owner`."""

    def __init__(
        self,
        settings: DetectorSettings,
        prompt_of: Callable[[str], int],
        model_of: Callable[[int], ModelInfo],
        report_split: SplitReport,
    ) -> None:
        """prompt_of: prompt index of a series, until assign_prompts() says otherwise."""
        self._settings = settings
        self._assignments = Assignments({}, prompt_of)
        self._shadows = Shadows(model_of)
        self._model_of = model_of
        self._report_split = report_split
        self._detectors: dict[TopicPartition, Detector] = {}
        self._by_owner: dict[int, Detector] = {}
        self._ledgers: dict[int, Ledger] = {}
        self._next_owner = 0

    def __contains__(self, partition: TopicPartition) -> bool:
        return partition in self._detectors

    def __iter__(self) -> Iterator[TopicPartition]:
        return iter(self._detectors)

    @property
    def series(self) -> int:
        return sum(len(d.roster) for d in self._detectors.values())

    @property
    def state_bytes(self) -> int:
        return sum(d.state_bytes for d in self._detectors.values())

    def assign_prompts(self, assignments: Assignments) -> None:
        """From now on new windows of the series go to these prompts; the ones captured go where they were."""
        self._assignments = assignments
        for detector in self._detectors.values():
            detector.roster.reassign()
            self._shadows.enrol(detector, assignments)

    def owner_of(self, partition: TopicPartition) -> int:
        """The handle that windows of the partition carry. Raises KeyError if it is not ours."""
        return self._detectors[partition].owner

    def assign(self, partition: TopicPartition) -> None:
        """Start with an empty detector."""
        owner, self._next_owner = self._next_owner, self._next_owner + 1
        detector = self._new(partition, owner, self._settings)
        self._detectors[partition] = self._by_owner[owner] = detector

    def keep(
        self,
        partition: TopicPartition,
        stored: StoredState | None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Restored | None:
        """From now on `change` tells what to store of this partition, which goes on from `stored`.

        Raises what ledger.restore() raises, KeyError if the partition is not ours.
        """
        detector = self._detectors[partition]
        self._ledgers[detector.owner] = Ledger(detector)
        if stored is None:
            return None
        make = partial(self._new, partition, detector.owner)
        found = restore(stored, detector, make, stopped)
        self._shadows.enrol(detector, self._assignments)
        return found

    def change(self, partition: TopicPartition, offset: int) -> StateChange | None:
        """What to store so that another worker can go on at `offset`; None for a partition that keeps
        no state. Every window must have been judged.
        """
        ledger = self._ledgers.get(self._detectors[partition].owner)
        return None if ledger is None else ledger.change(offset)

    def remove(self, partition: TopicPartition) -> int:
        """Drop a partition; returns its handle. Raises KeyError if it is not ours."""
        owner = self._detectors.pop(partition).owner
        del self._by_owner[owner]
        self._ledgers.pop(owner, None)
        self._shadows.remove(owner)
        return owner

    def observe(self, samples: SampleBatch, now_ms: int) -> Observation:
        """Raises KeyError if the samples' partition is not ours."""
        detector = self._detectors[samples.source]
        if ledger := self._ledgers.get(detector.owner):
            ledger.journal.observed(samples, now_ms)
        observed = detector.observe(samples, now_ms)
        fresh = detector.roster.take_fresh()
        self._shadows.enrol_fresh(detector, self._assignments, fresh)
        self._find_split(detector, fresh)
        return observed

    def unscored(self, windows: StructArray, logits: Float32Array) -> list[DeadLetter]:
        """One letter for the newest point of each window without a logit; a coarse one is no point's."""
        return [
            unscored_point(self._by_owner[int(window["owner"])].source, name, window)
            for window in windows[np.isnan(logits) & ~windows["coarse"]]
            for name in self.names(window[np.newaxis])
        ]

    def judge(self, windows: StructArray, logits: Float32Array) -> tuple[Scored, list[AlertEvent]]:
        """Scores row for row, NaN of coarse windows; events in the order of their partitions' windows."""
        model, score = np.empty(len(windows), np.float32), np.empty(len(windows), np.float64)
        events: list[AlertEvent] = []
        marks = self._marks(windows["prompt"])
        for owner, rows in groups(windows, "owner"):
            if ledger := self._ledgers.get(owner):
                ledger.journal.judged(logits[rows], marks[rows])
            scored, raised = self._by_owner[owner].judge(windows[rows], logits[rows], marks[rows])
            model[rows], score[rows] = scored.model, scored.score
            events += raised
        return Scored(model, score), events

    def challenged(self, windows: StructArray) -> tuple[IndexArray, StructArray]:
        """Rows of windows that challengers are to score, and these windows with the challengers' prompts."""
        return self._shadows.challenged(windows)

    def judge_challenger(self, windows: StructArray, logits: Float32Array) -> Judged:
        """As judge(), for the challengers' logits; leaves all that is the champions' as it is."""
        return self._shadows.judge(windows, logits)

    def ended_challenges(self) -> list[AlertEvent]:
        """What ended of the challengers' alerts without a window of theirs (endings.py), told once."""
        return self._shadows.take_ended()

    def tenant(self, challenger: int) -> str:
        """The tenant of a challenger's prompt index. Raises KeyError."""
        return self._assignments.tenant(challenger)

    def names(self, windows: StructArray) -> list[str]:
        """The series of each window."""
        pairs = zip(windows["owner"].tolist(), windows["slot"].tolist(), strict=True)
        return [self._by_owner[owner].roster.name_of(slot) for owner, slot in pairs]

    def _new(self, partition: TopicPartition, owner: int, settings: DetectorSettings) -> Detector:
        return Detector(partition, owner, settings, partial(self._prompt_of, partition.topic), self._model_of)

    def _prompt_of(self, topic: str, series: str) -> int:
        return self._assignments.champion(topic, series)

    def _marks(self, prompts: np.ndarray) -> MarkArray:
        """Which checkpoint scored each row, see identity.py."""
        found, rows = np.unique(prompts, return_inverse=True)
        marks = [checkpoint_mark(self._model_of(prompt).checkpoint) for prompt in found.tolist()]
        return np.array(marks, np.uint32)[rows]

    def _find_split(self, detector: Detector, fresh: Sequence[str]) -> None:
        """Report series that are new here and known in another partition of the topic, if it is ours.

        Topics name their series without knowing of each other: two may have the same names.
        """
        here = detector.source
        ours = [p for p in self._detectors if p.topic == here.topic and p != here] if fresh else []
        for series in fresh:
            if others := [p for p in ours if series in self._detectors[p].roster]:
                self._report_split(series, [here, *others])
