"""The batcher loses nothing, doubles nothing and keeps the order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spear_stream.core.batcher import PROMPT_POSITIONS, Batcher, BatchLimits
from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=64, patch=4, min_points=8)
parts = st.lists(st.integers(1, SPEC.length), max_size=30)
limits = st.builds(
    BatchLimits,
    max_windows=st.integers(1, 20),
    max_tokens=st.integers(1, 200),
    max_delay=st.sampled_from([0.0, 0.5, 10.0]),
    max_pending=st.integers(1, 40),
)


def windows(points: list[int], first: int) -> StructArray:
    made = np.zeros(len(points), SPEC.dtype)
    made["points"] = points
    made["offset"] = np.arange(first, first + len(points))
    return made


def cost(batch: StructArray) -> int:
    return len(batch) * (PROMPT_POSITIONS + SPEC.patches)


@settings(deadline=None)
@given(limits, st.lists(st.tuples(parts, st.floats(0, 1)), max_size=12))
def test_every_window_comes_out_once_and_in_order(
    limits: BatchLimits, arrivals: list[tuple[list[int], float]]
) -> None:
    batcher, now, added = Batcher(SPEC, limits), 0.0, 0
    batches = []
    for points, later in arrivals:
        now += later
        batcher.add(windows(points, added), now)
        added += len(points)
        batches += list(batcher.due(now))
        assert batcher.pending < limits.max_windows
        assert not batcher.overloaded
        assert batcher.patience(now) > 0
    batches += list(batcher.drain())
    assert batcher.pending == 0
    assert [offset for batch in batches for offset in batch["offset"]] == list(range(added))
    for batch in batches:
        assert 1 <= len(batch) <= limits.max_windows
        assert len(batch) == 1 or cost(batch) <= limits.max_tokens
