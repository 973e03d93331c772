"""What spear-stream uses of kafka-python beyond its documented interface; pyproject.toml pins it for this.

A name that is gone here needs another way in transport before the pin may be raised.
"""

import inspect
from importlib import import_module

import kafka
import pytest

NAMES = {
    # kafka_client.py: a constructor that fails leaves its I/O thread behind
    "kafka.net.compat.KafkaNetClient.close": ["self"],
    # kafka_rebalance.py: futures are resolved on the consumer's event loop, listeners are coroutines
    "kafka.consumer.subscription_state.AsyncConsumerRebalanceListener.on_partitions_lost": ["self"],
    "kafka.future.Future.success": ["self", "value"],
    # kafka_source.py: telling the coordinator to join again, and whether a broker hangs
    "kafka.coordinator.base.BaseCoordinator.request_rejoin": ["self"],
    "kafka.coordinator.base.BaseCoordinator.time_to_next_heartbeat": ["self"],
    # kafka_producer.py, kafka_transaction.py: its own methods wait for ever
    "kafka.producer.transaction_manager.TransactionManager.begin_abort": ["self"],
    "kafka.producer.transaction_manager.TransactionManager.begin_commit": ["self"],
    "kafka.producer.transaction_manager.TransactionManager.send_offsets_to_transaction": ["self"],
    # kafka_producer.py: a producer whose records cannot be sent stays open
    "kafka.producer.sender.Sender.force_close": ["self"],
    "kafka.producer.sender.Sender.wakeup": ["self"],
}
ATTRIBUTES = {
    "kafka.producer.kafka.KafkaProducer": ("self._transaction_manager", "self._sender"),
    "kafka.consumer.group.KafkaConsumer": ("self._net", "self._coordinator", "kafka_client"),
}


def found(path: str) -> object:
    """Raises AttributeError naming what is missing."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            thing = getattr(thing, name)
        return thing
    raise AttributeError(path)


@pytest.mark.parametrize("path", NAMES)
def test_a_name_is_still_there(path: str) -> None:
    parameters = list(inspect.signature(found(path)).parameters)  # type: ignore[arg-type]
    assert parameters[: len(NAMES[path])] == NAMES[path], f"{path} of kafka-python {kafka.__version__}"


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in ATTRIBUTES.items() for name in names]
)
def test_an_attribute_is_still_set(path: str, name: str) -> None:
    assert name in inspect.getsource(found(path)), (  # type: ignore[arg-type]
        f"{path} of kafka-python {kafka.__version__} has no {name} any more"
    )
