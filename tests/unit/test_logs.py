import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from spear_stream.ops.logs import OnceAMinute, WarnOnce, configure_logs

SECRET = 'hun"ter\\2'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def fail(message: str) -> None:
    raise ValueError(message) from KeyError(message)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_carry_level_time_logger_and_fields() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    structlog.get_logger("spear").info("started", partitions=3)
    (line,) = lines(out)
    assert line.pop("timestamp")
    assert line == {"event": "started", "level": "info", "logger": "spear", "partitions": 3}


def test_a_terminal_gets_text_and_json_can_be_forced() -> None:
    text, forced = Terminal(), Terminal()
    configure_logs(stream=text)
    structlog.get_logger("spear").warning("careful")
    configure_logs(style="json", stream=forced)
    structlog.get_logger("spear").warning("careful")
    assert "careful" in text.getvalue()
    assert not text.getvalue().startswith("{")
    assert lines(forced)[0]["event"] == "careful"


def test_levels_below_the_chosen_one_are_dropped() -> None:
    out = io.StringIO()
    configure_logs(level="warning", stream=out)
    structlog.get_logger("spear").info("no")
    structlog.get_logger("spear").warning("yes")
    assert [line["event"] for line in lines(out)] == ["yes"]


def test_libraries_are_heard_from_warning_on_in_our_format() -> None:
    out = io.StringIO()
    configure_logs(level="debug", stream=out)
    logging.getLogger("kafka.coordinator").info("no")
    logging.getLogger("kafka.coordinator").warning("lost %s", "broker")
    assert [(line["event"], line["logger"]) for line in lines(out)] == [("lost broker", "kafka.coordinator")]


def test_what_every_healthy_start_warns_of_is_no_warning() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    assignor = logging.getLogger("kafka.coordinator.assignors.sticky.sticky_assignor")
    assignor.warning("No partition metadata for topic %s", "metrics")
    assignor.warning("Partition 0 is assigned to multiple consumers")
    assert [line["event"] for line in lines(out)] == ["Partition 0 is assigned to multiple consumers"]


def test_a_library_says_the_same_once_a_minute_and_we_each_time() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    for number in range(3):
        logging.getLogger("kafka.cluster").error("refresh failed %s", number)
        message = f"attempt failed (backoff {number}.0 secs)"
        logging.getLogger("kafka.manager").error(message)
        logging.getLogger("spear").error("commit failed %s", number)
    assert [line["event"] for line in lines(out)] == [
        "refresh failed 0",
        "attempt failed (backoff 0.0 secs)",
        "commit failed 0",
        "commit failed 1",
        "commit failed 2",
    ]
    times = iter((0.0, 59.0, 61.0))
    record = logging.LogRecord("kafka", logging.ERROR, "", 0, "refresh failed", (), None)
    seldom = OnceAMinute(lambda: next(times))
    assert [seldom.filter(record) for _ in range(3)] == [True, False, True]


def test_library_warnings_reach_their_own_handlers_at_any_level() -> None:
    configure_logs(level="error", stream=io.StringIO())
    assert logging.getLogger("kafka.net.manager").isEnabledFor(logging.WARNING)


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_secret_value_never_appears(style: str) -> None:
    out = io.StringIO()
    configure_logs(style=style, secrets=[SECRET, "12345"], stream=out)
    log = structlog.get_logger("spear")
    message = f"connecting with {SECRET}"
    log.info(message, url=f"sasl://me:{SECRET}@broker", nested={"a": [SECRET, (SECRET,)]})
    log.info("objects", error=ValueError(SECRET), raw=SECRET.encode(), number=12345, **{SECRET: 1})
    logging.getLogger("kafka").warning("login %r failed", SECRET)
    try:
        fail(SECRET)
    except ValueError:
        log.exception("failed")
        logging.getLogger("kafka").exception("failed too")
    text = out.getvalue()
    assert text.count("***") >= 10
    for form in (SECRET, json.dumps(SECRET)[1:-1], "hun", "12345"):
        assert form not in text


def test_values_under_secret_names_are_hidden_and_others_are_not() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    structlog.get_logger("spear").info("x", sasl_plain_password="a", options={"API_KEY": "b"}, tokens=7)
    (line,) = lines(out)
    assert (line["sasl_plain_password"], line["options"], line["tokens"]) == ("***", {"API_KEY": "***"}, 7)


def test_exceptions_are_rendered_with_their_traceback() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    try:
        fail("why")
    except ValueError:
        structlog.get_logger("spear").exception("failed")
    shown = str(lines(out)[0]["exception"])
    assert "KeyError: 'why'" in shown
    assert "Traceback" in shown
    assert shown.endswith("ValueError: why")


def test_warn_once_warns_once_per_key_and_is_bounded() -> None:
    out = io.StringIO()
    configure_logs(stream=out)
    warn = WarnOnce(structlog.get_logger("spear"), limit=2)
    for key in ("a", "a", "b", "c", "a", "d"):
        warn(key, "series is split", series=key)
    assert [(line["event"], line.get("series")) for line in lines(out)] == [
        ("series is split", "a"),
        ("series is split", "b"),
        ("further warnings of this kind are not shown", None),
    ]
