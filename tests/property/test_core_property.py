"""What must hold of the detector for every stream, however it is cut, ordered or interrupted."""

import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import METRICS, SETTINGS, SPEC, START, feed, make_detector

from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.records import AlertEvent, Observation, SampleBatch
from spear_stream.core.spec import CALM_HOP
from spear_stream.core.stored import DetectorState

ORDINARY = st.sampled_from([0.0, 1.0, 1.0, 1.5, 2.0, 2.0, -3.0, 40.0, 1e6])
EXTREME = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True),
    st.sampled_from([1.7e308, -1.7e308, 5e-324, -5e-324, 0.0, -0.0, 1e-100, 1e70]),
)
STEPS = st.sampled_from([60_000] * 12 + [0, -60_000, 1, 600_000, 90_000_000])
GATED = replace(SETTINGS, hop=2, calm_hop=9)
USUALLY = replace(SETTINGS, calm_hop=CALM_HOP)
CALM = 320
"""Points of each series before those that are drawn, for the gate: nothing is new of the later ones."""
both_hops = pytest.mark.parametrize("how", [SETTINGS, GATED, USUALLY], ids=["every-hop", "gated", "usually"])
quick = settings(max_examples=60, deadline=None)


@dataclass(frozen=True)
class Stream:
    """Samples in log order; the offset of a sample is its index."""

    series: list[int]
    ts: list[int]
    value: list[float]

    def __len__(self) -> int:
        return len(self.ts)

    def batch(self, picked: Sequence[int]) -> SampleBatch:
        names = [f"s{self.series[i]}" for i in picked]
        ts, values = [self.ts[i] for i in picked], [self.value[i] for i in picked]
        offsets = np.array(picked, np.int64)
        return SampleBatch(METRICS, names, np.array(ts, np.int64), np.array(values, float), offsets)


@st.composite
def streams(draw: st.DrawFn, values: st.SearchStrategy[float] = ORDINARY, points: int = 120) -> Stream:
    """Some series interleaved, mostly a point a minute, with late, duplicate and missing points."""
    count = draw(st.integers(1, 4))
    length = draw(st.integers(1, points))
    series = draw(st.lists(st.integers(0, count - 1), min_size=length, max_size=length))
    steps = draw(st.lists(STEPS, min_size=length, max_size=length))
    chosen = draw(st.lists(values, min_size=length, max_size=length))
    newest = dict.fromkeys(range(count), START)
    ts = []
    for name, step in zip(series, steps, strict=True):
        newest[name] += step
        ts.append(newest[name])
    return Stream(series, ts, chosen)


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[Stream, list[int]]:
    stream = draw(streams())
    return stream, sorted(draw(st.sets(st.integers(1, len(stream)), max_size=8)))


@dataclass
class Outcome:
    """What came out, by series and offset, so that rows and polls do not matter."""

    windows: dict[tuple[int, bool], tuple[Any, ...]]
    """By offset and whether they are of means."""
    rejected: dict[int, str]
    warming_up: set[int]
    events: dict[str, list[AlertEvent]]


@cache
def after_calm(how: DetectorSettings) -> tuple[Observation, DetectorState]:
    """What came of four calm series, and the state behind them."""
    at = np.arange(4 * CALM) // 4
    samples = Stream(
        [name for _ in range(CALM) for name in range(4)],
        (START + (at - CALM) * 60_000).tolist(),
        (at % 2 + 1.0).tolist(),
    ).batch(range(4 * CALM))
    detector = make_detector(how)
    return feed(detector, samples)[0], detector.state()


def begun(how: DetectorSettings) -> Detector:
    """A detector that knows nothing; with a gate one that knows calm series."""
    detector = make_detector(how)
    if how is not SETTINGS:
        detector.restore(after_calm(how)[1])
    return detector


FIELDS = [name for name in SPEC.dtype.names or () if name not in ("owner", "slot")]


def observe(detector: Detector, stream: Stream, parts: Sequence[Sequence[int]]) -> Outcome:
    outcome = Outcome({}, {}, set(), defaultdict(list))
    for part in parts:
        samples = stream.batch(part)
        observed, events = feed(detector, samples)
        for window in observed.windows:
            name, key = (
                detector.roster.name_of(window["slot"]),
                (int(window["offset"]), bool(window["coarse"])),
            )
            outcome.windows[key] = (name, *(window[field].tobytes() for field in FIELDS))
        outcome.rejected.update({part[r.row]: r.reason for r in observed.rejections})
        outcome.warming_up.update(np.array(part)[observed.warming_up].tolist())
        for event in events:
            outcome.events[event.series].append(event)
    return outcome


def whole(stream: Stream) -> list[Sequence[int]]:
    return [range(len(stream))]


