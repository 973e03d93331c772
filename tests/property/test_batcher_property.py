"""The batcher loses nothing, doubles nothing and keeps the order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spear_stream.core.batcher import Batch, Batcher, BatchLimits
from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec

SPEC = WindowSpec(length=64, patch=4, min_points=8)
rows = st.lists(st.integers(0, 3), max_size=30)
limits = st.builds(
    BatchLimits,
    max_windows=st.integers(1, 20),
    max_tokens=st.integers(1, 200),
    max_delay=st.sampled_from([0.0, 0.5, 10.0]),
    max_pending=st.integers(1, 40),
    skip_after=st.sampled_from([None, 0.0, 0.5, 2.0]),
)


def windows(slots: list[int], first: int) -> StructArray:
    made = np.zeros(len(slots), SPEC.dtype)
    made["slot"], made["coarse"] = np.array(slots, int) // 2, np.array(slots, int) % 2
    made["offset"] = np.arange(first, first + len(slots))
    return made


def cost(batch: StructArray) -> int:
    return len(batch) * (BatchLimits.prompt_positions + SPEC.patches)


@settings(deadline=None)
@given(limits, st.lists(st.tuples(rows, st.floats(0, 1)), max_size=12))
def test_every_window_comes_out_once_and_in_order_and_the_newest_of_a_series_is_scored(
    limits: BatchLimits, arrivals: list[tuple[list[int], float]]
) -> None:
    batcher, now, added = Batcher(SPEC, limits), 0.0, 0
    batches: list[Batch] = []
    for slots, later in arrivals:
        now += later
        batcher.add(windows(slots, added), now)
        added += len(slots)
        while batcher.is_due(now):
            batches.append(batcher.take(now))
        assert batcher.pending < limits.max_windows
        assert not batcher.laden
        assert batcher.patience(now) > 0
    while batcher.pending:
        batches.append(batcher.take(now + 3.0))
    found = [offset for batch in batches for offset in batch.windows["offset"]]
    assert found == list(range(added))
    for batch in batches:
        scored = batch.windows[~batch.skipped]
        assert len(scored) <= limits.max_windows
        assert len(scored) <= 1 or cost(scored) <= limits.max_tokens
    last = {
        (slot, coarse): skip
        for batch in batches
        for slot, coarse, skip in zip(
            *(batch.windows[name] for name in ("slot", "coarse")), batch.skipped, strict=True
        )
    }
    assert not any(last.values())
    if limits.skip_after is None:
        assert not any(batch.skipped.any() for batch in batches)
