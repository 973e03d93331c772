"""What an orchestrator sees while the model is being loaded, with a loader that takes its time."""

from http.client import HTTPConnection
from typing import Any

import pytest
from integration.kafka_broker import free_port

from spear_stream.ops.settings import load_settings
from spear_stream.wiring import daemon, kafka

STALL_SECONDS = 1e-6
"""Whatever takes longer than this is slow."""


class IdleService:
    """A main loop of one step; looks at the endpoints from within it, and from its start."""

    finished = ready = False

    def __init__(self, look: Any) -> None:
        self._look = look

    def start(self) -> None:
        self._look()

    def step(self) -> None:
        self._look()
        self.finished = True

    def drain(self) -> None:
        pass


def test_a_restore_that_takes_longer_than_the_loop_may_stall_is_alive_while_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beats: list[float] = []
    monkeypatch.setattr(daemon.Health, "beat", lambda _, at: beats.append(at))
    monkeypatch.setattr(daemon, "configure_logs", lambda *_: None)

    def loader(*ports: Any) -> IdleService:
        is_stopping = ports[-1]

        def restore() -> None:
            before = len(beats)
            assert not is_stopping()
            assert len(beats) == before + 1

        return IdleService(restore)

    monkeypatch.setattr(kafka, "kafka_service", loader)
    daemon.run_daemon(load_settings({"kafka.input_topics": "metrics", "http.port": 0}))
    assert len(beats) > 1


def test_a_model_that_takes_longer_to_load_than_the_loop_may_stall_is_no_reason_for_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    settings = load_settings({"kafka.input_topics": "metrics", "http.port": port})
    http = settings.http.model_copy(update={"stall_seconds": STALL_SECONDS})
    seen: list[tuple[int, str]] = []

    def look() -> None:
        for path in ("/livez", "/readyz"):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            response = connection.getresponse()
            seen.append((response.status, response.read().decode().strip()))
            connection.close()

    def slow_loader(*_: Any) -> IdleService:
        look()
        return IdleService(look)

    monkeypatch.setattr(kafka, "kafka_service", slow_loader)
    monkeypatch.setattr(daemon, "configure_logs", lambda *_: None)
    daemon.run_daemon(settings.model_copy(update={"http": http}))
    loading, joining, running = seen[:2], seen[2:4], seen[4:]
    assert loading == [(200, "ok"), (503, "the model is being loaded")]
    assert joining[0] == (200, "ok")
    assert joining[1] == (503, "still reading the control topic, if there is one, or joining the group")
    assert running[0][0] == 503, "in the main loop the limit counts"
    assert running[1] == (503, "no partition is assigned to this worker")
