"""Processes that make the batches of a training ahead, while it learns from those before."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from threading import Thread
from typing import NamedTuple

from joblib import cpu_count

from spear_stream.core.errors import SpearError
from trainer.cutting import TrainingBatch

MOST_MAKERS = 16
"""A graphics card takes batches no faster than these make them."""
WORTH_A_MAKER = 200
"""Steps in which one saves as long as it takes to start: some seconds."""
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

    Raises MakerLost from the iterator when a maker is killed.
    """
    if not makers or not chunks:
        yield map(make, chunks)
        return
    # Not forked: a thread that draws the progress bar may hold a lock that the copy would wait for.
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(makers, len(chunks)), spawned, _begin, (make,))
    try:
        yield _in_order(pool, chunks, AHEAD * makers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, chunks: range, ahead: int) -> Iterator[list[TrainingBatch]]:
    left = iter(chunks)
    try:
        waiting = deque(pool.submit(_made, number) for number in islice(left, ahead))
        while waiting:
            made = waiting.popleft().result()
            waiting.extend(pool.submit(_made, number) for number in islice(left, 1))
            yield made
    except BrokenProcessPool as error:
        raise MakerLost(
            "a process that makes batches beside the training was killed (no memory left?): the same command "
            "goes on from here, and with more --threads there are fewer of them"
        ) from error


_make: Make
"""Of a maker, for all its life: real series in it are sent once."""


def _begin(make: Make) -> None:
    global _make  # noqa: PLW0603 - the only way to hand something to a process of a pool once
    _make = make
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the training, which ends its makers
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_training, daemon=True).start()


def _end_with_training() -> None:
    """A killed training cannot end its makers, and these would wait for ever to be read."""
    training = multiprocessing.parent_process()
    if training is not None:
        training.join()
        os._exit(1)


def _made(number: int) -> list[TrainingBatch]:
    return _make(number)
