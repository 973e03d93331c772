from spear_stream.core.deadline import Deadline
from spear_stream.testing import FakeClock


def test_it_counts_down_and_stays_at_zero() -> None:
    clock = FakeClock()
    deadline = Deadline(5.0, clock.monotonic)
    clock.advance(2.0)
    assert deadline.remaining == 3.0
    assert not deadline.expired
    clock.advance(10.0)
    assert deadline.remaining == 0.0
    assert deadline.expired


def test_no_time_at_all_has_expired() -> None:
    assert Deadline(0.0, FakeClock().monotonic).expired
