"""The daemon's service on Kafka."""

import re
from collections.abc import Callable
from uuid import uuid4

from spear_stream.core.challenge import Challenge
from spear_stream.core.control import FixedPrompts, Prompts, RolloutTelemetry
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import Scorer, Transaction
from spear_stream.core.records import TopicPartition
from spear_stream.core.rollout import Rollout
from spear_stream.core.tolerant import FittingScorer, TolerantScorer
from spear_stream.model.loading import prompt_chooser
from spear_stream.model.scorer import FrozenScorer
from spear_stream.ops.clock import SystemClock
from spear_stream.ops.settings import Settings
from spear_stream.ops.telemetry import LoggedTelemetry
from spear_stream.service import Ports, Service
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.kafka_check import Finding, check_kafka
from spear_stream.transport.kafka_client import KafkaConnection
from spear_stream.transport.kafka_control import KafkaControl
from spear_stream.transport.kafka_forwarder import KafkaForwarder
from spear_stream.transport.kafka_producer import AcknowledgedProducer, Producer
from spear_stream.transport.kafka_sink import KafkaSink
from spear_stream.transport.kafka_source import KafkaSource
from spear_stream.transport.kafka_state import KafkaState
from spear_stream.transport.kafka_subscription import Subscription
from spear_stream.transport.kafka_transaction import Identity, KafkaTransaction
from spear_stream.wiring.common import MakePrompts, build_service, decode_limits, input_decoder, pace, scorer
from spear_stream.wiring.connection import connection_of

TRANSACTION_MARGIN = 5.0
"""Seconds that a transaction may be open beyond the deadline of the commit that opened it."""


def kafka_service(
    settings: Settings,
    telemetry: LoggedTelemetry,
    rollout: RolloutTelemetry,
    stopped: Callable[[], bool] = lambda: False,
) -> Service:
    """stopped: whether the worker was asked to stop; reading the control topic and a restore end by it.

    Raises CheckpointError, ConfigError, BrokerUnavailable or BrokerError.
    """
    model = scorer(settings)
    for prompt in range(1 + len(settings.model.tenants)):
        telemetry.checkpoint(model.describe(prompt))
    kafka = settings.kafka
    connection, repartition = connection_of(settings), kafka.repartition_topic

    def forwards(partition: TopicPartition) -> bool:
        return repartition is not None and partition.topic != repartition

    source, fitting = KafkaSource(connection, subscription_of(settings)), FittingScorer(model, telemetry)
    producer, transaction = _producer(settings, connection, source, telemetry)
    ports = Ports(
        source=source,
        decoder=input_decoder(settings),
        scorer=TolerantScorer(fitting, telemetry),
        sink=KafkaSink(producer, kafka.alert_topic, kafka.dead_letter_topic),
        telemetry=telemetry,
        clock=SystemClock(),
        forwarder=None if repartition is None else KafkaForwarder(producer, repartition),
        forwards=forwards,
        forwarded=None if repartition is None else make_decoder("json", limits=decode_limits(settings)),
        state=None
        if kafka.state_topic is None
        else KafkaState(connection, kafka.state_topic, kafka.group_id, producer, stopped),
        transaction=transaction,
        stopped=stopped,
    )
    prompts = _prompts(settings, model, fitting, producer, rollout, stopped)
    return build_service(settings, ports, model, prompts)


def _prompts(
    settings: Settings,
    model: FrozenScorer,
    challengers: Scorer,
    producer: Producer,
    telemetry: RolloutTelemetry,
    stopped: Callable[[], bool],
) -> MakePrompts:
    """What follows the control topic, once there is a fleet. challengers: scores for them."""
    kafka = settings.kafka
    if kafka.control_topic is None:
        return lambda _: FixedPrompts()
    control = KafkaControl(connection_of(settings), kafka.control_topic, stopped)
    sink = KafkaSink(producer, kafka.shadow_topic, kafka.dead_letter_topic)

    def make(fleet: Fleet) -> Prompts:
        challenge = Challenge(challengers, fleet, sink, telemetry, settings.alerts.open_score)
        base = prompt_chooser(list(settings.model.tenants))
        return Rollout(control, model, fleet, telemetry, challenge, base, SystemClock().monotonic)

    return make


def _producer(
    settings: Settings, connection: KafkaConnection, source: KafkaSource, telemetry: LoggedTelemetry
) -> tuple[Producer, Transaction | None]:
    """One producer for all outputs, so that they can share a transaction."""
    kafka = settings.kafka
    shadow = kafka.control_topic and kafka.shadow_topic
    wanted = (kafka.alert_topic, kafka.dead_letter_topic, kafka.repartition_topic, kafka.state_topic, shadow)
    topics = [topic for topic in wanted if topic is not None]
    if settings.service.delivery == "at_least_once":
        return AcknowledgedProducer(connection, topics), None
    identity = Identity(
        f"{kafka.group_id}.{kafka.group_instance_id or uuid4()}",
        settings.service.drain_seconds + TRANSACTION_MARGIN,
    )
    transaction = KafkaTransaction(connection, identity, topics, source, telemetry.transaction)
    return transaction, transaction


def check_broker(settings: Settings) -> list[Finding]:
    """What stands in the way of reading the inputs and writing the outputs; changes nothing."""
    kafka = settings.kafka
    shadow = [] if kafka.control_topic is None else [kafka.shadow_topic]
    once = settings.service.delivery == "exactly_once"
    return check_kafka(
        connection_of(settings),
        subscription_of(settings, with_repartition=False),
        [kafka.alert_topic, kafka.dead_letter_topic, *shadow],
        state_topic=kafka.state_topic,
        repartition_topic=kafka.repartition_topic,
        control_topic=kafka.control_topic,
        transaction_timeout=settings.service.drain_seconds + TRANSACTION_MARGIN if once else None,
    )


def subscription_of(settings: Settings, *, with_repartition: bool = True) -> Subscription:
    kafka = settings.kafka
    pattern, topics = kafka.input_pattern, kafka.input_topics
    if with_repartition and kafka.repartition_topic is not None:
        pattern = None if pattern is None else f"(?:{pattern})|^{re.escape(kafka.repartition_topic)}$"
        topics = (*topics, kafka.repartition_topic)
    return Subscription(
        group_id=kafka.group_id,
        topics=() if pattern else topics,
        pattern=pattern,
        group_instance_id=kafka.group_instance_id,
        max_poll_records=kafka.max_poll_records,
        session_timeout=kafka.session_timeout_seconds,
        max_poll_interval=max(pace(settings).longest_silence, kafka.session_timeout_seconds),
    )
