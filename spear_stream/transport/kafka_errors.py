"""The one table that turns kafka-python's errors into errors with a policy and a cure."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from kafka import errors as kafka

from spear_stream.core.errors import BrokerError, BrokerUnavailable, PartitionsLost, WorkerFenced


class Meaning(NamedTuple):
    kind: type[BrokerError]
    text: str
    """What it means and how to cure it; {subject} is the topic or group that kafka-python names."""


TABLE: dict[type[Exception], Meaning] = {
    kafka.SaslAuthenticationFailedError: Meaning(
        BrokerError,
        "the broker refused the login; check kafka.username, kafka.password and kafka.sasl_mechanism",
    ),
    kafka.UnsupportedSaslMechanismError: Meaning(
        BrokerError, "the broker does not offer this login; set kafka.sasl_mechanism to one that it does"
    ),
    kafka.IllegalSaslStateError: Meaning(
        BrokerError,
        "this listener of the broker expects no login; check kafka.security_protocol and the port",
    ),
    kafka.TopicAuthorizationFailedError: Meaning(
        BrokerError,
        "no access to topic {subject}; allow the user of kafka.username Describe and Read on topics to read, "
        "Describe and Write on topics to write",
    ),
    kafka.GroupAuthorizationFailedError: Meaning(
        BrokerError,
        "no access to the consumer group; allow the user of kafka.username Read on kafka.group_id",
    ),
    kafka.ClusterAuthorizationFailedError: Meaning(
        BrokerError, "the cluster refused it; allow the user of kafka.username IdempotentWrite on the cluster"
    ),
    kafka.UnknownTopicOrPartitionError: Meaning(
        BrokerError, "the topic or partition does not exist; create it, or correct its name in the settings"
    ),
    kafka.InvalidTopicError: Meaning(
        BrokerError, "not a legal topic name; use letters, digits, dot, dash and underscore, 249 at most"
    ),
    kafka.MessageSizeTooLargeError: Meaning(
        BrokerError, "a record is larger than allowed; raise max.message.bytes of the topic"
    ),
    kafka.RecordListTooLargeError: Meaning(
        BrokerError, "a batch of records is larger than a log segment; raise segment.bytes of the topic"
    ),
    kafka.FencedInstanceIdError: Meaning(
        WorkerFenced, "another process uses the same kafka.group_instance_id; give every worker its own"
    ),
    kafka.ProducerFencedError: Meaning(
        WorkerFenced,
        "another process writes under this worker's transactional id; give every worker its own "
        "kafka.group_instance_id, and let one that was replaced rest",
    ),
    kafka.TransactionalIdAuthorizationFailedError: Meaning(
        BrokerError,
        "no access to the transactional id; allow the user of kafka.username Describe and Write on "
        "transactional ids that start with kafka.group_id, or set service.delivery to at_least_once",
    ),
    kafka.InvalidProducerIdMappingError: Meaning(
        BrokerUnavailable,
        "the broker forgot the transactional id, as it does when no commit came for "
        "transactional.id.expiration.ms (7 days); the next one begins anew",
    ),
    kafka.InvalidTransactionTimeoutError: Meaning(
        BrokerError,
        "the broker allows no such transaction timeout; lower service.drain_seconds, or raise its "
        "transaction.max.timeout.ms",
    ),
    kafka.InvalidSessionTimeoutError: Meaning(
        BrokerError,
        "the broker allows no such kafka.session_timeout_seconds; see its group.min.session.timeout.ms",
    ),
    kafka.InconsistentGroupProtocolError: Meaning(
        BrokerError,
        "members of this group use another assignor than cooperative-sticky; choose another kafka.group_id",
    ),
    kafka.RebalanceInProgressError: Meaning(
        BrokerUnavailable, "the group is rebalancing; poll again, then commit what is still owned"
    ),
    kafka.CommitFailedError: Meaning(
        PartitionsLost,
        "the group went on without this worker; what was not committed is read again by another",
    ),
    ssl.SSLCertVerificationError: Meaning(
        BrokerError,
        "the broker's certificate is not trusted; set kafka.tls_ca_file to the authority that signed it, and "
        "kafka.bootstrap_servers to the name that it is for",
    ),
    kafka.KafkaConnectionError: Meaning(
        BrokerUnavailable,
        # A broker refuses a login and closes at once; kafka-python drops an answer that it reads together
        # with the end of the connection.
        "no connection; check that the broker runs, its address and kafka.security_protocol, and with SASL "
        "kafka.username and kafka.password: a broker closes the connection when the login is wrong",
    ),
    ssl.SSLError: Meaning(
        BrokerUnavailable,
        "TLS failed; check that the port speaks TLS, and kafka.tls_ca_file, kafka.tls_cert_file and "
        "kafka.tls_key_file",
    ),
    kafka.InvalidReceiveError: Meaning(
        BrokerError, "the answer is no Kafka; check kafka.security_protocol and the port"
    ),
    kafka.IncompatibleBrokerVersion: Meaning(
        BrokerError, "the server lacks what is needed; check that the port is a broker's and no controller's"
    ),
    kafka.KafkaConfigurationError: Meaning(BrokerError, "the Kafka client refuses these settings"),
}
"""Errors that are not here keep kafka-python's own judgement: retriable or not."""


def translate(error: Exception, doing: str) -> BrokerError:
    """`doing` says what was tried with which server, topic or group."""
    meaning = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
    if meaning is None:
        for cause in error.args:  # a send behind a failure says so, and names that failure second
            if isinstance(cause, Exception):
                return translate(cause, doing)
        retriable = getattr(error, "retriable", False)
        return (BrokerUnavailable if retriable else BrokerError)(f"{doing}: {error}")
    return meaning.kind(f"{doing}: {meaning.text.format(subject=_subject(error))} ({error})")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raises BrokerError or one of its children in place of kafka-python's errors."""
    try:
        yield
    except kafka.KafkaError as error:
        raise translate(error, doing) from error


def _subject(error: Exception) -> str:
    named = error.args[0] if error.args else "unknown"
    return ", ".join(sorted(named)) if isinstance(named, set | frozenset) else str(named)
