"""Connection settings and error meanings, without a broker."""

import ssl

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import errors as kafka

from spear_stream.core.errors import (
    BrokerError,
    BrokerUnavailable,
    ConfigError,
    PartitionsLost,
    WorkerFenced,
)
from spear_stream.transport.kafka_client import KafkaConnection, connect
from spear_stream.transport.kafka_errors import TABLE, translate, translated
from spear_stream.transport.kafka_subscription import Subscription

SECURE = KafkaConnection(
    ("k1:9093", "k2:9093"),
    security_protocol="SASL_SSL",
    tls_ca_file="ca.pem",
    tls_cert_file="cert.pem",
    tls_key_file="key.pem",
    tls_key_password="key-secret",
    check_hostname=False,
    sasl_mechanism="SCRAM-SHA-512",
    username="spear",
    password="login-secret",
    connect_timeout=2.0,
    request_timeout=7.5,
)


def test_security_settings_reach_the_client_under_its_own_names() -> None:
    arguments = SECURE.arguments()
    expected = {
        "bootstrap_servers": ["k1:9093", "k2:9093"],
        "security_protocol": "SASL_SSL",
        "ssl_cafile": "ca.pem",
        "ssl_certfile": "cert.pem",
        "ssl_keyfile": "key.pem",
        "ssl_password": "key-secret",
        "ssl_check_hostname": False,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "spear",
        "sasl_plain_password": "login-secret",
        "bootstrap_timeout_ms": 2000,
        "request_timeout_ms": 7500,
    }
    assert expected.items() <= arguments.items()


@pytest.mark.parametrize("client", [KafkaConsumer, KafkaProducer, KafkaAdminClient])
def test_every_client_knows_every_argument(client: type) -> None:
    assert SECURE.arguments().keys() <= client.DEFAULT_CONFIG.keys()


def test_a_consumer_never_commits_or_skips_on_its_own() -> None:
    arguments = Subscription("group", ("topic",), group_instance_id="worker-1").arguments()
    assert arguments.keys() <= KafkaConsumer.DEFAULT_CONFIG.keys()
    assert arguments["enable_auto_commit"] is False
    assert arguments["auto_offset_reset"] == "earliest"
    assert arguments["isolation_level"] == "read_committed"
    assert [assignor.name for assignor in arguments["partition_assignment_strategy"]] == [
        "cooperative-sticky"
    ]
    assert arguments["group_instance_id"] == "worker-1"


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(SECURE)


def test_an_address_without_a_number_is_a_setting_at_fault() -> None:
    with pytest.raises(ConfigError, match=r"kafka\.bootstrap_servers"):
        connect(KafkaAdminClient, KafkaConnection(("localhost:ninety",)))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (kafka.SaslAuthenticationFailedError("no"), BrokerError, "kafka.password"),
        (kafka.TopicAuthorizationFailedError({"b", "a"}), BrokerError, "topic a, b; allow"),
        (kafka.GroupAuthorizationFailedError("g"), BrokerError, "Read on kafka.group_id"),
        (kafka.UnknownTopicOrPartitionError(), BrokerError, "create it"),
        (kafka.MessageSizeTooLargeError(), BrokerError, "max.message.bytes"),
        (kafka.FencedInstanceIdError(), WorkerFenced, "kafka.group_instance_id"),
        (kafka.CommitFailedError(), PartitionsLost, "read again"),
        (kafka.RebalanceInProgressError(), BrokerUnavailable, "poll again"),
        (kafka.InvalidProducerIdMappingError(), BrokerUnavailable, "the next one begins anew"),
        (kafka.KafkaTimeoutError("slow"), BrokerUnavailable, "slow"),
        (kafka.NotLeaderForPartitionError(), BrokerUnavailable, "NotLeader"),
        (kafka.IncompatibleBrokerVersion(), BrokerError, "controller"),
        (kafka.UnknownError("odd"), BrokerError, "odd"),
        (ssl.SSLCertVerificationError("self-signed"), BrokerError, "kafka.tls_ca_file"),
        (ssl.SSLError("eof"), BrokerUnavailable, "TLS failed"),
    ],
)
def test_errors_get_a_policy_and_a_cure(error: Exception, kind: type[BrokerError], words: str) -> None:
    translated_error = translate(error, "doing it")
    assert type(translated_error) is kind
    assert str(translated_error).startswith("doing it: ")
    assert words in str(translated_error)


@pytest.mark.parametrize("kind", TABLE)
def test_every_meaning_can_be_told_of_an_error_without_arguments(kind: type[Exception]) -> None:
    assert str(translate(kind(), "doing it"))


def test_the_cause_is_kept_and_other_errors_pass() -> None:
    with pytest.raises(BrokerUnavailable) as raised, translated("doing it"):
        raise kafka.KafkaTimeoutError("slow")
    assert isinstance(raised.value.__cause__, kafka.KafkaTimeoutError)
    with pytest.raises(KeyError), translated("doing it"):
        raise KeyError("a bug stays a bug")


@pytest.mark.parametrize(
    ("cause", "kind", "said"),
    [
        (kafka.TopicAuthorizationFailedError({"alerts"}), BrokerError, "no access to topic alerts; allow"),
        (kafka.ProducerFencedError(), WorkerFenced, "another process writes"),
        (kafka.RebalanceInProgressError(), BrokerUnavailable, "rebalancing"),
        # After a week without input; kafka-python wraps it once more.
        (kafka.KafkaError(kafka.InvalidProducerIdMappingError()), BrokerUnavailable, "7 days"),
    ],
)
def test_a_send_behind_a_failure_is_told_as_that_failure(
    cause: Exception, kind: type[BrokerError], said: str
) -> None:
    told = translate(kafka.KafkaError("a previous request has failed", cause), "doing it")
    assert type(told) is kind
    assert said in str(told)
