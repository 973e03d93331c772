"""When a commit is due, and how long the group hears nothing of a worker at most."""

from spear_stream.core.pace import MOST_UNCOMMITTED, CommitTimer, Pace
from spear_stream.ops.settings import load_settings
from spear_stream.testing import FakeClock
from spear_stream.wiring.kafka import subscription_of


def test_a_commit_is_due_after_its_interval_or_when_too_much_waits() -> None:
    clock = FakeClock()
    timer = CommitTimer(3600.0, clock.monotonic)
    assert not timer.is_due(MOST_UNCOMMITTED - 1)
    assert timer.is_due(MOST_UNCOMMITTED)
    clock.advance(3600.0)
    assert timer.is_due(0)
    timer.tried(refused=False)
    assert not timer.is_due(0)


def test_a_refused_commit_is_tried_again_after_a_second_and_not_before() -> None:
    clock = FakeClock()
    timer = CommitTimer(3600.0, clock.monotonic)
    timer.tried(refused=True)
    assert not timer.is_due(MOST_UNCOMMITTED)
    clock.advance(1.0)
    assert timer.is_due(0)


def test_the_poll_interval_that_the_group_allows_has_room_for_a_restore_and_the_drain() -> None:
    for drain in (20.0, 600.0):
        flags = {"kafka.input_topics": "metrics", "service.drain_seconds": drain, "http.port": 0}
        allowed = subscription_of(load_settings(flags)).max_poll_interval
        assert allowed >= Pace.restore + 2 * drain
    slow = load_settings({"kafka.input_topics": "metrics", "kafka.session_timeout_seconds": 900})
    assert subscription_of(slow).max_poll_interval == 900.0
