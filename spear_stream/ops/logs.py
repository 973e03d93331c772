"""Logs: JSON lines for machines, colours on a terminal, and never a secret."""

import logging
import sys
import time
from collections.abc import Callable, Hashable, Iterable
from math import inf
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "***"
SECRET_KEYS = ("password", "passwd", "secret", "token", "credentials", "authorization", "api_key")
"""A key that ends in one of these has its value hidden, whatever it is."""
QUIET = ("kafka", "asyncio", "urllib3", "transformers", "torch")
"""Libraries whose debug and info lines say nothing about this worker; only their warnings are logged."""
HEALTHY = "No partition metadata for topic"
"""The Kafka client warns so at every start of topics whose partitions it learns a moment later. Of a topic
that does not exist this worker tells itself."""

REPEAT_SECONDS = 60.0


def configure_logs(
    level: str = "info",
    style: str = "auto",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send structlog and stdlib logging to `stream` (standard output when None).

    style: `json`, `console`, or `auto` for console on a terminal and JSON elsewhere.
    secrets: values that are hidden wherever they turn up, tracebacks included.
    """
    out = stream or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    _configure_structlog(shared)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Redactor(secrets),
            _renderer(style, out),
        ],
    )
    _configure_stdlib(level, formatter, out)


def _configure_structlog(shared: list[Processor]) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _configure_stdlib(level: str, formatter: logging.Formatter, out: TextIO) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    handler.setLevel(level.upper())
    handler.addFilter(OnceAMinute())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class OnceAMinute(logging.Filter):
    """Lets every line of code of the libraries in QUIET speak once a minute, whatever it says but HEALTHY.

    While its broker is away, kafka-python repeats the same few messages twenty times a second. Some of them
    are put together before they are logged, so the text would not tell that it is the same message.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(QUIET):
            return True
        if str(record.msg).startswith(HEALTHY):
            return False
        now, line = self._monotonic(), (record.pathname, record.lineno)
        if now - self._last.get(line, -inf) < REPEAT_SECONDS:
            return False
        self._last[line] = now
        return True


def _renderer(style: str, out: TextIO) -> Processor:
    terminal = out.isatty()
    if style == "console" or (style == "auto" and terminal):
        # Tracebacks are redacted text by now; a rich one would show local variables.
        plain = structlog.dev.plain_traceback
        return structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=plain)
    return structlog.processors.JSONRenderer()


class Redactor:
    """A structlog processor that hides secrets by the name of their key and by their value."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found = {form for secret in secrets if secret for form in (secret, repr(secret)[1:-1])}
        self._secrets = sorted(found, key=len, reverse=True)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        return {self._text(str(key)): self._value(key, value) for key, value in event.items()}

    def _value(self, key: object, value: object) -> object:
        if str(key).lower().endswith(SECRET_KEYS):
            return MASK
        if isinstance(value, dict):
            return {self._text(str(name)): self._value(name, inner) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value("", inner) for inner in value]
        if value is None or isinstance(value, bool | int | float):
            return MASK if str(value) in self._secrets else value
        return self._text(value if isinstance(value, str) else repr(value))

    def _text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


class WarnOnce:
    """Logs a warning the first time its key comes; after `limit` keys it says so and stays silent."""

    def __init__(self, logger: structlog.stdlib.BoundLogger, limit: int = 1000) -> None:
        self._logger = logger
        self._limit = limit
        self._seen: set[Hashable] = set()

    def __call__(self, key: Hashable, event: str, **fields: object) -> None:
        if key in self._seen or len(self._seen) > self._limit:
            return
        self._seen.add(key)
        if len(self._seen) > self._limit:
            event, fields = "further warnings of this kind are not shown", {"like": event}
        self._logger.warning(event, **fields)
