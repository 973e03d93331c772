"""Small recorders: several in the place of one, and the counts of a summary."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress

from spear_stream.core.dead_letters import LINE
from spear_stream.core.ports import Recorder
from spear_stream.core.records import AlertEvent, DeadLetter, Observation, SampleBatch, Scored, StructArray
from spear_stream.core.refusals import Refusal

MOST_WORST = 10


class Recorders:
    """A core.ports.Recorder that passes everything on, in the order given."""

    def __init__(self, recorders: Sequence[Recorder]) -> None:
        self._recorders = recorders

    def points(self, samples: SampleBatch, observed: Observation) -> None:
        for recorder in self._recorders:
            recorder.points(samples, observed)

    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        for recorder in self._recorders:
            recorder.rejected(letters)

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:
        for recorder in self._recorders:
            recorder.scores(names, windows, scored)

    def events(self, events: Sequence[AlertEvent]) -> None:
        for recorder in self._recorders:
            recorder.events(events)

    def flush(self) -> None:
        for recorder in self._recorders:
            recorder.flush()


class Counts:
    """A core.ports.Recorder that counts, and keeps what people want to see first."""

    def __init__(self) -> None:
        self.samples = 0
        """Points that came, used or not."""
        self.used = 0
        self.newest_ms = 0
        """Of all points, in milliseconds since the epoch."""
        self._order = RowOrder()
        self.windows = 0
        self.series: set[str] = set()
        self.refused: Counter[str] = Counter()
        """Dead letters by reason."""
        self.examples: dict[str, str] = {}
        """What was wrong with the first of every reason, for people."""
        self._severity: dict[str, str] = {}
        self._open: dict[str, AlertEvent] = {}
        """The newest event of each open alert."""
        self._ended: list[AlertEvent] = []
        """The last event of some that ended, the worst ones among them."""

    @property
    def first_refused(self) -> str:
        return next(iter(self.examples.values()), "")

    @property
    def by_series(self) -> bool:
        """All rows of a series came one behind the other, and then those of the next, of earlier times."""
        return self._order.back > 0 and self._order.changes < len(self.series)

    @property
    def useless(self) -> int:
        """Records that gave no point; one that the model failed on gave one."""
        return self.refused.total() - self.refused[Refusal.SCORER_FAILED]

    @property
    def opened(self) -> Counter[str]:
        """Alerts by the severity that they reached."""
        return Counter(self._severity.values())

    @property
    def worst(self) -> list[AlertEvent]:
        """The newest event of each of MOST_WORST alerts: those that are open first, then by their peaks."""
        return [*_by_peak(self._open.values()), *_by_peak(self._ended)][:MOST_WORST]

    @property
    def still_open(self) -> int:
        return len(self._open)

    def points(self, samples: SampleBatch, observed: Observation) -> None:
        self.samples += len(observed.accepted)
        self.used += int(observed.accepted.sum())
        self.newest_ms = max(self.newest_ms, int(samples.ts.max(initial=0)))
        self.series.update(samples.series)
        self._order.pass_by(
            compress(samples.series, observed.accepted), samples.ts[observed.accepted].tolist()
        )

    def rejected(self, letters: Sequence[DeadLetter]) -> None:
        self.refused.update(letter.reason for letter in letters)
        for letter in letters:
            if letter.reason not in self.examples:
                self.examples[letter.reason] = _told(letter)

    def scores(self, names: Sequence[str], windows: StructArray, scored: Scored) -> None:  # noqa: ARG002 - of the port
        self.windows += len(names)

    def events(self, events: Sequence[AlertEvent]) -> None:
        self._severity.update((event.alert_id, event.severity) for event in events)
        for event in events:
            if event.ended_at is None:
                self._open[event.alert_id] = event
            else:
                self._open.pop(event.alert_id, None)
                self._ended.append(event)
        if len(self._ended) > 100 * MOST_WORST:
            self._ended = _by_peak(self._ended)[:MOST_WORST]

    def flush(self) -> None:
        """Nothing is kept back."""


class RowOrder:
    """How often the series changes from one row to the next, and how often time goes back there."""

    def __init__(self) -> None:
        self.changes = self.back = 0
        self._series, self._ts = "", 0

    def pass_by(self, names: Iterable[str], ts: Iterable[int]) -> None:
        for name, at in zip(names, ts, strict=True):
            if self._series and name != self._series:
                self.changes += 1
                self.back += at < self._ts
            self._series, self._ts = name, at


def _told(letter: DeadLetter) -> str:
    placed = letter.detail.startswith(LINE)
    return letter.detail if placed else f"record {letter.offset + 1}, {letter.detail}"


def _by_peak(events: Iterable[AlertEvent]) -> list[AlertEvent]:
    """The highest first."""
    return sorted(events, key=lambda event: (-event.peak_score, event.started_at))
