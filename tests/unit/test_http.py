import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client import CollectorRegistry, Counter

from spear_stream.core.errors import ConfigError
from spear_stream.ops.http import Health, OpsServer
from spear_stream.ops.settings import Settings

LOOPBACK = "127.0.0.1"


class ManualClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def health(clock: ManualClock) -> Health:
    return Health(60.0, clock)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def server(health: Health, registry: CollectorRegistry) -> Iterator[OpsServer]:
    with OpsServer(LOOPBACK, 0, health, registry) as running:
        yield running


def get(server: OpsServer, path: str, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(LOOPBACK, server.port, timeout=5)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def test_alive_while_the_loop_advances_and_not_when_it_stands_still(
    server: OpsServer, health: Health, clock: ManualClock
) -> None:
    clock.seconds = 1000.0
    assert get(server, "/livez")[0].status == 200, "the model is still being loaded"
    clock.seconds = 0.0
    health.beat(0.0)
    clock.seconds = 60.0
    assert get(server, "/livez")[0].status == 200
    clock.seconds = 61.0
    response, body = get(server, "/livez")
    assert response.status == 503
    assert body == "the main loop has not advanced for 61 s, SPEAR_HTTP__STALL_SECONDS=60\n"
    health.beat(61.0)
    assert get(server, "/livez")[0].status == 200


def test_ready_only_when_told_so_with_the_reason_until_then(server: OpsServer, health: Health) -> None:
    assert get(server, "/readyz")[0].status == 503
    health.ready("no partitions assigned")
    assert get(server, "/readyz")[1] == "no partitions assigned\n"
    health.ready(None)
    response, body = get(server, "/readyz?verbose")
    assert (response.status, body) == (200, "ok\n")


def test_metrics_in_the_format_that_was_asked_for(server: OpsServer, registry: CollectorRegistry) -> None:
    Counter("spear_things_total", "Things.", registry=registry).inc(3)
    response, body = get(server, "/metrics")
    assert "spear_things_total 3.0" in body
    assert (response.headers["Content-Type"] or "").startswith("text/plain")
    response, body = get(server, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert (response.headers["Content-Type"] or "").startswith("application/openmetrics-text")
    assert body.endswith("# EOF\n")


def test_the_index_names_the_endpoints_and_the_rest_is_not_found(server: OpsServer) -> None:
    response, body = get(server, "/")
    assert all(path in body for path in ("/livez", "/readyz", "/metrics"))
    assert "Python" not in response.headers["Server"]
    assert get(server, "/nothing")[0].status == 404


def test_a_client_that_sends_nothing_does_not_hold_up_the_others(server: OpsServer) -> None:
    with socket.create_connection((LOOPBACK, server.port)):
        assert get(server, "/livez")[0].status == 200


def test_a_busy_port_is_a_config_error_that_names_the_setting(
    server: OpsServer, health: Health, registry: CollectorRegistry
) -> None:
    with pytest.raises(ConfigError, match=rf"SPEAR_HTTP__PORT={server.port}: Address already in use; choose"):
        OpsServer(LOOPBACK, server.port, health, registry)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", ".spear", "x" * 64])
def test_a_host_that_is_not_this_machine_is_a_config_error(
    host: str, health: Health, registry: CollectorRegistry
) -> None:
    with pytest.raises(ConfigError, match=f"SPEAR_HTTP__HOST={host}: "):
        OpsServer(host, 0, health, registry)


def test_on_loopback_no_other_address_of_the_machine_answers(server: OpsServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.2", server.port, timeout=5).request("GET", "/")
    assert Settings().http.host == LOOPBACK


def test_close_frees_the_port_and_ends_the_thread(health: Health, registry: CollectorRegistry) -> None:
    server = OpsServer(LOOPBACK, 0, health, registry)
    server.close()
    assert "http" not in {thread.name for thread in threading.enumerate()}
    with OpsServer(LOOPBACK, server.port, health, registry) as again:
        assert get(again, "/")[0].status == 200
