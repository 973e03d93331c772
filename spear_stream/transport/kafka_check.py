"""What `check-config` finds out about Kafka before the daemon starts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CoordinatorNotAvailableError, KafkaError

from spear_stream.core.errors import SpearError
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_control import LOSS as CONTROL_LOSS
from spear_stream.transport.kafka_control import described
from spear_stream.transport.kafka_errors import translate
from spear_stream.transport.kafka_producer import close_producer
from spear_stream.transport.kafka_state import CREATE_OPTIONS
from spear_stream.transport.kafka_state import LOSS as STATE_LOSS
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_topics import (
    ANY_NUMBER,
    CLEANUP,
    Topic,
    administering,
    describe_topics,
    not_compacted,
    topic_config,
)
from spear_stream.transport.kafka_transaction import Identity, transactional_producer

SIZE = "max.message.bytes"
LARGEST_RECORD = 1_048_588
"""Bytes, Kafka's default of max.message.bytes: what dead letters and parts of the state are cut for."""


@dataclass(frozen=True)
class Finding:
    ok: bool
    what: str
    """What was looked at and found; when not ok, with the cure."""


def check_kafka(
    connection: KafkaConnection,
    subscription: Subscription,
    outputs: Sequence[str],
    *,
    state_topic: str | None = None,
    repartition_topic: str | None = None,
    control_topic: str | None = None,
    transaction_timeout: float | None = None,
) -> list[Finding]:
    """Whether the daemon could read the subscription, write the `outputs`, keep its state, and commit in
    transactions, if they have a timeout (seconds). Changes nothing; a transactional id is used once.
    """
    forwarded = [] if repartition_topic is None else [repartition_topic]
    state = [] if state_topic is None else [state_topic]
    control = [] if control_topic is None else [control_topic]
    try:
        with administering(connection) as admin:
            return [
                Finding(ok=True, what=f"connected to {connection.servers}"),
                *_check_inputs(admin, connection, subscription, [*outputs, *forwarded, *state, *control]),
                *_check_access(admin, connection, outputs, ("WRITE",)),
                *_check_access(admin, connection, forwarded, ("READ", "WRITE")),
                *_check_access(admin, connection, state, ("READ", "WRITE"), CREATE_OPTIONS),
                *(found for topic in outputs for found in _check_config(admin, connection, topic)),
                *(found for topic in state for found in _check_config(admin, connection, topic, STATE_LOSS)),
                *_check_control(admin, connection, control_topic),
                _check_group(admin, subscription.group_id),
                *_check_transactions(connection, subscription.group_id, transaction_timeout),
            ]
    except SpearError as error:
        return [Finding(ok=False, what=str(error))]


def _check_inputs(
    admin: KafkaAdminClient,
    connection: KafkaConnection,
    subscription: Subscription,
    outputs: Sequence[str | None],
) -> Iterator[Finding]:
    topics = _inputs(admin, connection, subscription)
    if not topics:
        yield Finding(
            ok=False, what=f"no topic matches {subscription.names}; correct kafka.input_topics or create one"
        )
    for topic in topics:
        if topic.name in outputs:
            yield Finding(
                ok=False, what=f"topic {topic.name} is written and read; leave it out of kafka.input_topics"
            )
        else:
            yield _access(topic, "READ")


def _check_access(
    admin: KafkaAdminClient,
    connection: KafkaConnection,
    topics: Sequence[str],
    operations: Sequence[str],
    options: str = ANY_NUMBER,
) -> Iterator[Finding]:
    for topic in describe_topics(admin, connection, topics, options) if topics else ():
        wanted = operations[:1] if topic.problem else operations
        yield from (_access(topic, operation) for operation in wanted)


def _check_config(
    admin: KafkaAdminClient, connection: KafkaConnection, topic: str, loss: str | None = None
) -> Iterator[Finding]:
    """What nobody lets us see is no finding: the worker does without DESCRIBE_CONFIGS.

    loss: what happens where the topic is not compacted; None where that does not matter.
    """
    if not (config := topic_config(admin, connection, topic)):
        return
    if int(config[SIZE]) < LARGEST_RECORD:
        yield Finding(ok=False, what=f"topic {topic}: {SIZE} is {config[SIZE]}; raise it to {LARGEST_RECORD}")
    if loss is not None:
        yield _keeping(config, connection, topic, loss)


def _keeping(config: Mapping[str, str], connection: KafkaConnection, topic: str, loss: str) -> Finding:
    problem = not_compacted(config, connection, topic, loss)
    return Finding(ok=problem is None, what=problem or f"topic {topic}: {CLEANUP} is compact")


def _check_transactions(
    connection: KafkaConnection, group_id: str, timeout: float | None
) -> Iterator[Finding]:
    """Opens transactions as a worker would, but under an id of its own, which fences nobody."""
    if timeout is None:
        return
    try:
        identity = Identity(f"{group_id}.check-config", timeout)
        close_producer(transactional_producer(connection, identity, ()), 1.0)
    except SpearError as error:
        yield Finding(ok=False, what=str(error))
    else:
        yield Finding(ok=True, what=f"transactional ids that start with {group_id}: WRITE access")


def _check_control(
    admin: KafkaAdminClient, connection: KafkaConnection, control_topic: str | None
) -> Iterator[Finding]:
    if control_topic is None:
        return
    try:
        topic = described(admin, connection, control_topic)
    except SpearError as error:
        yield Finding(ok=False, what=str(error))
        return
    yield _access(topic, "READ")
    if config := topic_config(admin, connection, control_topic):
        yield _keeping(config, connection, control_topic, CONTROL_LOSS)


def _inputs(admin: KafkaAdminClient, connection: KafkaConnection, subscription: Subscription) -> list[Topic]:
    if subscription.pattern is None:
        return describe_topics(admin, connection, subscription.topics)
    matches = re.compile(subscription.pattern).match
    return [topic for topic in describe_topics(admin, connection, None) if matches(topic.name)]


def _access(topic: Topic, operation: str) -> Finding:
    if topic.problem:
        return Finding(ok=False, what=str(topic.problem))
    if operation not in topic.operations:
        cure = f"allow the user of kafka.username {operation} on it"
        return Finding(ok=False, what=f"topic {topic.name}: no {operation} access; {cure}")
    return Finding(ok=True, what=f"topic {topic.name}: {topic.partitions} partitions, {operation} access")


def _check_group(admin: KafkaAdminClient, group_id: str) -> Finding:
    try:
        group = admin.describe_groups([group_id])[group_id]
    except CoordinatorNotAvailableError:
        return Finding(ok=True, what=f"group {group_id}: the first group of this cluster")
    except KafkaError as error:
        return Finding(ok=False, what=str(translate(error, f"group {group_id}")))
    if group["members"] and group["protocol_data"] != CooperativeStickyAssignor.name:
        others = f"members with the assignor {group['protocol_data'] or 'unknown'}"
        return Finding(ok=False, what=f"group {group_id} has {others}; choose another kafka.group_id")
    return Finding(ok=True, what=f"group {group_id}: {len(group['members'])} members now")
