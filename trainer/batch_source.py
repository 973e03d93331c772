"""Where the batches of one run come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice

from spear_stream.core.spec import WindowSpec
from trainer.batch_makers import made_ahead
from trainer.batches import CHUNK, BatchPlan, ChunkMaker, make_batch
from trainer.cutting import TrainingBatch
from trainer.training_data import TrainingData


@dataclass(frozen=True)
class BatchSource:
    """The windows that a run learns from, and those that judge it."""

    spec: WindowSpec
    plan: BatchPlan
    seed: int
    held_out_seed: int
    data: TrainingData | None = None
    """Real series beside the generated ones."""

    @contextmanager
    def training(self, steps: range, makers: int) -> Iterator[Iterator[TrainingBatch]]:
        """The batches of these steps, in order, and the same for any number of makers (batch_makers.py)."""
        make = ChunkMaker(self.spec, self.plan, self.seed, None if self.data is None else self.data.train)
        chunks, skipped = range(steps.start // CHUNK, -(-steps.stop // CHUNK)), steps.start % CHUNK
        with made_ahead(make, chunks, makers) as made:
            yield islice(chain.from_iterable(made), skipped, skipped + len(steps))

    def held_out(self, purpose: int, count: int) -> Iterator[TrainingBatch]:
        """Batches of series that training never makes or sees. purpose: added to their seed."""
        plan = replace(self.plan, tsmote_share=0.0)
        real = None if self.data is None else self.data.held_out
        for step in range(count):
            yield make_batch(self.spec, plan, self.held_out_seed + purpose, step, real)
