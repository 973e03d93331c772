"""The checker of the soak programs notices what they are there to find."""

import json
from dataclasses import dataclass

from e2e.verdict import compare


@dataclass(frozen=True)
class Record:
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def record(series: str, number: int, kind: str = "opened") -> Record:
    event = {"type": f"spear.anomaly.{kind}", "series": series, "started_at": "2026-01-01T00:00:00.000Z"}
    ce_id = f"{series}-alert.{number}".encode()
    return Record(series.encode(), json.dumps(event).encode(), [("ce_id", ce_id)])


EXPECTED = [record("a", 0), record("b", 0), record("a", 1, "closed")]


def test_the_same_events_in_another_order_of_series_are_clean() -> None:
    verdict = compare(EXPECTED, [EXPECTED[1], EXPECTED[0], EXPECTED[2]])
    assert verdict.clean
    assert verdict.counts == {
        "events": 3,
        "lost": 0,
        "doubled": 0,
        "foreign": 0,
        "disordered": 0,
        "refused": 0,
    }


def test_an_event_that_is_missing_is_lost() -> None:
    verdict = compare(EXPECTED, EXPECTED[:2])
    assert not verdict.clean
    assert [event.split()[0] for event in verdict.lost] == ["a-alert.1"]


def test_an_event_that_comes_twice_is_doubled() -> None:
    verdict = compare(EXPECTED, [*EXPECTED, EXPECTED[1]])
    assert not verdict.clean
    assert [event.split()[0] for event in verdict.doubled] == ["b-alert.0"]


def test_an_event_that_says_something_else_is_lost_and_foreign() -> None:
    verdict = compare(EXPECTED, [*EXPECTED[:2], record("a", 1, "updated")])
    assert not verdict.clean
    assert (len(verdict.lost), len(verdict.foreign)) == (1, 1)


def test_events_of_a_series_in_another_order_are_noticed() -> None:
    verdict = compare(EXPECTED, [EXPECTED[2], EXPECTED[1], EXPECTED[0]])
    assert not verdict.clean
    assert verdict.disordered == ["a"]


def test_a_dead_letter_is_not_clean() -> None:
    assert not compare(EXPECTED, EXPECTED, refused=1).clean


def test_no_events_at_all_prove_nothing() -> None:
    assert not compare([], []).clean
