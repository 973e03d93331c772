"""The detectors of all partitions a worker owns."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from spear_stream.core.detector import Detector, DetectorSettings
from spear_stream.core.records import (
    AlertEvent,
    Float32Array,
    ModelInfo,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)

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
        self._settings = settings
        self._prompt_of = prompt_of
        self._model_of = model_of
        self._report_split = report_split
        self._detectors: dict[TopicPartition, Detector] = {}
        self._by_owner: dict[int, Detector] = {}
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

    def assign(self, partition: TopicPartition) -> None:
        """Start with an empty detector; a partition that comes back starts anew."""
        owner, self._next_owner = self._next_owner, self._next_owner + 1
        detector = Detector(partition, owner, self._settings, self._prompt_of, self._model_of)
        self._detectors[partition] = self._by_owner[owner] = detector

    def remove(self, partition: TopicPartition) -> int:
        """Drop a partition; returns its handle. Raises KeyError if it is not ours."""
        owner = self._detectors.pop(partition).owner
        del self._by_owner[owner]
        return owner

    def observe(self, samples: SampleBatch, now_ms: int) -> Observation:
        """Raises KeyError if the samples' partition is not ours."""
        detector = self._detectors[samples.source]
        observed = detector.observe(samples, now_ms)
        self._find_split(detector)
        return observed

    def judge(self, windows: StructArray, logits: Float32Array) -> tuple[Scored, list[AlertEvent]]:
        """Scores row for row, and the events in the order of their partitions' windows."""
        model, score = np.empty(len(windows), np.float32), np.empty(len(windows), np.float64)
        events: list[AlertEvent] = []
        for owner in np.unique(windows["owner"]):
            rows = np.flatnonzero(windows["owner"] == owner)
            scored, raised = self._by_owner[int(owner)].judge(windows[rows], logits[rows])
            model[rows], score[rows] = scored.model, scored.score
            events += raised
        return Scored(model, score), events

    def names(self, windows: StructArray) -> list[str]:
        """The series of each window."""
        pairs = zip(windows["owner"].tolist(), windows["slot"].tolist(), strict=True)
        return [self._by_owner[owner].roster.name_of(slot) for owner, slot in pairs]

    def _find_split(self, detector: Detector) -> None:
        """Report series that are new here and known in another partition of this worker."""
        for series in detector.roster.take_fresh():
            others = [p for p, d in self._detectors.items() if d is not detector and series in d.roster]
            if others:
                self._report_split(series, [detector.source, *others])
