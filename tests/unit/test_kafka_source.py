"""What the source makes of errors that kafka-python raises beside poll(), without a broker."""

from typing import Any

import pytest
from kafka import errors as kafka

from spear_stream.core.errors import BrokerError, BrokerUnavailable
from spear_stream.core.records import TopicPartition
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_rebalance import OwnedPartitions, RebalanceListener
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_subscription import Subscription


class Consumer:
    """Reads nothing; the position of a partition is `error`, which kafka-python keeps from a lookup that
    failed between two polls.
    """

    def __init__(self, error: Exception) -> None:
        self.error = error
        self._net = None

    def position(self, *_: Any, **__: Any) -> int:
        raise self.error

    def highwater(self, *_: Any) -> int:
        return 7


class Nobody:
    def assigned(self, _: Any) -> None: ...
    def revoked(self, _: Any) -> None: ...
    def lost(self, _: Any) -> None: ...


def source_on(error: Exception, monkeypatch: pytest.MonkeyPatch) -> KafkaSource:
    source = KafkaSource(KafkaConnection(("k1:9092",)), Subscription("g", ("t",)))
    source._consumer = Consumer(error)
    source._owned = OwnedPartitions(Nobody())
    source._owned.assigned([TopicPartition("t", 0)])
    source._listener = RebalanceListener(source._owned, source._thread, source._consumer)
    monkeypatch.setattr(source, "_poll", lambda _: {})
    return source


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (kafka.TopicAuthorizationFailedError({"t"}), BrokerError),
        (kafka.NotCoordinatorError(), BrokerUnavailable),
    ],
)
def test_a_lookup_that_failed_is_translated_by_the_next_poll_and_does_not_stop_the_lag(
    error: Exception, kind: type[BrokerError], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_on(error, monkeypatch)
    assert source.lag() == {}
    with pytest.raises(BrokerError, match="reading t as group g at k1:9092") as raised:
        source.poll(0.0)
    assert type(raised.value) is kind
    source._thread.close()
