"""The batches of one run; those of training are made ahead, by other processes."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from joblib import cpu_count
from torch.utils.data import DataLoader, Dataset

from spear_stream.core.errors import SpearError
from spear_stream.core.spec import WindowSpec
from trainer.batches import CHUNK, BatchPlan, make_batch
from trainer.cutting import TrainingBatch
from trainer.training_data import TrainingData

MOST_MAKERS = 8
"""More processes would make batches faster than a graphics card takes them."""

KILLED = "DataLoader worker (pid"
"""How torch's error begins, wherever the process that trains is at that moment."""


class Cores(NamedTuple):
    """What one process that trains uses: threads of its own, and processes that make its batches."""

    threads: int
    makers: int


def divided(threads: int | None, processes: int) -> Cores:
    """The cores that this machine, or this container, has for each of so many processes that train.

    threads: those that are wished for; half of the cores if None.
    """
    cores = max(cpu_count() // processes, 1)
    threads = threads or (cores + 1) // 2
    return Cores(threads, min(max(cores - threads, 0), MOST_MAKERS))


@dataclass(frozen=True)
class BatchSource:
    """Where the windows of a run come from."""

    spec: WindowSpec
    plan: BatchPlan
    seed: int
    held_out_seed: int
    data: TrainingData | None = None
    """Real series beside the generated ones."""

    @contextmanager
    def training(self, steps: range, makers: int) -> Iterator[Iterator[TrainingBatch]]:
        """The batches of these steps, in order, and the same for any number of makers.

        makers: processes that make batches ahead while this one learns; with 0 it makes them itself.
        Raises SpearError when one of them is killed.
        """
        chunks = range(steps.start // CHUNK, -(-steps.stop // CHUNK))
        loader: DataLoader[Any] = DataLoader(
            _Chunks(self),
            batch_size=None,
            sampler=chunks,
            num_workers=min(makers, len(chunks)),
            collate_fn=_as_it_is,
        )
        with closing(_of_steps(loader, steps)) as batches:
            try:
                yield batches
            except RuntimeError as error:
                if not str(error).startswith(KILLED):
                    raise
                raise SpearError(
                    "a process that makes batches beside the training was killed (no memory left?): "
                    "the same command goes on from the last validation"
                ) from error

    def held_out(self, purpose: int, count: int) -> Iterator[TrainingBatch]:
        """Batches of series that training never makes or sees. purpose: added to their seed."""
        plan = replace(self.plan, tsmote_share=0.0)
        real = None if self.data is None else self.data.held_out
        for step in range(count):
            yield make_batch(self.spec, plan, self.held_out_seed + purpose, step, real)

    def chunk(self, number: int) -> Iterator[TrainingBatch]:
        """The batches of steps whose series are made together."""
        real = None if self.data is None else self.data.train
        for step in range(number * CHUNK, (number + 1) * CHUNK):
            yield make_batch(self.spec, self.plan, self.seed, step, real)


class _Chunks(Dataset[list[TrainingBatch]]):
    """A chunk is made as one: makers that shared it would each make its series."""

    def __init__(self, source: BatchSource) -> None:
        self._source = source

    def __getitem__(self, number: int) -> list[TrainingBatch]:
        return list(self._source.chunk(number))


def _of_steps(loader: "DataLoader[Any]", steps: range) -> Generator[TrainingBatch, None, None]:
    skipped = steps.start % CHUNK
    for chunk in loader:
        yield from chunk[skipped:]
        skipped = 0


def _as_it_is(chunk: list[TrainingBatch]) -> list[TrainingBatch]:
    return chunk
