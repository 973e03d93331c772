"""What `check-config` finds out about Kafka before the daemon starts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CoordinatorNotAvailableError, KafkaError

from spear_stream.core.errors import SpearError
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_control import described, not_compacted
from spear_stream.transport.kafka_errors import translate
from spear_stream.transport.kafka_state import CREATE_OPTIONS
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_topics import Topic, administering, describe_topics


@dataclass(frozen=True)
class Finding:
    ok: bool
    what: str
    """What was looked at and found; when not ok, with the cure."""


def check_kafka(
    connection: KafkaConnection,
    subscription: Subscription,
    outputs: Sequence[str],
    state_topic: str | None = None,
    control_topic: str | None = None,
) -> list[Finding]:
    """Whether the daemon could read the subscription, write the `outputs`, and keep its state; changes
    nothing.
    """
    try:
        with administering(connection) as admin:
            return [
                Finding(ok=True, what=f"connected to {connection.servers}"),
                *_check_inputs(admin, connection, subscription, [*outputs, state_topic, control_topic]),
                *(_access(topic, "WRITE") for topic in describe_topics(admin, connection, outputs)),
                *_check_state(admin, connection, state_topic),
                *_check_control(admin, connection, control_topic),
                _check_group(admin, subscription.group_id),
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


def _check_state(
    admin: KafkaAdminClient, connection: KafkaConnection, state_topic: str | None
) -> Iterator[Finding]:
    if state_topic is None:
        return
    for topic in describe_topics(admin, connection, [state_topic], CREATE_OPTIONS):
        yield from (_access(topic, operation) for operation in ("READ", "WRITE"))


def _check_control(
    admin: KafkaAdminClient, connection: KafkaConnection, control_topic: str | None
) -> Iterator[Finding]:
    if control_topic is None:
        return
    topic = described(admin, connection, control_topic)
    yield _access(topic, "READ")
    if problem := not_compacted(admin, connection, topic):
        yield Finding(ok=False, what=problem)


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
