"""Settings that are each right and together wrong."""

from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.ops.settings import load_settings, parse_pairs, require_input


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            {"kafka__security_protocol": "SASL_SSL"},
            "needs SPEAR_KAFKA__SASL_MECHANISM, SPEAR_KAFKA__USERNAME",
        ),
        ({"kafka__bootstrap_servers": ","}, "SPEAR_KAFKA__BOOTSTRAP_SERVERS=, (flag)"),
        ({"kafka__password": "p"}, "SPEAR_KAFKA__PASSWORD would not be used"),
        ({"kafka__tls_ca_file": __file__}, "SPEAR_KAFKA__TLS_CA_FILE would not be used"),
        (
            {"kafka__tls_cert_file": __file__, "kafka__security_protocol": "SSL"},
            "SPEAR_KAFKA__TLS_CERT_FILE and SPEAR_KAFKA__TLS_KEY_FILE need each other",
        ),
        ({"kafka__input_topics": "a,spear.alerts"}, "SPEAR_KAFKA__INPUT_TOPICS includes spear.alerts"),
        ({"kafka__input_topics": r"^spear\.dead"}, "SPEAR_KAFKA__INPUT_TOPICS includes spear.dead-letters"),
        ({"kafka__input_topics": "a,^b"}, "one regular expression, not both"),
        ({"kafka__input_topics": "^("}, "must be a regular expression"),
        ({"kafka__alert_topic": "x", "kafka__dead_letter_topic": "x"}, "must be different topics"),
        ({"input__format": "influx", "input__ts_path": "t"}, "SPEAR_INPUT__TS_PATH would not be used"),
        ({"input__values": "a=b", "input__value_path": "v"}, "SPEAR_INPUT__VALUES replaces"),
        ({"scoring__max_pending": 10}, "SPEAR_SCORING__MAX_BATCH_WINDOWS=256 must not be above"),
        ({"scoring__skip_after_seconds": 9}, "SPEAR_SCORING__OVERLOAD=delay; set it to skip_windows"),
        ({"alerts__close_score": 0.9}, "SPEAR_ALERTS__CLOSE_SCORE=0.9 must not be above"),
        ({"alerts__critical_score": 0.01}, "must not be above SPEAR_ALERTS__CRITICAL_SCORE"),
        (
            {"service__drain_seconds": 60},
            "POLL_TIMEOUT_SECONDS + 2 x SPEAR_SERVICE__DRAIN_SECONDS = 120.2, or /livez fails",
        ),
        (
            {"http__stall_seconds": 25, "service__poll_timeout_seconds": 30},
            "SPEAR_HTTP__STALL_SECONDS=25 must be above SPEAR_SERVICE__POLL_TIMEOUT_SECONDS",
        ),
    ],
)
def test_settings_that_do_not_go_together(flags: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({name.replace("__", "."): value for name, value in flags.items()})
    (line,) = str(caught.value).splitlines()
    assert expected in line


def test_without_endpoints_nobody_asks_whether_the_loop_stalls() -> None:
    assert load_settings({"service.drain_seconds": 600, "http.port": 0}).service.drain_seconds == 600


def test_only_the_daemon_needs_a_topic() -> None:
    with pytest.raises(ConfigError, match="SPEAR_KAFKA__INPUT_TOPICS is not set"):
        require_input(load_settings())
    require_input(load_settings({"kafka.input_topics": "metrics"}))


def test_a_pair_without_an_equals_sign_is_refused_and_no_secret_shown() -> None:
    with pytest.raises(ConfigError, match=r"--set kafka\.password\.\.\.: expected NAME=VALUE") as caught:
        parse_pairs(["kafka.password:hunter2"])
    assert "hunter2" not in str(caught.value)
