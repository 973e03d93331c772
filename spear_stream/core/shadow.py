"""Challengers in the shadow: they score the windows of the champion, with a calibration and alerts of
their own, and nothing of the champion depends on them.

Their state is in memory only: after a restart or a move to another worker it warms up anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from spear_stream.core.alerts import AlertBook
from spear_stream.core.detector import Detector
from spear_stream.core.judge import Judge
from spear_stream.core.likelihood import UNMARKED, YOUNG
from spear_stream.core.records import (
    AlertEvent,
    BoolArray,
    Float32Array,
    Float64Array,
    IndexArray,
    ModelInfo,
    StructArray,
)
from spear_stream.core.rounds import groups, rounds
from spear_stream.core.table import SeriesTable
from spear_stream.core.tenants import NO_PROMPT, Assignments


@dataclass(frozen=True, slots=True)
class Judged:
    """What a challenger made of its windows, row for row."""

    score: Float64Array
    ready: BoolArray
    """It has a score, and its calibration knows the series well enough for that to count."""
    events: Sequence[AlertEvent]


class ShadowBook:
    """The challengers' side of one partition's series; a row (slot) per series."""

    def __init__(self, detector: Detector, model_of: Callable[[int], ModelInfo]) -> None:
        settings = detector.settings
        spec, policy = settings.spec, settings.policy
        self._judging = Judge(spec, settings.block, settings.hop, learns_first=YOUNG)
        self._alerts = AlertBook(
            detector.source, spec, policy, settings.hop, detector.roster.name_of, model_of
        )
        self._challengers = SeriesTable(prompt=np.int16)
        self._tables = (
            *self._judging.tables.values(),
            self._alerts.table,
            self._challengers,
        )
        self._ended: list[AlertEvent] = []
        self._ending: dict[int, tuple[StructArray, str]] = {}
        """By slot, what ends once the challenger has judged this window, the last one before a silence."""

    def enrol(self, slots: IndexArray, prompts: IndexArray) -> None:
        """These series have these challengers now, NO_PROMPT for none: what another one knew is forgotten."""
        for table in self._tables:
            table.resize(int(slots.max(initial=-1)) + 1)
        changed = slots[self._challengers["prompt"][slots] != prompts + 1]
        for table in self._tables:
            table.clear(changed)
        self._challengers["prompt"][slots] = prompts + 1

    def forget(self, slots: IndexArray) -> None:
        """Rows that have other series now."""
        for table in self._tables:
            table.clear(slots[slots < table.rows])
        for slot in slots.tolist() if self._ending else ():
            self._ending.pop(slot, None)

    def challengers(self, slots: IndexArray) -> IndexArray:
        """Prompt index per series, NO_PROMPT where there is none."""
        return self._challengers["prompt"][slots].astype(np.intp) - 1

    def has_open(self, rows: int) -> BoolArray:
        """See endings.Shadow: this table may have more rows or fewer than those of the champions."""
        is_open = self._alerts.table["is_open"][:rows]
        return np.concatenate([is_open, np.zeros(rows - len(is_open), np.bool_)])

    def end(self, windows: StructArray, resolution: str, *, waits: bool = False) -> None:
        """See endings.Shadow."""
        if waits:
            self._ending |= {
                int(slot): (windows[row : row + 1], resolution) for row, slot in enumerate(windows["slot"])
            }
        else:
            self._ended += self._close(windows, resolution)

    def take_ended(self) -> list[AlertEvent]:
        """The events of end() since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def judge(self, windows: StructArray, logits: Float32Array) -> Judged:
        """In order per series. The first YOUNG scores of a series only calibrate."""
        slots, marks = windows["slot"].astype(np.intp), np.full(len(windows), UNMARKED, np.uint32)
        model, score, ready = expit(logits), np.empty(len(windows)), np.empty(len(windows), np.bool_)
        events: list[AlertEvent] = []
        for part in rounds(slots):
            seen = self._judging.likelihood.table["seen"][slots[part]]
            ready[part] = (seen >= YOUNG) & ~windows["coarse"][part]
            judged = windows[part]
            events += self._end_before(judged["slot"], judged["offset"])
            score[part] = self._judging.update(judged, logits[part], model[part], marks[part])
            known = ready[part]
            events += self._alerts.update(judged[known], score[part][known])
        events += self._end_before(slots, np.full(len(slots), np.inf))
        return Judged(score, ready, events)

    def _end_before(self, slots: np.ndarray, offsets: np.ndarray) -> list[AlertEvent]:
        """What was to end before windows of these offsets."""
        events: list[AlertEvent] = []
        for slot, offset in zip(slots.tolist(), offsets.tolist(), strict=True) if self._ending else ():
            if slot in self._ending and offset > self._ending[slot][0]["offset"][0]:
                events += self._close(*self._ending.pop(slot))
        return events

    def _close(self, windows: StructArray, resolution: str) -> list[AlertEvent]:
        ended = windows[self.has_open(int(windows["slot"].max(initial=-1)) + 1)[windows["slot"]]]
        ended["prompt"] = self.challengers(ended["slot"].astype(np.intp))
        return self._alerts.close(ended, resolution) if len(ended) else []


