"""Ownership of partitions and the hand-over between threads, without a broker."""

import subprocess
import sys
import threading
from collections.abc import Collection

import pytest

from spear_stream.core.records import TopicPartition
from spear_stream.transport.kafka_rebalance import OwnedPartitions
from spear_stream.transport.kafka_thread import PollingThread

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


ENDS_IN_A_CALL = """
import threading
from spear_stream.transport.kafka_thread import PollingThread
assert PollingThread().run(threading.Event().wait, patience=0.01) is None
raise SystemExit(4)
"""


class Listener:
    """Notes for each call whether the partitions were still owned."""

    def __init__(self) -> None:
        self.owned = OwnedPartitions(self)
        self.seen: list[tuple[str, bool]] = []

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        self._note("assigned", partitions)

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self._note("revoked", partitions)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        self._note("lost", partitions)

    def _note(self, call: str, partitions: Collection[TopicPartition]) -> None:
        self.seen.append((call, not self.owned.foreign(dict.fromkeys(partitions, 0))))


def test_a_partition_can_be_committed_while_revoked_and_not_when_lost() -> None:
    listener = Listener()
    listener.owned.assigned([P0, P1])
    listener.owned.revoked([P0])
    listener.owned.lost([P1])
    assert listener.seen == [("assigned", True), ("revoked", True), ("lost", False)]
    assert list(listener.owned) == []


def test_only_offsets_ahead_of_the_last_commit_are_left() -> None:
    owned = Listener().owned
    owned.assigned([P0, P1])
    owned.committed({P0: 5})
    assert owned.ahead({P0: 5, P1: 0}) == {P1: 0}
    assert owned.ahead({P0: 4, P1: 1}) == {P1: 1}
    assert owned.foreign({TopicPartition("u", 0): 1, P0: 9}) == [TopicPartition("u", 0)]


def test_a_partition_that_comes_back_starts_without_a_commit() -> None:
    owned = Listener().owned
    owned.assigned([P0])
    owned.committed({P0: 100})
    owned.revoked([P0])
    owned.assigned([P0])
    assert owned.ahead({P0: 7}) == {P0: 7}


def test_calls_are_run_by_the_waiting_thread() -> None:
    thread = PollingThread()
    served: list[str] = []
    ready = threading.Event()

    def serve() -> None:
        served.append(threading.current_thread().name)
        ready.set()

    def blocking() -> str:
        thread.call_soon(serve)
        assert ready.wait(timeout=10)
        return threading.current_thread().name

    assert thread.run(blocking, patience=10) == "kafka-poll"
    assert served == [threading.current_thread().name]
    thread.close()


def test_a_call_that_takes_longer_is_waited_for_by_the_next_run() -> None:
    thread = PollingThread()
    go_on = threading.Event()

    def slow() -> str:
        go_on.wait(timeout=10)
        return "slow"

    assert thread.run(slow, patience=0.01) is None
    assert thread.busy
    go_on.set()
    assert thread.run(lambda: "not started", patience=10) == "slow"
    assert not thread.busy
    thread.close()


def test_errors_of_the_blocking_call_reach_the_caller() -> None:
    thread = PollingThread()
    with pytest.raises(ZeroDivisionError):
        thread.run(lambda: 1 // 0, patience=10)
    assert thread.run(lambda: "still usable", patience=10) == "still usable"
    thread.close()


def test_a_process_that_ends_on_an_error_does_not_wait_for_a_call_that_goes_on() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDS_IN_A_CALL], timeout=60, check=False)
    assert ended.returncode == 4


def test_closing_ends_the_thread() -> None:
    thread = PollingThread()
    assert thread.run(lambda: "an answer", patience=10) == "an answer"
    thread.close()
    thread._thread.join(timeout=10)
    assert not thread._thread.is_alive()
