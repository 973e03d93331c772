"""The life of alerts under any sequence of scores."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import METRICS, MINUTE, SPEC, START

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.alerts import AlertBook
from spear_stream.core.identity import alert_id
from spear_stream.core.records import AlertEvent, Float64Array, ModelInfo, StructArray

SERIES = 3
policies = st.builds(
    AlertPolicy,
    open_score=st.sampled_from([0.4, 0.5]),
    close_score=st.sampled_from([0.0, 0.25, 0.4]),
    min_points=st.integers(1, 3),
    cooldown_ms=st.sampled_from([0, 5 * MINUTE, 600 * MINUTE]),
    direction=st.sampled_from(["up", "down", "both"]),
    min_relative_deviation=st.sampled_from([0.0, 0.5]),
    update_ms=st.sampled_from([0, 3 * MINUTE]),
)
scores = st.lists(
    st.tuples(*[st.sampled_from([0.0, 0.1, 0.3, 0.45, 0.55, 0.7, 0.9, 1.0])] * SERIES), max_size=60
)


def windows(point: int) -> StructArray:
    made = np.zeros(SERIES, SPEC.dtype)
    made["slot"], made["points"] = np.arange(SERIES), SPEC.length
    made["ts"], made["offset"] = START + point * MINUTE, point * SERIES + np.arange(SERIES)
    made["value"], made["centre"], made["scale"] = [12.0, 8.0, 10.0], 10.0, 1.0
    made["tail_value"], made["fresh"] = made["value"][:, None], 1
    return made


@dataclass
class Life:
    """All events of a book fed with scores, and the scores."""

    policy: AlertPolicy
    events: list[AlertEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = AlertBook(
            METRICS, SPEC, self.policy, 1, lambda slot: f"s{slot}", lambda _: ModelInfo("m", "b")
        )

    def feed(self, point: int, score: Float64Array) -> list[AlertEvent]:
        new = self.book.update(windows(point), score)
        self.events += new
        return new

    def of(self, series: str) -> list[AlertEvent]:
        return [event for event in self.events if event.series == series]


def life(policy: AlertPolicy, given_scores: list[tuple[float, ...]]) -> Life:
    lived = Life(policy)
    lived.book.table.resize(SERIES)
    for point, score in enumerate(given_scores):
        lived.feed(point, np.array(score))
    return lived


@settings(deadline=None)
@given(policies, scores)
def test_an_alert_opens_then_is_updated_then_closes(
    policy: AlertPolicy, given_scores: list[tuple[float, ...]]
) -> None:
    lived = life(policy, given_scores)
    for slot in range(SERIES):
        alerts: dict[str, list[AlertEvent]] = {}
        for event in lived.of(f"s{slot}"):
            alerts.setdefault(event.alert_id, []).append(event)
        for events in alerts.values():
            assert [event.sequence for event in events] == list(range(len(events)))
            types = [event.type for event in events]
            assert types[0] == "opened"
            assert set(types[1:-1]) <= {"updated"}
            assert "opened" not in types[1:]
        ends = [events[-1].type for events in alerts.values()]
        assert all(end == "closed" for end in ends[:-1]), "two alerts of one series were open at once"


@settings(deadline=None)
@given(policies, scores)
def test_what_an_event_says_is_consistent(policy: AlertPolicy, given_scores: list[tuple[float, ...]]) -> None:
    lived = life(policy, given_scores)
    for event in lived.events:
        assert event.alert_id == alert_id(event.series, event.position, event.started_at)
        assert START <= event.started_at <= event.last_seen_at
        assert (event.ended_at is not None) == (event.type == "closed")
        assert (event.resolution is not None) == (event.type == "closed")
        assert event.ended_at is None or event.ended_at >= event.started_at
        assert event.peak_score >= policy.open_score
        assert event.peak_score >= event.score
        assert event.severity == policy.severity(event.peak_score)
        if event.type == "opened":
            assert event.score >= policy.open_score
            assert event.position.offset == (event.started_at - START) // MINUTE * SERIES + int(
                event.series[1:]
            )
    for before, after in pairwise(lived.of("s0")):
        assert before.alert_id != after.alert_id or after.peak_score >= before.peak_score


@settings(deadline=None)
@given(policies, scores)
def test_only_deviations_of_the_wanted_kind_open_an_alert(
    policy: AlertPolicy, given_scores: list[tuple[float, ...]]
) -> None:
    lived = life(policy, given_scores)
    opened = {event.series for event in lived.events}
    if policy.direction == "up":
        assert opened <= {"s0"}
    if policy.direction == "down":
        assert opened <= {"s1"}
    if policy.min_relative_deviation > 0.2:
        assert not opened


@settings(deadline=None)
@given(policies, scores)
def test_a_replay_gives_the_same_events(policy: AlertPolicy, given_scores: list[tuple[float, ...]]) -> None:
    assert life(policy, given_scores).events == life(policy, given_scores).events
