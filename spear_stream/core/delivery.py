"""What a commit does, step by step, in the one place that knows the order."""

from collections.abc import Collection, Mapping

from spear_stream.core.deadline import Deadline
from spear_stream.core.keeper import StateKeeper
from spear_stream.core.ports import Ports
from spear_stream.core.records import TopicPartition


class Delivery:
    """Before a commit every window of the records read so far is scored, and what came of it is with
    the sink, the forwarder and the state keeper. Exactly once:

    1. the change of state is handed to the store
    2. alerts, dead letters, forwarded samples, state and offsets become visible in one transaction

    At least once:

    1. forwarded samples, alerts and dead letters are acknowledged
    2. the change of state is handed to the store, and acknowledged
    3. the offsets are committed

    A crash before the last step makes the next worker go on from the commit before. At least once, it
    may publish again what step 1 did, with the same ids; and it skips the records that the state of
    step 2 knows, because all that came of them was acknowledged before.
    """

    def __init__(self, ports: Ports, keeper: StateKeeper) -> None:
        self._ports = ports
        self._keeper = keeper

    def commit(self, consumed: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        """consumed: the next offset to read of each partition that was read.

        Raises DeliveryError, PartitionsLost, BrokerError; what was handed over stays handed over.
        """
        if self._ports.transaction is None:
            self._at_least_once(consumed, deadline)
        else:
            self._keeper.save(consumed)
            self._ports.transaction.commit(consumed, deadline)
        if self._ports.recorder is not None:
            self._ports.recorder.flush()
        if consumed:  # what an idle worker does once in the interval is no commit
            self._ports.telemetry.committed()

    def drop(self, partitions: Collection[TopicPartition]) -> None:
        """Nothing of these is to be delivered any more: another worker reads them."""
        self._keeper.drop(partitions)
        if self._ports.transaction is not None:
            self._ports.transaction.drop(partitions)

    def _at_least_once(self, consumed: Mapping[TopicPartition, int], deadline: Deadline) -> None:
        if self._ports.forwarder is not None:
            self._ports.forwarder.flush(deadline)
        self._ports.sink.flush(deadline)
        self._keeper.save(consumed)
        self._keeper.flush(deadline)
        self._ports.source.commit(consumed, deadline)
