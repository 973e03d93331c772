"""Which injected anomalies were found, and which alerts have no cause that is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spear_stream.demo.generated import INTERVAL_MS, Injection
from spear_stream.transport.pictures_traces import Trace

LATE_MS = 8 * INTERVAL_MS
"""An alert may open this long after the last changed point: a way back to normal is a change too."""


@dataclass(frozen=True)
class Outcome:
    found: tuple[Injection, ...]
    missed: tuple[Injection, ...]
    false_alarms: int


def judge(injections: Sequence[Injection], traces: Iterable[Trace]) -> Outcome:
    """Compare with the alerts of the generated series among `traces`.

    An injection is found if an alert of its series opens between its first changed point and LATE_MS
    after its last; injections that the run did not reach count neither way.
    """
    found: list[Injection] = []
    missed: list[Injection] = []
    false_alarms = 0
    for trace in traces:
        own = [injection for injection in injections if injection.series == trace.series]
        starts = [span.start for span in trace.alerts]
        for injection in own:
            if any(_explains(injection, start) for start in starts):
                found.append(injection)
            elif trace.ts[-1] >= injection.end:
                missed.append(injection)
        false_alarms += sum(not any(_explains(injection, start) for injection in own) for start in starts)
    return Outcome(tuple(found), tuple(missed), false_alarms)


def _explains(injection: Injection, start: int) -> bool:
    return injection.start <= start <= injection.end + LATE_MS
