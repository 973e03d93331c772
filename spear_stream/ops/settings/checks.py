"""What settings must agree on; each problem is one line that names the variables and the cure."""

import re
from collections.abc import Iterator

from spear_stream.core.errors import ConfigError
from spear_stream.ops.settings.groups import InputSettings, ScoringSettings
from spear_stream.ops.settings.kafka import KafkaSettings
from spear_stream.ops.settings.model import Settings

DEFAULT_INPUT = InputSettings()
DEFAULT_SCORING = ScoringSettings()
PATHS = ("series_paths", "ts_path", "value_path", "values", "records_path")


def problems(settings: Settings) -> Iterator[str]:
    """Each value is fine alone, but these do not go together."""
    yield from _topics(settings.kafka)
    yield from _tls(settings.kafka)
    yield from _login(settings.kafka)
    yield from _input(settings.input)
    yield from _scoring_and_alerts(settings)
    yield from _health(settings)


def require_input(settings: Settings) -> None:
    """Raises ConfigError when there is no topic to read; only the daemon needs one."""
    if not settings.kafka.input_topics:
        raise ConfigError("SPEAR_KAFKA__INPUT_TOPICS is not set: name the topics to read metrics from")


def _topics(kafka: KafkaSettings) -> Iterator[str]:
    outputs = {
        "SPEAR_KAFKA__ALERT_TOPIC": kafka.alert_topic,
        "SPEAR_KAFKA__DEAD_LETTER_TOPIC": kafka.dead_letter_topic,
        "SPEAR_KAFKA__REPARTITION_TOPIC": kafka.repartition_topic,
        "SPEAR_KAFKA__STATE_TOPIC": kafka.state_topic,
        "SPEAR_KAFKA__CONTROL_TOPIC": kafka.control_topic,
        "SPEAR_KAFKA__SHADOW_TOPIC": kafka.control_topic and kafka.shadow_topic,
    }
    used = [topic for topic in outputs.values() if topic]
    if len(set(used)) < len(used):
        yield f"{', '.join(outputs)} must be different topics, got {', '.join(used)}"
    if len(kafka.input_topics) > 1 and any(topic.startswith("^") for topic in kafka.input_topics):
        yield "SPEAR_KAFKA__INPUT_TOPICS must be topic names or one regular expression, not both"
    for name, topic in outputs.items():
        if topic and _reads(kafka, topic):
            yield (
                f"SPEAR_KAFKA__INPUT_TOPICS includes {topic} of {name}: the worker would read its own "
                "topic; use another topic or a narrower expression"
            )


def _reads(kafka: KafkaSettings, topic: str) -> bool:
    if kafka.input_pattern:
        return re.match(kafka.input_pattern, topic) is not None
    return topic in kafka.input_topics


def _tls(kafka: KafkaSettings) -> Iterator[str]:
    files = ("tls_ca_file", "tls_cert_file", "tls_key_file", "tls_key_password")
    given = [f"SPEAR_KAFKA__{field.upper()}" for field in files if getattr(kafka, field) is not None]
    if given and not kafka.encrypted:
        yield f"{', '.join(given)} would not be used with {_protocol(kafka)}; set it to SSL or SASL_SSL"
    if (kafka.tls_cert_file is None) != (kafka.tls_key_file is None):
        yield "SPEAR_KAFKA__TLS_CERT_FILE and SPEAR_KAFKA__TLS_KEY_FILE need each other: set both or neither"


def _login(kafka: KafkaSettings) -> Iterator[str]:
    fields = ("sasl_mechanism", "username", "password")
    given = [f"SPEAR_KAFKA__{field.upper()}" for field in fields if getattr(kafka, field) is not None]
    missing = [f"SPEAR_KAFKA__{field.upper()}" for field in fields if getattr(kafka, field) is None]
    if kafka.authenticated and missing:
        yield f"{_protocol(kafka)} needs {', '.join(missing)}"
    if given and not kafka.authenticated:
        yield f"{', '.join(given)} would not be used with {_protocol(kafka)}; set it to SASL_SSL"


def _protocol(kafka: KafkaSettings) -> str:
    return f"SPEAR_KAFKA__SECURITY_PROTOCOL={kafka.security_protocol}"


def _input(settings: InputSettings) -> Iterator[str]:
    changed = [path for path in PATHS if getattr(settings, path) != getattr(DEFAULT_INPUT, path)]
    names = ", ".join(f"SPEAR_INPUT__{path.upper()}" for path in changed)
    if changed and settings.format != "json":
        yield f"{names} would not be used with SPEAR_INPUT__FORMAT={settings.format}; set it to json"
    if settings.values and "value_path" in changed:
        yield "SPEAR_INPUT__VALUES replaces SPEAR_INPUT__VALUE_PATH; set one of them"


def _scoring_and_alerts(settings: Settings) -> Iterator[str]:
    scoring, alerts = settings.scoring, settings.alerts
    if scoring.max_batch_windows > scoring.max_pending:
        yield (
            f"SPEAR_SCORING__MAX_BATCH_WINDOWS={scoring.max_batch_windows} must not be above "
            f"SPEAR_SCORING__MAX_PENDING={scoring.max_pending}"
        )
    if scoring.overload == "delay" and scoring.skip_after_seconds != DEFAULT_SCORING.skip_after_seconds:
        yield (
            "SPEAR_SCORING__SKIP_AFTER_SECONDS would not be used with SPEAR_SCORING__OVERLOAD=delay; "
            "set it to skip_windows"
        )
    if alerts.close_score > alerts.open_score:
        yield (
            f"SPEAR_ALERTS__CLOSE_SCORE={alerts.close_score} must not be above "
            f"SPEAR_ALERTS__OPEN_SCORE={alerts.open_score}"
        )
    if alerts.no_data and alerts.silent_seconds is None:
        yield (
            f"SPEAR_ALERTS__NO_DATA={alerts.no_data} needs SPEAR_ALERTS__SILENT_SECONDS, which says when "
            "a series is silent; it is none"
        )
    if alerts.warning_score > alerts.critical_score:
        yield (
            f"SPEAR_ALERTS__WARNING_SCORE={alerts.warning_score} must not be above "
            f"SPEAR_ALERTS__CRITICAL_SCORE={alerts.critical_score}"
        )


def _health(settings: Settings) -> Iterator[str]:
    """In a step the main loop may wait for a poll, for what a revoke settles, and for a commit: a healthy
    worker would be restarted.
    """
    service, http = settings.service, settings.http
    longest = service.poll_timeout_seconds + 2 * service.drain_seconds
    if http.port and http.stall_seconds <= longest:
        yield (
            f"SPEAR_HTTP__STALL_SECONDS={http.stall_seconds:g} must be above "
            f"SPEAR_SERVICE__POLL_TIMEOUT_SECONDS + 2 x SPEAR_SERVICE__DRAIN_SECONDS = {longest:g}, or "
            "/livez fails while the main loop waits that long: raise it"
        )
