"""Settings of the Kafka connection, the consumer group and the topics."""

from typing import Annotated, Literal

from pydantic import Field, FilePath, SecretStr

from spear_stream.ops.settings.types import (
    SECONDS,
    Group,
    KafkaName,
    Names,
    NoneTurnsOff,
    Records,
    Text,
    TopicNames,
)


class KafkaSettings(Group):
    bootstrap_servers: Names = ("localhost:9092",)
    """Brokers to ask first, host:port each."""
    input_topics: TopicNames = ()
    """Topics to read metrics from; one entry that starts with ^ is a regular expression over topic names."""
    alert_topic: KafkaName = "spear.alerts"
    """Topic that anomaly events are written to."""
    dead_letter_topic: KafkaName = "spear.dead-letters"
    """Topic for records that cannot be used, with reason, position and original bytes."""
    repartition_topic: KafkaName | None = None
    """Topic to forward records to, keyed by series, and to read them back from; for producers that do not
    key by series."""
    state_topic: Annotated[KafkaName | None, NoneTurnsOff] = "spear.state"
    """Compacted topic that keeps windows, calibration and open alerts over restarts and moves between
    workers; with `none` a restarted worker warms up anew. Its number of partitions must not change."""
    control_topic: KafkaName | None = None
    """Compacted topic of one partition that brings prompt checkpoints to running workers (`spear-stream
    prompts`); when unset the checkpoints are those of the group `model`."""
    shadow_topic: KafkaName = "spear.alerts.shadow"
    """Topic for the events that challengers would raise; used with control_topic only."""
    group_id: Text = "spear-stream"
    """Consumer group; workers of one group share the partitions."""
    group_instance_id: KafkaName | None = None
    """Static membership: a name that is unique per worker and kept over restarts (KIP-345), so that a
    restart within the session timeout does not rebalance the group. It also lets a restarted worker end
    at once the transaction that a kill left open."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to connect: SSL encrypts, SASL logs in."""
    tls_ca_file: FilePath | None = None
    """PEM file of the authorities that sign the brokers' certificates; the system's own when unset."""
    tls_cert_file: FilePath | None = None
    """PEM file of the client certificate."""
    tls_key_file: FilePath | None = None
    """PEM file of the client certificate's key."""
    tls_key_password: SecretStr | None = None
    """Password of the client certificate's key."""
    check_hostname: bool = True
    """Refuse brokers whose certificate is for another host name."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    """How to log in; needs a SASL security protocol, a user name and a password."""
    username: Text | None = None
    """User name for SASL."""
    password: SecretStr | None = None
    """Password for SASL."""
    max_poll_records: Records = 500
    """Most records of one poll. Reading pauses while a full batch of windows waits for the model (with
    overload=skip_windows: `scoring.max_pending` windows), and while a commit waits."""
    session_timeout_seconds: Annotated[float, Field(ge=6, le=1800, json_schema_extra=SECONDS)] = 45.0
    """Silence after which the group gives a worker's partitions away; the broker allows 6 to 1800 by
    default."""
    request_timeout_seconds: Annotated[float, Field(gt=0.5, lt=540, json_schema_extra=SECONDS)] = 30.0
    """Longest wait for one answer of a broker."""

    @property
    def input_pattern(self) -> str | None:
        """The regular expression of the topics to read, None when they are listed by name."""
        return self.input_topics[0] if self.input_topics and self.input_topics[0].startswith("^") else None

    @property
    def encrypted(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @property
    def authenticated(self) -> bool:
        return self.security_protocol.startswith("SASL_")
