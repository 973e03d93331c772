"""What the demo streams: generated, real and live series, merged into one source."""

import json
import time
from collections import Counter

import numpy as np
import pytest

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import PlainRecord
from spear_stream.demo.generated import CATALOGUE, DAY_MS, INTERVAL_MS, POINTS, Recording, generated_series
from spear_stream.demo.host import HostSampler, host_readers, rate
from spear_stream.demo.source import PARTITION, DemoSource
from spear_stream.demo.water_flow import water_flow
from spear_stream.transport.codec import make_decoder

END = 1_700_000_123_456


class Listener:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def assigned(self, partitions: object) -> None:
        self.calls.append("assigned")

    def revoked(self, partitions: object) -> None:
        self.calls.append("revoked")

    lost = revoked


def read_all(source: DemoSource) -> list[PlainRecord]:
    source.start(Listener())
    records: list[PlainRecord] = []
    while not source.exhausted:
        records += source.poll(0.1).get(PARTITION, [])
    source.close(Deadline(5, time.monotonic))
    return records


def recording(series: str, points: int) -> Recording:
    return Recording(
        series, END + 1000 * np.arange(points, dtype=np.int64), np.arange(points, dtype=np.float64)
    )


def test_the_same_seed_gives_the_same_series() -> None:
    first, again, other = generated_series(7, END), generated_series(7, END), generated_series(8, END)
    assert [r.value.tolist() for r in first] == [r.value.tolist() for r in again]
    assert all((a.value != b.value).any() for a, b in zip(first, other, strict=True))


def test_whenever_it_is_made_a_series_has_the_same_values_at_the_same_hours_of_the_day() -> None:
    for now, later in zip(generated_series(7, END), generated_series(7, END + 3 * DAY_MS // 2), strict=True):
        assert ((later.ts - now.ts) % DAY_MS == 0).all()
        assert (later.ts != now.ts).all()
        assert (later.value == now.value).all()


def test_series_are_what_metrics_are() -> None:
    for made in generated_series(7, END):
        assert made.ts.shape == made.value.shape == (POINTS,)
        assert (np.diff(made.ts) == INTERVAL_MS).all()
        assert END - DAY_MS < made.ts[-1] <= END
        assert np.isfinite(made.value).all()
        assert (made.value >= 0).all()
        assert np.ptp(made.value) > 0


@pytest.mark.parametrize("seed", range(20))
def test_every_injection_is_inside_its_series(seed: int) -> None:
    made = generated_series(seed, END)
    assert [tuple(i.kind for i in r.injections) for r in made] == [
        kinds for _, _, kinds in CATALOGUE.values()
    ]
    for series in made:
        times = [time for i in series.injections for time in (i.start, i.end)]
        assert times == sorted(times)
        assert all(series.ts[0] + POINTS // 3 * INTERVAL_MS < t <= series.ts[-1] for t in times)
        assert {i.series for i in series.injections} <= {series.series}


def test_what_is_called_a_drop_out_or_flat_is_one() -> None:
    for made in generated_series(3, END):
        for injection in made.injections:
            inside = made.value[(made.ts >= injection.start) & (made.ts <= injection.end)]
            if injection.kind in {"drop-out", "flat"}:
                assert np.ptp(inside) == 0
            else:
                assert (
                    inside.max() > np.median(made.value[made.ts < injection.start])
                    or injection.kind == "shift"
                )


def test_the_real_series_needs_no_download() -> None:
    water = water_flow()
    assert len(water.ts) == len(water.value) == 1268
    assert (np.diff(water.ts) > 0).all()
    assert np.median(water.value) > 100
    assert water.value.min() < 30  # losses are in it


def test_recordings_are_given_side_by_side_and_in_order() -> None:
    source = DemoSource([recording("long", 300), recording("short", 30)], HostSampler(0), 0.0, max_records=32)
    assert source.total == 330

    records = read_all(source)

    decoded = make_decoder("json").decode(PARTITION, records)
    assert not decoded.rejected
    assert [record.offset for record in records] == list(range(330))
    for series, points in (("long", 300), ("short", 30)):
        values = [
            v for s, v in zip(decoded.samples.series, decoded.samples.value, strict=True) if s == series
        ]
        assert values == list(range(points))
    first_half = Counter(decoded.samples.series[:165])
    assert first_half == {"long": 150, "short": 15}


def test_recordings_are_not_given_faster_than_asked() -> None:
    source = DemoSource([recording("a", 1000)], HostSampler(0), 1000.0, max_records=10_000)
    source.start(Listener())
    assert len(source.poll(0.0).get(PARTITION, [])) < 900
    assert not source.exhausted


def test_live_counters_are_merged_in() -> None:
    source = DemoSource([recording("a", 5)], HostSampler(0.6), 0.1)
    expected = source.total

    samples = [json.loads(record.value or b"") for record in read_all(source)]

    live = [sample for sample in samples if sample["series"].startswith("this-machine.")]
    assert len(samples) == expected > 5
    assert {"this-machine.cpu_percent", "this-machine.memory_percent"} <= {s["series"] for s in live}
    assert all(abs(sample["ts"] / 1000 - time.time()) < 60 for sample in live)
    assert all(sample["value"] >= 0 for sample in live)


def test_sampling_stops_when_asked() -> None:
    host = HostSampler(3600)
    host.start()
    host.stop()
    assert host.finished


def test_counters_are_read_as_rates() -> None:
    times, totals = iter([0.0, 2.0, 2.0, 4.0]), iter([100.0, 300.0, 400.0, 50.0])
    growth = rate(lambda: next(totals), lambda: next(times))
    assert growth() == 100.0
    assert growth() == 0.0  # no time went by
    assert growth() == 0.0  # the counter was reset


def test_readers_of_this_machine_give_numbers() -> None:
    assert all(np.isfinite(read()) for read in host_readers().values())
