"""How to reach Kafka, and connecting with an error that says what stands in the way."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ssl import SSLError
from typing import Any, TypeVar

from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from spear_stream.core.errors import BrokerError, ConfigError, SpearError
from spear_stream.transport.kafka_errors import translate

Client = TypeVar("Client")
LEAST_CONNECT, LEAST_REQUEST = 0.1, 1.0
"""Seconds that are tried for, however little time is left."""


@dataclass(frozen=True)
class KafkaConnection:
    """The settings of the group `kafka` that every client needs; times in seconds.

    All that kafka-python is to know is passed to it here: it reads no environment.
    """

    bootstrap_servers: tuple[str, ...]
    client_id: str = "spear-stream"
    security_protocol: str = "PLAINTEXT"
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
    tls_ca_file: str | None = None
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    tls_key_password: str | None = field(default=None, repr=False)
    check_hostname: bool = True
    sasl_mechanism: str | None = None
    """PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_timeout: float = 10.0
    request_timeout: float = 30.0
    """Longest wait for one answer of a broker; more than 0.5, which a broker may wait for data."""

    @property
    def servers(self) -> str:
        return ", ".join(self.bootstrap_servers)

    @property
    def request_timeout_ms(self) -> int:
        return int(self.request_timeout * 1000)

    def within(self, seconds: float) -> "KafkaConnection":
        """The same, but waiting for nothing longer than so many seconds, or than a moment."""
        return replace(
            self,
            connect_timeout=min(self.connect_timeout, max(LEAST_CONNECT, seconds)),
            request_timeout=min(self.request_timeout, max(LEAST_REQUEST, seconds)),
        )

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of kafka-python's consumer, producer and admin client."""
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
            "ssl_cafile": self.tls_ca_file,
            "ssl_certfile": self.tls_cert_file,
            "ssl_keyfile": self.tls_key_file,
            "ssl_password": self.tls_key_password,
            "ssl_check_hostname": self.check_hostname,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "bootstrap_timeout_ms": int(self.connect_timeout * 1000),
            "request_timeout_ms": self.request_timeout_ms,
            # The default of 30 s would keep a worker away for that long after its broker came back.
            "reconnect_backoff_max_ms": 1000,
        }


def connect(client: Callable[..., Client], connection: KafkaConnection, **arguments: Any) -> Client:
    """A consumer, producer or admin client that has reached a broker.

    Raises BrokerUnavailable after `connect_timeout`, BrokerError when a retry cannot help
    (login, protocol), ConfigError when the settings are no address.
    """
    doing = f"connecting to Kafka at {connection.servers} (kafka.bootstrap_servers)"
    attempts = _Attempts()
    logger = logging.getLogger("kafka.net.manager")
    logger.addHandler(attempts)
    networks: list[KafkaNetClient] = []
    try:
        return client(**connection.arguments(), **arguments, kafka_client=_remembering(networks))
    except (KafkaError, ValueError) as error:
        for network in networks:  # a constructor that fails leaves its I/O thread behind
            network.close()
        raise _refusal(error, attempts, doing) from error
    finally:
        logger.removeHandler(attempts)


def _remembering(networks: list[KafkaNetClient]) -> Callable[..., KafkaNetClient]:
    def create(**arguments: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**arguments))
        return networks[-1]

    return create


def _refusal(error: Exception, attempts: "_Attempts", doing: str) -> SpearError:
    if isinstance(error, KafkaTimeoutError):
        return attempts.verdict(error, doing)
    if isinstance(error, KafkaError):
        return translate(error, doing)
    return ConfigError(f"{doing}: {error}; give host:port")


class _Attempts(logging.Handler):
    """Why each attempt failed: kafka-python tries again after any failure, a wrong password
    too, and raises in the end only that it could not bootstrap; the causes are in its log.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._causes: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        self._causes += [_origin(value) for value in arguments if isinstance(value, Exception)]

    def verdict(self, timeout: Exception, doing: str) -> BrokerError:
        """The first failure that no retry cures, else the last one."""
        failures = [
            translate(cause, doing) for cause in self._causes if not isinstance(cause, KafkaTimeoutError)
        ]
        lasting = (failure for failure in failures if not failure.retriable)
        return next(lasting, failures[-1] if failures else translate(timeout, doing))


def _origin(error: Exception) -> Exception:
    """The TLS failure that kafka-python wraps as a lost connection, else the error itself."""
    return error.__context__ if isinstance(error.__context__, SSLError) else error