class Shadows:
    """The books of the partitions that have challengers."""

    def __init__(self, model_of: Callable[[int], ModelInfo]) -> None:
        self._model_of = model_of
        self._books: dict[int, ShadowBook] = {}

    def enrol(self, detector: Detector, assignments: Assignments) -> None:
        """Find the challenger of every series of a partition."""
        if not assignments.challenged:
            self.remove(detector.owner)
            detector.end_in(None)
            return
        self._enrol(self._book(detector), detector, assignments, list(detector.roster.members()))

    def enrol_fresh(self, detector: Detector, assignments: Assignments, fresh: Sequence[str]) -> None:
        """Series that are new in a partition, perhaps in rows that others had."""
        if not assignments.challenged or not fresh:
            return
        book = self._book(detector)
        members = [(detector.roster.slot_of(name), name) for name in fresh]
        book.forget(np.array([slot for slot, _ in members], np.intp))
        self._enrol(book, detector, assignments, members)

    def remove(self, owner: int) -> None:
        """A partition that is no longer ours, or has no challengers."""
        self._books.pop(owner, None)

    def challenged(self, windows: StructArray) -> tuple[IndexArray, StructArray]:
        """Rows that challengers are to score, and these windows with the challengers' prompts."""
        prompts = np.full(len(windows), NO_PROMPT, np.intp)
        for owner, book in self._books.items():
            rows = np.flatnonzero(windows["owner"] == owner)
            prompts[rows] = book.challengers(windows["slot"][rows].astype(np.intp))
        rows = np.flatnonzero(prompts != NO_PROMPT)
        challenged = windows[rows]
        challenged["prompt"] = prompts[rows]
        return rows, challenged

    def judge(self, windows: StructArray, logits: Float32Array) -> Judged:
        """Row for row; the events in the order of their partitions' windows."""
        score, ready = np.empty(len(windows)), np.empty(len(windows), np.bool_)
        events: list[AlertEvent] = []
        for owner, rows in groups(windows, "owner"):
            judged = self._books[owner].judge(windows[rows], logits[rows])
            score[rows], ready[rows] = judged.score, judged.ready
            events += judged.events
        return Judged(score, ready, events)

    def take_ended(self) -> list[AlertEvent]:
        """Of alerts that no window has ended, since the last call."""
        return [event for book in self._books.values() for event in book.take_ended()]

    def _book(self, detector: Detector) -> ShadowBook:
        if detector.owner not in self._books:
            self._books[detector.owner] = ShadowBook(detector, self._model_of)
            detector.end_in(self._books[detector.owner])
        return self._books[detector.owner]

    def _enrol(
        self,
        book: ShadowBook,
        detector: Detector,
        assignments: Assignments,
        members: Sequence[tuple[int, str]],
    ) -> None:
        prompts = [assignments.challenger(detector.source.topic, name) for _, name in members]
        book.enrol(np.array([slot for slot, _ in members], np.intp), np.array(prompts, np.intp))
