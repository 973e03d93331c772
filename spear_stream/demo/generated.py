"""Generated series with anomalies at known places, so that the demo can say what it missed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import lfilter

from spear_stream.core.records import Float64Array, Int64Array

POINTS = 700
INTERVAL_MS = 900_000
DAY = 96
"""Points of a day."""
DAY_MS = DAY * INTERVAL_MS
EARLIEST, LATEST = 0.35, 0.92
"""Where anomalies start, as shares of the series: the detector must have seen some days before."""

Shape = Callable[[np.random.Generator], Float64Array]
Injector = Callable[[np.random.Generator, Float64Array, int, float], int]
"""Changes values from a row on, by a size that counts for this series; returns the changed rows."""


@dataclass(frozen=True)
class Injection:
    """What was put where; start and end are the times of the first and last changed point."""

    series: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Recording:
    """A series known beforehand. ts: (n,) milliseconds since the epoch; value: (n,)."""

    series: str
    ts: Int64Array
    value: Float64Array
    injections: tuple[Injection, ...] = field(default=())


def generated_series(seed: int, end_ms: int) -> list[Recording]:
    """One Recording per row of CATALOGUE, up to the midnight before `end_ms` (UTC); the same seed gives the
    same values at the same hours of the day, so that a demo finds the same whenever it is run.
    """
    end_ms -= end_ms % DAY_MS
    ts = end_ms - INTERVAL_MS * np.arange(POINTS - 1, -1, -1, dtype=np.int64)
    return [
        _record(np.random.default_rng((seed, number)), name, ts, *row)
        for number, (name, row) in enumerate(CATALOGUE.items())
    ]


def _record(
    rng: np.random.Generator, name: str, ts: Int64Array, shape: Shape, scale: float, kinds: tuple[str, ...]
) -> Recording:
    value = shape(rng)
    injections = []
    for kind, start in zip(kinds, _starts(rng, len(kinds)), strict=True):
        changed = INJECTORS[kind](rng, value, start, _reach(value[:start]))
        injections.append(Injection(name, kind, int(ts[start]), int(ts[start + changed - 1])))
    return Recording(name, ts, np.round(value.clip(0) * scale, 3), tuple(injections))


def _starts(rng: np.random.Generator, count: int) -> Iterator[int]:
    """One place in each of `count` equal parts, away from the end of the part."""
    width = (LATEST - EARLIEST) * POINTS / max(count, 1)
    return (int(EARLIEST * POINTS + width * (i + rng.uniform(0, 0.6))) for i in range(count))


def _reach(history: Float64Array) -> float:
    """The largest distance from the median that is usual."""
    low, mid, high = np.percentile(history, (1, 50, 99))
    return float(max(high - mid, mid - low))


def _daily(rng: np.random.Generator) -> Float64Array:
    """People's days: a day wave, quieter at the week-end."""
    time = np.arange(POINTS)
    wave = np.sin(2 * np.pi * time / DAY - 2) + 0.35 * np.sin(4 * np.pi * time / DAY)
    weekend = np.where((time // DAY) % 7 >= 5, 0.7, 1.0)
    return np.asarray(3 + wave * weekend + 0.3 * _memory(rng, 0.7))


def _memory(rng: np.random.Generator, phi: float) -> Float64Array:
    """Noise of variance one with the correlation `phi` from one point to the next."""
    return np.asarray(lfilter([np.sqrt(1 - phi**2)], [1, -phi], rng.normal(size=POINTS)))


def _steady(rng: np.random.Generator) -> Float64Array:
    return 5 + 0.4 * _memory(rng, 0.5)


def _wandering(rng: np.random.Generator) -> Float64Array:
    return 8 + _memory(rng, 0.99) + 0.15 * _memory(rng, 0.2)


def _latency(rng: np.random.Generator) -> Float64Array:
    return np.asarray(np.exp(0.25 * _memory(rng, 0.4) + 0.1 * _daily(rng)))


def _counts(rng: np.random.Generator) -> Float64Array:
    return rng.poisson(4 * _daily(rng).clip(0.2)).astype(np.float64)


def _bursts(rng: np.random.Generator) -> Float64Array:
    """Short bursts are everyday business here."""
    burst = (rng.random(POINTS) < 0.06) * rng.gamma(4.0, 0.5, POINTS)
    return np.asarray(0.5 + 0.1 * np.abs(_memory(rng, 0.3)) + burst)


def _sawtooth(rng: np.random.Generator) -> Float64Array:
    """Fills up and is cleaned, three times a day."""
    return 2 + 3 * ((np.arange(POINTS) / 32 + rng.random()) % 1.0) + 0.05 * _memory(rng, 0.2)


def _spike(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    value[start : start + 2] += rng.uniform(1.5, 3.0) * reach
    return 2


def _shift(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    length = int(rng.integers(20, 50))
    value[start : start + length] += rng.choice((-1, 1)) * rng.uniform(1.0, 2.0) * reach
    return length


def _drop_out(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    del reach
    length = int(rng.integers(4, 16))
    value[start : start + length] = 0.0
    return length


def _flat(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    """The sensor hangs."""
    del reach
    length = int(rng.integers(40, 60))
    value[start : start + length] = value[start]
    return length


def _turmoil(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    length = int(rng.integers(20, 40))
    value[start : start + length] += rng.uniform(0.8, 1.5) * reach * rng.normal(size=length)
    return length


def _leak(rng: np.random.Generator, value: Float64Array, start: int, reach: float) -> int:
    length = int(rng.integers(30, 50))
    value[start : start + length] += np.linspace(0, rng.uniform(2.0, 4.0) * reach, length)
    return length


INJECTORS: dict[str, Injector] = {
    "spike": _spike,
    "shift": _shift,
    "drop-out": _drop_out,
    "flat": _flat,
    "turmoil": _turmoil,
    "leak": _leak,
}
CATALOGUE: dict[str, tuple[Shape, float, tuple[str, ...]]] = {
    "shop.requests_per_s": (_daily, 120.0, ("drop-out",)),
    "shop.checkout_latency_ms": (_latency, 40.0, ("shift",)),
    "shop.orders_per_min": (_counts, 1.0, ("drop-out", "spike")),
    "shop.errors_per_min": (_bursts, 2.0, ("turmoil",)),
    "db.connections": (_daily, 25.0, ("spike",)),
    "db.disk_used_percent": (_sawtooth, 12.0, ("leak",)),
    "db.query_ms": (_latency, 8.0, ("spike",)),
    "db.replication_lag_s": (_bursts, 0.8, ("shift",)),
    "cache.hit_percent": (_steady, 15.0, ("shift",)),
    "cache.memory_mb": (_wandering, 256.0, ("leak",)),
    "queue.depth": (_bursts, 90.0, ("spike",)),
    "queue.consumed_per_s": (_daily, 300.0, ("shift",)),
    "boiler.temperature_c": (_wandering, 9.0, ("flat", "spike")),
    "boiler.pressure_bar": (_steady, 1.2, ("turmoil",)),
    "pump.vibration_mm_s": (_steady, 0.6, ("turmoil",)),
    "pump.power_kw": (_sawtooth, 4.0, ("drop-out",)),
    "pump.speed_rpm": (_steady, 300.0, ("spike",)),
    "grid.load_mw": (_daily, 80.0, ("flat",)),
    "office.door_openings": (_counts, 1.0, ()),
    "office.humidity_percent": (_wandering, 5.0, ()),
}
"""Series to normal behaviour, unit and what is injected; the last two are left alone."""
