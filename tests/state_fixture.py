"""The stored state that tests/unit/test_state_versions.py reads; `python tests/state_fixture.py` writes it.

Once a version is released its files stay as they are; a new version gets files of its own. Until
then, run it after a change to a column.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from streams import SETTINGS, SPEC, START, Row, batch, make_detector, quiet, rows

from spear_stream.core.bursts import HEIGHTS
from spear_stream.core.detector import Detector
from spear_stream.core.envelope import VERSION
from spear_stream.core.ledger import Ledger
from spear_stream.core.records import Float32Array, StructArray
from spear_stream.core.stored import StoredState
from spear_stream.testing import StepScorer

FOLDER = Path(__file__).parent / "data" / "state"
STEPS = StepScorer(SPEC)
POINTS, SNAPSHOT_AT = 40, 48
SAMPLES = rows({"cpu": quiet(POINTS, {38: 50.0}), "höst": quiet(POINTS, seed=1)})
"""The jump of `cpu` comes after the snapshot: its alert is opened by the journal."""
LONG = rows({"cpu": quiet(120, {118: 50.0}), "höst": quiet(120, seed=1)})
"""Long enough for means of eight points, which version 7 had."""


def state() -> StoredState:
    """A snapshot after SNAPSHOT_AT records and a journal to the end."""
    return written(make_detector(), SAMPLES)


def bursting(*, bursts: bool) -> tuple[StoredState, Detector]:
    """The same of a series that bursts to heights of a heavy tail, and once more with its last point, the
    only one that the model takes for an anomaly; and the detector that wrote it.
    """
    values = np.array(quiet(900))
    values[60::60] += 50.0 * (1.0 + np.random.default_rng(1).pareto(1.0, 14))
    values[-1] = 2.0 * np.sort(values)[-HEIGHTS]
    detector = make_detector(replace(SETTINGS, rules=2 if bursts else 1))

    def logits(windows: StructArray) -> Float32Array:
        burst = (windows["offset"] == len(values) - 1) & ~windows["coarse"]
        return np.where(burst, 6.0, -4.0).astype(np.float32)

    return written(detector, rows({"cpu": values.tolist()}), logits), detector


def written(
    detector: Detector, told: list[Row], score: Callable[[StructArray], Float32Array] = STEPS.score
) -> StoredState:
    ledger = Ledger(detector)
    changes = []
    for first, last in ((0, SNAPSHOT_AT), (SNAPSHOT_AT, len(told))):
        samples = batch(told[first:last], first)
        ledger.journal.observed(samples, START)
        windows = detector.observe(samples, START).windows
        logits = score(windows)
        ledger.journal.judged(np.asarray(logits))
        detector.judge(windows, logits)
        change = ledger.change(last)
        assert change is not None
        changes.append(change.data)
    return StoredState(changes[0], changes[1:])


def detector_at_the_end(block: int) -> Detector:
    """Of the long samples, watched by means of so many points."""
    detector = make_detector(replace(SETTINGS, block=block))
    windows = detector.observe(batch(LONG), START).windows
    detector.judge(windows, StepScorer(detector.settings.spec).score(windows))
    return detector


def read(version: int, of: str = "") -> StoredState:
    """of: "-long", of LONG in place of SAMPLES; of version 7 alone."""
    snapshot, journal = (FOLDER / f"v{version}{of}-{kind}.bin" for kind in ("snapshot", "journal"))
    return StoredState(snapshot.read_bytes(), [journal.read_bytes()])


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    stored = state()
    (FOLDER / f"v{VERSION}-snapshot.bin").write_bytes(stored.snapshot)
    (FOLDER / f"v{VERSION}-journal.bin").write_bytes(stored.journal[0])
