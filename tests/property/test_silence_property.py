"""What a log tells of silence does not depend on how it is cut into polls, nor on when windows are judged.

Intervals are short for the silence: longer ones bound what a point adds to the time of the partition, and are
learnt within a poll.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import MINUTE, SETTINGS, START, Row, batch, make_detector

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.records import AlertEvent
from spear_stream.testing import StepScorer

SPIKE = 90.0
STRETCHES = st.lists(
    st.tuples(st.sets(st.integers(0, 2), min_size=1), st.integers(1, 45), st.booleans()),
    min_size=1,
    max_size=8,
)
"""Which series report in each stretch, its minutes, and whether the first of them spikes at its end."""
CUTS = st.lists(st.tuples(st.integers(1, 80), st.booleans()), max_size=20)
"""Points of each poll, and whether all that waits is judged behind it."""
IMPATIENT = replace(SETTINGS, silent_ms=20 * MINUTE, policy=AlertPolicy(no_data="info"))


def log_of(stretches: list[tuple[set[int], int, bool]]) -> list[Row]:
    noise, rows, minute = np.random.default_rng(0), list[Row](), 0
    for reporting, minutes, spikes in [({0, 1, 2}, 20, True), *stretches]:
        for nth in range(minutes):
            for series in sorted(reporting):
                high = SPIKE if spikes and nth == minutes - 1 and series == min(reporting) else 0.0
                rows.append((f"s{series}", START + minute * MINUTE, noise.normal() + high))
            minute += 1
    return rows


def events_of(log: list[Row], cuts: list[tuple[int, bool]]) -> dict[str, list[AlertEvent]]:
    """By series, in their order; one more point comes behind all that was judged."""
    detector, waiting, found = make_detector(IMPATIENT), list[np.ndarray](), list[AlertEvent]()
    ends = np.cumsum([size for size, _ in cuts]).tolist()
    for first, last in pairwise([0, *ends]):
        observed = detector.observe(batch(log[first:last], first), START + 10**9)
        waiting.append(observed.windows)
        found += observed.told
        if cuts[ends.index(last)][1] or last >= len(log):
            windows = np.concatenate(waiting)
            found += detector.judge(windows, StepScorer(SETTINGS.spec).score(windows))[1]
            waiting = []
    found += detector.observe(batch([("s3", log[-1][1], 0.0)], len(log)), START + 10**9).told
    return {name: [one for one in found if one.series == name] for name in ("s0", "s1", "s2")}


@settings(max_examples=40, deadline=None)
@given(STRETCHES, CUTS)
def test_a_log_tells_the_same_however_it_is_cut(
    stretches: list[tuple[set[int], int, bool]], cuts: list[tuple[int, bool]]
) -> None:
    log = log_of(stretches)
    assert events_of(log, [*cuts, (len(log), True)]) == events_of(log, [(len(log), True)])


def test_such_logs_tell_of_silence() -> None:
    log = log_of([({1, 2}, 45, False), ({0, 1}, 30, True), ({0, 1, 2}, 5, False)])
    told = events_of(log, [(len(log), True)])
    assert [(event.kind == "no_data", event.type, event.resolution) for event in told["s0"][:4]] == [
        (False, "opened", None),
        (False, "closed", "silent"),
        (True, "opened", None),
        (True, "closed", "recovered"),
    ]
    assert [event.kind for event in told["s2"]] == ["no_data"] * 2
