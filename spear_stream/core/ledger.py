"""The stored state of one partition: what a commit adds to it, and how it is read back."""

from collections.abc import Callable
from dataclasses import dataclass

from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import BURSTS_SINCE, DetectorSettings
from spear_stream.core.errors import StateError, Stopped
from spear_stream.core.journal import Journal, Replay
from spear_stream.core.records import TopicPartition
from spear_stream.core.snapshot import decode_snapshot, encode_snapshot, load_state
from spear_stream.core.spec import WindowSpec
from spear_stream.core.stored import DetectorState, StateChange, StoredState

LEAST_JOURNAL = 1_000_000
"""Bytes of journal that are worth keeping however small the snapshot is."""
JOURNAL_SHARE = 0.25
"""Bytes of journal per byte of snapshot: replaying a byte takes several times as long as loading one."""
RECORD_COST = 10_000
"""Bytes that a journal record counts for beside its own: replaying a nearly empty one takes as long
as reading these."""

MEANS = {"coarse", "coarse_quantizer", "coarse_likelihood", "coarse_evidence", "judge"}
"""Tables of what is known of a series by the means of its points."""
BURSTS = {"bursts"}
"""Tables of the heights of its bursts."""
GATES = {"gate", "coarse_gate"}
"""Tables of how long nothing was new of it."""

MakeDetector = Callable[[DetectorSettings], Detector]


@dataclass(frozen=True)
class Restored:
    """What a partition's stored state brought back."""

    offset: int
    """The next record to observe; earlier ones are in the state."""
    series: int


class Ledger:
    """A snapshot first, then a journal until it has cost a share of the snapshot, then a snapshot.

    So the bytes written and the time of a restore are in proportion to the points and the series,
    whatever the load (docs/adr/0003-state.md).
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.journal = Journal()
        self._room = 0
        """Cost of journal that still fits before the next snapshot."""
        self._offset: int | None = None

    def change(self, offset: int) -> StateChange | None:
        """What to store now; None when nothing happened since the last call, as when a commit is tried again.

        offset: the next record to observe. Every window must have been judged.
        """
        if offset == self._offset and self.journal.empty:
            return None
        self._offset = offset
        source = self._detector.source
        if self._room > 0:
            data = self.journal.take(offset)
            self._room -= len(data) + RECORD_COST
            return StateChange(source, data, snapshot=False)
        self.journal.restart()
        data = encode_snapshot(self._detector, offset)
        self._room = max(LEAST_JOURNAL, int(JOURNAL_SHARE * len(data)))
        return StateChange(source, data, snapshot=True)


def restore(
    stored: StoredState,
    detector: Detector,
    make: MakeDetector,
    stopped: Callable[[], bool] = lambda: False,
) -> Restored:
    """Bring `detector`, which knows no series yet, to the state that was stored; `make` gives one with other
    settings for the replay.

    stopped: asked before everything that takes long. Raises Stopped when it says so, StateError, naming the
    partition and the cure.
    """
    try:
        _go_on(stopped)
        snapshot = decode_snapshot(stored.snapshot)
        _require_spec(snapshot.settings.spec, detector.settings.spec)
        replayed = make(snapshot.settings)
        load_state(snapshot.state, replayed)
        replay, offset = Replay(replayed), snapshot.offset
        for record in stored.journal:
            _go_on(stopped)
            offset = replay.apply(record)
        load_state(_with_new_tables(replayed.state(), snapshot.settings, detector), detector)
    except StateError as error:
        raise StateError(f"{_where(detector.source, stored)}: {error}; {CURE}") from error
    return Restored(offset, len(detector.roster))


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise Stopped("asked to stop before its state was restored")


def _with_new_tables(state: DetectorState, before: DetectorSettings, detector: Detector) -> DetectorState:
    """What state of earlier settings does not tell begins anew: means of other blocks, bursts, gates."""
    new: set[str] = set()
    if before.block != detector.settings.block:
        new |= MEANS
    if before.rules < BURSTS_SINCE:
        new |= BURSTS
    new |= GATES - state.tables.keys()
    tables = {name: table for name, table in detector.tables.items() if name in new}
    for table in tables.values():
        table.resize(len(state.roster.names))
    kept = {name: columns for name, columns in state.tables.items() if name not in new}
    return DetectorState(state.roster, kept | {name: table.state() for name, table in tables.items()})


CURE = (
    "run the version and the checkpoint that wrote it, or set SPEAR_KAFKA__STATE_TOPIC to an empty topic "
    "and let the series warm up anew"
)


def _require_spec(found: WindowSpec, wanted: WindowSpec) -> None:
    if found != wanted:
        raise StateError(f"it is of other windows than the checkpoint's: {found}, not {wanted}")


def _where(partition: TopicPartition, stored: StoredState) -> str:
    found = f" ({stored.where})" if stored.where else ""
    return f"state of {partition.topic} partition {partition.partition}{found}"
