"""`spear-stream run` and the other commands as processes of their own, and what they say."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from e2e.forked import ForkedProcess
from integration.kafka_broker import KafkaBroker, free_port
from prometheus_client.parser import text_string_to_metric_families

PATIENCE = 60.0
"""Seconds that a test waits for what takes a second; importing torch on busy cores takes ten."""
COMMAND = (sys.executable, "-m", "spear_stream.cli")


def spear_stream(
    *arguments: object, folder: Path, given: bytes = b"", timeout: float = PATIENCE, forked: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `given` is its standard input. forked: as a Daemon is."""
    command = [*COMMAND, *map(str, arguments)]
    if not forked:
        done = subprocess.run(
            command, cwd=folder, input=given, capture_output=True, timeout=timeout, check=False
        )
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )
    with TemporaryDirectory() as streams:
        out, errors, stdin = (Path(streams) / name for name in ("out", "errors", "stdin"))
        stdin.write_bytes(given)
        process = ForkedProcess([*map(str, arguments)], folder, out, errors, stdin)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, code, out.read_text(), errors.read_text())


def settings(values: Mapping[str, object]) -> list[str]:
    """Settings as flags of the command line."""
    return [part for name, value in values.items() for part in ("-s", f"{name}={value}")]


def wait_until(happened: Callable[[], bool], what: Callable[[], object], patience: float = PATIENCE) -> None:
    """`what` tells the reader of a failed test how far it got."""
    limit = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < limit, f"not within {patience} s: {what()}"
        time.sleep(0.1)


class Daemon:
    """A worker on a broker, with its endpoints on a free port and its output in files.

    forked: from an interpreter that has imported torch already, which takes seconds.
    """

    def __init__(
        self, folder: Path, broker: KafkaBroker, values: Mapping[str, object], *, forked: bool = True
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        base = {"kafka.bootstrap_servers": broker.bootstrap, "http.port": port}
        self.url = f"http://127.0.0.1:{port}"
        self._out, self._errors = folder / "stdout", folder / "stderr"
        arguments = ["run", *settings({**base, **values})]
        start = ForkedProcess if forked else _own_process
        self._process = start(arguments, folder, self._out, self._errors)

    def await_ready(self) -> "Daemon":
        wait_until(lambda: self._running() and self.get("/readyz")[0] == 200, self.said)
        return self

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 while nothing listens."""
        try:
            with urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except OSError as error:  # an HTTPError is an answer
            body = getattr(error, "read", bytes)().decode()
            return getattr(error, "status", 0), body

    def metric(self, name: str, **labels: str) -> float:
        """Sum over the samples of this name that carry these labels."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        samples = [s for family in families for s in family.samples if s.name == name]
        return sum(s.value for s in samples if labels.items() <= s.labels.items())

    def points_scored(self) -> float:
        """Windows of points that were scored; those of means are taken for scored as soon as they are due."""
        return self.metric("spear_windows_scored_total") - self.metric("spear_windows_coarse_total")

    def logs(self) -> list[dict[str, Any]]:
        """Every line of standard output; fails if one is no JSON."""
        return [json.loads(line) for line in self._out.read_text().splitlines()]

    def said(self) -> str:
        return self._out.read_text() + self._errors.read_text()

    def errors(self) -> str:
        return self._errors.read_text()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        return self._process.wait(timeout=PATIENCE)

    def suspend(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after that time."""
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, also for one that is already gone."""
        self._process.kill()
        self._process.wait()

    def _running(self) -> bool:
        assert self._process.poll() is None, f"ended with {self._process.returncode}: {self.said()}"
        return True


def _own_process(arguments: list[str], folder: Path, out: Path, errors: Path) -> "subprocess.Popen[bytes]":
    with out.open("wb") as output, errors.open("wb") as complaints:
        return subprocess.Popen([*COMMAND, *arguments], cwd=folder, stdout=output, stderr=complaints)


StartDaemon = Callable[..., Daemon]
"""The fixture start_daemon: settings by dotted name, __ for the dot."""


@dataclass(frozen=True)
class Topics:
    """The topics of one test, and the settings that name them."""

    metrics: str
    alerts: str
    dead_letters: str
    state: str
    group: str

    @property
    def settings(self) -> dict[str, object]:
        return {
            "kafka.input_topics": self.metrics,
            "kafka.alert_topic": self.alerts,
            "kafka.dead_letter_topic": self.dead_letters,
            "kafka.state_topic": self.state,
            "kafka.group_id": self.group,
        }