def pieces(cuts: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    for start, end in zip([0, *cuts], [*cuts, length], strict=True):
        yield range(start, end)


@both_hops
@quick
@given(cut=cut_streams())
def test_the_cut_into_polls_changes_nothing(how: DetectorSettings, cut: tuple[Stream, list[int]]) -> None:
    stream, cuts = cut
    at_once = observe(begun(how), stream, whole(stream))
    assert observe(begun(how), stream, list(pieces(cuts, len(stream)))) == at_once


@both_hops
@quick
@given(stream=streams(), random=st.randoms(use_true_random=False))
def test_the_order_of_the_series_changes_nothing(how: DetectorSettings, stream: Stream, random: Any) -> None:
    names = list(set(stream.series))
    random.shuffle(names)
    by_series = sorted(range(len(stream)), key=lambda i: names.index(stream.series[i]))
    in_order = observe(begun(how), stream, whole(stream))
    assert observe(begun(how), stream, [by_series]) == in_order


@quick
@given(streams(), streams(EXTREME), st.integers(0, 120))
def test_later_points_change_nothing_earlier(stream: Stream, other: Stream, at: int) -> None:
    joined = Stream(
        stream.series[:at] + other.series, stream.ts[:at] + other.ts, stream.value[:at] + other.value
    )
    now, then = (observe(make_detector(), s, whole(s)) for s in (stream, joined))
    earlier = [key for key in now.windows if key[0] < at]
    assert all(then.windows[key] == now.windows[key] for key in earlier)
    assert [key for key in then.windows if key[0] < min(at, len(stream))] == earlier


@both_hops
@quick
@given(cut=cut_streams())
def test_a_restart_from_its_state_changes_nothing(
    how: DetectorSettings, cut: tuple[Stream, list[int]]
) -> None:
    stream, cuts = cut
    parts = list(pieces(cuts, len(stream)))
    detector, expected = begun(how), observe(begun(how), stream, parts)
    outcome = Outcome({}, {}, set(), defaultdict(list))
    for part in parts:
        detector = restarted(detector)
        step = observe(detector, stream, [part])
        outcome.windows |= step.windows
        outcome.rejected |= step.rejected
        outcome.warming_up |= step.warming_up
        for series, events in step.events.items():
            outcome.events[series] += events
    assert outcome == expected


@pytest.mark.parametrize("how", [GATED, USUALLY])
def test_such_streams_begin_calm(how: DetectorSettings) -> None:
    late = [
        int((after_calm(one)[0].windows["offset"] >= 3 * CALM).sum())
        for one in (how, replace(how, calm_hop=None))
    ]
    assert late[0] < 0.6 * late[1], "windows of points and of means"


def restarted(before: Detector) -> Detector:
    after = make_detector(before.settings)
    after.restore(before.state())
    return after


@quick
@given(streams(EXTREME))
def test_every_sample_is_accepted_or_rejected_and_never_both(stream: Stream) -> None:
    observed, _ = feed(make_detector(), stream.batch(range(len(stream))))
    rejected = [r.row for r in observed.rejections]
    assert sorted([*rejected, *np.flatnonzero(observed.accepted)]) == list(range(len(stream)))
    assert not (observed.warming_up & ~observed.accepted).any()
    ready = np.flatnonzero(observed.accepted & ~observed.warming_up)
    fine = observed.windows[~observed.windows["coarse"]]
    assert sorted(fine["offset"]) == ready.tolist()


@quick
@given(streams(EXTREME))
def test_no_finite_value_makes_a_number_overflow(stream: Stream) -> None:
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        detector = make_detector()
        observed, events = feed(detector, stream.batch(range(len(stream))))
    tables = [column for table in detector.tables.values() for column in table.state().values()]
    assert all(np.isfinite(column).all() for column in tables)
    assert all(np.isfinite(observed.windows[name]).all() for name in ("value", "centre", "scale"))
    numbers = [x for e in events for x in (e.score, e.peak_score, e.probability, e.expected.low)]
    assert np.isfinite(numbers).all()
    assert all(0 <= point.weight <= 1 for event in events for point in event.points)


@quick
@given(streams(), streams())
def test_a_row_used_again_knows_nothing_of_its_former_series(old: Stream, new: Stream) -> None:
    limited = replace(SETTINGS, max_series=4, idle_ms=1000)
    used = make_detector(limited)
    feed(used, old.batch(range(len(old))), START)
    for series in range(len(used.roster), 4):
        feed(used, Stream([series], [START], [0.0]).batch([0]), START)
    used.alerts.table["is_open"][:] = False
    renamed = replace(new, series=[name + 10 for name in new.series])
    observed, events = feed(used, renamed.batch(range(len(new))), START + 5000)
    fresh, fresh_events = feed(make_detector(), renamed.batch(range(len(new))))
    assert all((observed.windows[name] == fresh.windows[name]).all() for name in FIELDS)
    assert events == fresh_events
    assert len(observed.rejections) == len(fresh.rejections)
