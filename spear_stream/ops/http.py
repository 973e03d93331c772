"""Endpoints for orchestrators and Prometheus, on a thread of their own."""

import errno
import logging
import socket
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from spear_stream.core.errors import ConfigError

log = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
INDEX = """\
spear-stream
/livez    503 when the main loop stands still; not while the model is being loaded
/readyz   503 until partitions are assigned and the model is loaded
/metrics  for Prometheus
"""


class Health:
    """What the main loop tells and the endpoints read; safe across threads, as each value is set at once."""

    def __init__(self, stall_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._stall_seconds = stall_seconds
        self._monotonic = monotonic
        self._last_beat: float | None = None
        """None until the main loop begins: reading a model takes as long as disk and processor need."""
        self._unready: str | None = "starting"

    def beat(self, monotonic: float) -> None:
        """The main loop advanced at this time."""
        self._last_beat = monotonic

    def ready(self, reason: str | None) -> None:
        """None when work is being done, else why it is not."""
        self._unready = reason

    @property
    def stalled(self) -> str | None:
        """Why the process should be restarted, None if it need not be."""
        if self._last_beat is None:
            return None
        silent = self._monotonic() - self._last_beat
        if silent <= self._stall_seconds:
            return None
        limit = f"SPEAR_HTTP__STALL_SECONDS={self._stall_seconds:g}"
        return f"the main loop has not advanced for {silent:.0f} s, {limit}"

    @property
    def unready(self) -> str | None:
        return self._unready


class Reply(NamedTuple):
    status: HTTPStatus
    content_type: str
    body: bytes


class OpsServer:
    """Serves /livez, /readyz and /metrics from construction until close(); port 0 takes any free port.

    Raises ConfigError when the address cannot be used.
    """

    def __init__(self, host: str, port: int, health: Health, registry: CollectorRegistry) -> None:
        self._server = _bind(host, port, lambda path, accept: _reply(path, accept, health, registry))
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="http", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reply(path: str, accept: str, health: Health, registry: CollectorRegistry) -> Reply:
    match path.partition("?")[0]:
        case "/":
            return Reply(HTTPStatus.OK, TEXT, INDEX.encode())
        case "/livez":
            return _verdict(health.stalled)
        case "/readyz":
            return _verdict(health.unready)
        case "/metrics":
            encode, content_type = choose_encoder(accept)
            return Reply(HTTPStatus.OK, content_type, encode(registry))
        case _:
            return Reply(HTTPStatus.NOT_FOUND, TEXT, b"not found\n")


def _verdict(trouble: str | None) -> Reply:
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    return Reply(status, TEXT, f"{trouble or 'ok'}\n".encode())


def _bind(host: str, port: int, reply: Callable[[str, str], Reply]) -> "_Server":
    try:
        return _Server(host, port, reply)
    except (OSError, UnicodeError) as error:  # UnicodeError: an empty label in the name, or a long one
        reason = getattr(error, "strerror", None) or str(error)
        if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}:
            cure = "choose another port, or 0 to turn the endpoints off"
            raise ConfigError(f"SPEAR_HTTP__PORT={port}: {reason}; {cure}") from error
        cure = "give an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        raise ConfigError(f"SPEAR_HTTP__HOST={host}: {reason}; {cure}") from error


class _Server(ThreadingHTTPServer):
    def __init__(self, host: str, port: int, reply: Callable[[str, str], Reply]) -> None:
        self.reply = reply
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up its own host name here, which hangs where DNS does not answer.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        error = sys.exception()
        level = logging.DEBUG if isinstance(error, OSError) else logging.ERROR  # OSError: the client left
        log.log(level, "http request from %s failed", client_address, exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "spear-stream"
    sys_version = ""
    timeout = 5.0

    def do_GET(self) -> None:
        reply = self.server.reply(self.path, self.headers.get("Accept", ""))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        log.debug(format, *args)
