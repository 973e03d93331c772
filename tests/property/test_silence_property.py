"""What a log tells of silence does not depend on how it is cut into polls, nor on when windows are judged,
in which parts, and whether some of them are skipped.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import METRICS, MINUTE, SETTINGS, START, Row, batch, make_detector

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.detector import Detector
from spear_stream.core.records import AlertEvent, SampleBatch, StructArray
from spear_stream.testing import StepScorer

SPIKE = 90.0
STRETCHES = st.lists(
    st.tuples(st.sets(st.integers(0, 2), min_size=1), st.integers(1, 45), st.booleans()),
    min_size=1,
    max_size=8,
)
"""Which series report in each stretch, its minutes, and whether the first of them spikes at its end."""
CUTS = st.lists(st.tuples(st.integers(1, 80), st.sampled_from([0, 1, 30, 10**6])), max_size=20)
"""Points of each poll, and how many windows are judged at once behind it, of all that wait; 0: none."""
EVERY = st.sampled_from([1, 2, 60])
"""Minutes between the points of a series; its usual interval may be longer than the silence."""
IMPATIENT = replace(SETTINGS, silent_ms=20 * MINUTE, policy=AlertPolicy(no_data="info"))
ALL = 10**6


def log_of(stretches: list[tuple[set[int], int, bool]], every: int = 1) -> list[Row]:
    """Series report one after the other; the last one says each of its points twice."""
    noise, rows, minute = np.random.default_rng(0), list[Row](), 0
    for reporting, minutes, spikes in [({0, 1, 2}, 20, True), *stretches]:
        for nth in range(minutes):
            for series in sorted(reporting):
                high = SPIKE if spikes and nth == minutes - 1 and series == min(reporting) else 0.0
                row = (f"s{series}", START + minute * every * MINUTE, noise.normal() + high)
                rows += [row] * (2 if series == 2 else 1)
            minute += 1
    return rows


def events_of(log: list[Row], cuts: list[tuple[int, int]]) -> dict[str, list[AlertEvent]]:
    """By series, in their order, to the end of the input (core/intake.py)."""
    detector, now, found = make_detector(IMPATIENT), START + 10**10, list[AlertEvent]()
    waiting, ends = [np.zeros(0, SETTINGS.spec.dtype)], np.cumsum([size for size, _ in cuts]).tolist()
    for (first, last), (_, part) in zip(pairwise([0, *ends]), cuts, strict=True):
        observed = detector.observe(batch(log[first:last], first), now)
        waiting.append(observed.windows)
        found += observed.told
        if part or last >= len(log):
            windows = np.concatenate(waiting)
            for start in range(0, len(windows), part or ALL):
                found += judged(detector, windows[start : start + (part or ALL)])
            waiting = waiting[:1]
    found += detector.observe(SampleBatch.none(METRICS), now).told
    return {name: [one for one in found if one.series == name] for name in ("s0", "s1", "s2")}


def judged(detector: Detector, windows: StructArray) -> list[AlertEvent]:
    logits = StepScorer(SETTINGS.spec).score(windows)
    logits[windows["offset"] % 7 == 3] = np.nan  # skipped
    return detector.judge(windows, logits)[1]


@settings(max_examples=50, deadline=None)
@given(STRETCHES, CUTS, EVERY)
def test_a_log_tells_the_same_however_it_is_cut(
    stretches: list[tuple[set[int], int, bool]], cuts: list[tuple[int, int]], every: int
) -> None:
    log = log_of(stretches, every)
    assert events_of(log, [*cuts, (len(log), ALL)]) == events_of(log, [(len(log), ALL)])


@pytest.mark.parametrize("part", [1, 3, 20, ALL])
@pytest.mark.parametrize("every", [1, 60])
def test_such_logs_tell_of_silence(part: int, every: int) -> None:
    log = log_of([({1, 2}, 45, False), ({0, 1}, 30, True), ({0, 1, 2}, 5, False)], every)
    told = events_of(log, [(len(log), part)])
    assert [(event.kind == "no_data", event.type, event.resolution) for event in told["s0"][:4]] == [
        (False, "opened", None),
        (False, "closed", "silent"),
        (True, "opened", None),
        (True, "closed", "recovered"),
    ]
    assert [event.kind for event in told["s2"]] == ["no_data"] * 2


def test_windows_that_are_skipped_before_a_silence_count() -> None:
    """Those of the last three points of before."""
    log = log_of([({0, 1, 2}, 3, False), ({1, 2}, 45, False), ({0, 1, 2}, 5, False)])
    detector = make_detector(IMPATIENT)
    windows = detector.observe(batch(log), START + 10**10).windows
    logits = StepScorer(SETTINGS.spec).score(windows)
    logits[
        (windows["slot"] == 0)
        & (windows["ts"] >= START + 20 * MINUTE)
        & (windows["ts"] < START + 23 * MINUTE)
    ] = np.nan
    events = [event for event in detector.judge(windows, logits)[1] if event.series == "s0"]
    assert [event.resolution for event in events[:4]] == [None, "silent", None, "recovered"]
