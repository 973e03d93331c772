"""Processes that make the batches of a training ahead, while it learns from those before."""

import multiprocessing
import os
import pickle
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from itertools import chain, islice, repeat
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from joblib import cpu_count

from spear_stream.core.errors import ConfigError, SpearError
from trainer.cutting import TrainingBatch

MOST_MAKERS = 16
"""A graphics card takes batches no faster than these make them."""
WORTH_A_MAKER = 200
"""Steps in which one saves as long as it takes to start: some seconds."""
FOR_THE_TRAINING = (signal.SIGINT, signal.SIGTERM)
"""Signals that often reach a whole group of processes; the training ends its makers itself."""
AHEAD = 2
"""Chunks of each maker that are made or wait: more would only take memory."""


Make = Callable[[int], list[TrainingBatch]]
"""Makes the batches of one chunk; it is pickled."""


class MakerLost(SpearError):
    """A process that made batches is gone."""


class Cores(NamedTuple):
    """What one process that trains uses: threads of its own, and processes that make its batches."""

    threads: int
    makers: int


def divided(threads: int | None, processes: int, steps: int) -> Cores:
    """The cores of this machine, or this container, for each of so many processes that train on it.

    threads: those that are wished for; the cores without makers if None, at least half of them.
    """
    cores = max(cpu_count() // processes, 1)
    most = min(MOST_MAKERS, steps // WORTH_A_MAKER)
    threads = threads or cores - min(cores // 2, most)
    return Cores(threads, min(max(cores - threads, 0), most))


@contextmanager
def made_ahead(make: Make, chunks: range, makers: int) -> Iterator[Iterator[list[TrainingBatch]]]:
    """The batches of each chunk, in order; with 0 makers this process makes them when they are asked for.

    Makers start with the first batch that is asked for. Raises MakerLost from the iterator when one is gone,
    ConfigError when the temporary folder has no room for what they start with.
    """
    makers = min(makers, len(chunks))
    if not makers:
        yield map(make, chunks)
        return
    # Not forked: a thread that draws the progress bar may hold a lock that the copy would wait for.
    spawned = multiprocessing.get_context("spawn")
    with ExitStack() as scratch:
        pool = ProcessPoolExecutor(makers, spawned, _begin, (_packed(make, scratch),))
        try:
            yield _in_order(pool, chunks, AHEAD * makers)
        finally:
            pool.shutdown(cancel_futures=True)


def _packed(make: Make, scratch: ExitStack) -> Path:
    """In a file: a process starts with what comes through a pipe that nobody reads when the start fails."""
    try:
        path = Path(scratch.enter_context(tempfile.TemporaryDirectory())) / "make.pickle"
        path.write_bytes(pickle.dumps(make))
    except OSError as error:
        raise ConfigError(
            f"cannot write to {tempfile.tempdir or 'the temporary folder'} what the processes that make "
            f"batches start with: {error.strerror or error}; make room there, set TMPDIR to another folder, "
            f"or do without such processes: --threads {cpu_count()}"
        ) from error
    return path


def _in_order(pool: ProcessPoolExecutor, chunks: range, ahead: int) -> Iterator[list[TrainingBatch]]:
    left = iter(chunks)
    waiting: deque[Future[list[TrainingBatch]]] = deque()
    try:
        for wanted in chain([ahead], repeat(1)):
            with _signals_held():
                waiting.extend(pool.submit(_made, number) for number in islice(left, wanted))
            if not waiting:
                return
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise MakerLost(
            "a process that makes batches of the training ended unexpectedly (no memory left?); the state "
            "is saved: the same command, without --fresh, goes on; more --threads leave fewer such processes"
        ) from error


def next_or_lost(batches: Iterator[TrainingBatch]) -> TrainingBatch | MakerLost:
    """The error is a value: the processes of a team must agree before one of them raises."""
    try:
        return next(batches)
    except MakerLost as lost:
        return lost


@contextmanager
def _signals_held() -> Iterator[None]:
    """Until a maker that starts here ignores them itself: to a terminal it is one of the group."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_TRAINING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_make: Make
"""Of a maker, for all its life: real series in it are read once."""


def _begin(packed: Path) -> None:
    global _make  # noqa: PLW0603 - the only way to hand something to a process of a pool once
    for number in FOR_THE_TRAINING:
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_training, daemon=True).start()
    _make = pickle.loads(packed.read_bytes())  # noqa: S301 - of the process that started this one


def _end_with_training() -> None:
    """A killed training cannot end its makers, and these would wait for ever to be read."""
    training = multiprocessing.parent_process()
    if training is not None:
        training.join()
        os._exit(1)


def _made(number: int) -> list[TrainingBatch]:
    return _make(number)
