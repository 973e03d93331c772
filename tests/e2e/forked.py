"""Processes that start within a second: forked from one that has imported torch already."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["spear_stream.wiring.daemon", "spear_stream.wiring.kafka", "torch._dynamo"]
)  # what loading a model imports


class ForkedProcess:
    """What the tests need of subprocess.Popen, for `spear-stream ARGUMENTS` in a process of its own."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, out: Path, errors: Path, given: Path | None = None
    ) -> None:
        """given: the file that is its standard input; it has none otherwise."""
        self._process = _context.Process(
            target=_run, args=(list(arguments), folder, out, errors, given), daemon=True
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it still runs"
        return self._process.exitcode


def _run(arguments: list[str], folder: Path, out: Path, errors: Path, given: Path | None) -> None:
    os.chdir(folder)
    if given is not None:
        sys.stdin = given.open(encoding="utf-8")
    for path, stream in ((out, sys.stdout), (errors, sys.stderr)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, stream.fileno())
    sys.argv = ["spear-stream", *arguments]
    from spear_stream.cli import main  # noqa: PLC0415 - in the worker, not in the test

    main()


def start_trainers(arguments: Sequence[str], count: int, port: int) -> list[ForkServerProcess]:
    """`spear-trainer ARGUMENTS` in several processes that train together, as torchrun starts them."""
    processes = [
        _context.Process(target=_train, args=(rank, count, port, list(arguments))) for rank in range(count)
    ]
    for process in processes:
        process.start()
    return processes


def _train(rank: int, count: int, port: int, arguments: list[str]) -> None:
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
    rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "test"}
    os.environ |= {name: str(value) for name, value in (place | rendezvous).items()}
    sys.argv = ["spear-trainer", *arguments]
    from trainer.cli import main  # noqa: PLC0415 - in the process, not in the test

    main()
