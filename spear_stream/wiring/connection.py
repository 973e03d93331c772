"""How to reach Kafka, from the settings."""

from pydantic import SecretStr

from spear_stream.ops.settings import Settings
from spear_stream.transport.kafka_client import KafkaConnection


def connection_of(settings: Settings) -> KafkaConnection:
    kafka = settings.kafka
    return KafkaConnection(
        bootstrap_servers=kafka.bootstrap_servers,
        security_protocol=kafka.security_protocol,
        tls_ca_file=_text(kafka.tls_ca_file),
        tls_cert_file=_text(kafka.tls_cert_file),
        tls_key_file=_text(kafka.tls_key_file),
        tls_key_password=_secret(kafka.tls_key_password),
        check_hostname=kafka.check_hostname,
        sasl_mechanism=kafka.sasl_mechanism,
        username=kafka.username,
        password=_secret(kafka.password),
        request_timeout=kafka.request_timeout_seconds,
    )


def _text(path: object) -> str | None:
    return None if path is None else str(path)


def _secret(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
