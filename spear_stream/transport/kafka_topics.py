"""What the broker says about topics: partitions, and what we may do with them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import UnknownTopicOrPartitionError, for_code

from spear_stream.core.errors import BrokerError
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import translate, translated

NO_ERROR = 0
ANY_NUMBER = " --partitions N"
CLEANUP = "cleanup.policy"
CREATE = "kafka-topics.sh --bootstrap-server {server} --create --topic {topic}{options}"


@dataclass(frozen=True)
class Topic:
    name: str
    partitions: int
    operations: frozenset[str]
    """What the broker lets us do, such as READ and WRITE; everything where it has no access control."""
    id: str = ""
    """Another one when the topic is deleted and created anew (KIP-516); empty before Kafka 2.8."""
    problem: BrokerError | None = None
    """Why the topic cannot be used."""


@contextmanager
def administering(connection: KafkaConnection) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end. Raises what connect() raises."""
    admin = connect(KafkaAdminClient, connection)
    try:
        yield admin
    finally:
        admin.close()


def describe_topics(
    admin: KafkaAdminClient,
    connection: KafkaConnection,
    names: Sequence[str] | None,
    options: str = ANY_NUMBER,
) -> list[Topic]:
    """The named topics, missing ones too; all that we may see when `names` is None. Raises BrokerError."""
    with translated(f"asking {connection.servers} for topics"):
        found = admin.describe_topics(None if names is None else list(names))
    return [_topic(description, connection, options) for description in found]


def require_topics(
    connection: KafkaConnection, names: Sequence[str], options: str = ANY_NUMBER
) -> list[Topic]:
    """The topics. Raises BrokerError for one that does not exist or that we may not see.

    options: of the command that a message gives as the cure, to create the topic.
    """
    with administering(connection) as admin:
        topics = describe_topics(admin, connection, names, options)
    for topic in topics:
        if topic.problem:
            raise topic.problem
    return topics


def topic_config(admin: KafkaAdminClient, connection: KafkaConnection, topic: str) -> dict[str, str]:
    """The settings of a topic by name; empty for a missing or hidden topic. Raises BrokerError."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    with translated(f"asking {connection.servers} for the settings of topic {topic}"):
        found = admin.describe_configs([resource], config_filter="all")["topic"][topic]
    return {name: entry["value"] for name, entry in found.items()}


def not_compacted(
    config: Mapping[str, str], connection: KafkaConnection, topic: str, loss: str
) -> str | None:
    """Why a topic with these settings does not keep the newest record of every key, with the cure; None when
    it does. loss: what happens then.
    """
    policy = config[CLEANUP]
    if policy == "compact":
        return None
    alter = f"kafka-configs.sh --bootstrap-server {connection.bootstrap_servers[0]} --alter --topic {topic}"
    return (
        f"topic {topic}: {CLEANUP} is {policy}; "
        f"set it to compact ({alter} --add-config {CLEANUP}=compact), or {loss}"
    )


def topic_ids(connection: KafkaConnection, names: Collection[str]) -> dict[str, str]:
    """Ids of those topics that have one. Raises BrokerError, BrokerUnavailable."""
    with administering(connection) as admin:
        return {
            topic.name: topic.id for topic in describe_topics(admin, connection, sorted(names)) if topic.id
        }


def _topic(description: dict[str, Any], connection: KafkaConnection, options: str) -> Topic:
    name, code = description["name"], description["error_code"]
    return Topic(
        name=name,
        partitions=len(description["partitions"]),
        operations=frozenset(description["authorized_operations"] or ()),
        id=str(description.get("topic_id") or ""),
        problem=None if code == NO_ERROR else _problem(for_code(code)(name), name, connection, options),
    )


def _problem(error: Exception, name: str, connection: KafkaConnection, options: str) -> BrokerError:
    if isinstance(error, UnknownTopicOrPartitionError):
        create = CREATE.format(server=connection.bootstrap_servers[0], topic=name, options=options)
        return BrokerError(
            f"topic {name} does not exist on {connection.servers}; "
            f"create it ({create}) or correct its name in the settings"
        )
    return translate(error, f"topic {name}")
