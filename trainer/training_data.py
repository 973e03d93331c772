"""What a run is trained on beside generated series: real ones, some of them held out for its validation."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from spear_stream.core.errors import InputError
from trainer.datasets import load_history
from trainer.datasets.series import LabelledSeries
from trainer.datasets.splits import split_by_series
from trainer.real import RealSeries

HELD_OUT = 0.2
"""Share of the groups of series that only the validation sees."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Real series of a run. The validation chooses when to stop, so what it sees counts as trained on too."""

    train: RealSeries
    held_out: RealSeries | None
    """None where there are too few groups: the validation is on generated series alone."""
    trained_on: tuple[str, ...]
    """SHA-256 of the values of every series on both sides, for the manifest."""

    @property
    def digest(self) -> str:
        """Of everything: a run goes on only with the data it began with."""
        return hashlib.sha256("".join(self.trained_on).encode()).hexdigest()


def load_training_data(specs: Sequence[str], seed: int) -> TrainingData | None:
    """Series of all `KIND:PLACE`, split by series; None without any. Raises what load_history() raises."""
    if not specs:
        return None
    corpus = [series for spec in specs for series in load_history(spec)]
    train, held_out = split_by_series(corpus, HELD_OUT, seed)
    return TrainingData(
        RealSeries(train), _validation(held_out), tuple(sorted({series.digest for series in corpus}))
    )


def _validation(held_out: list[LabelledSeries]) -> RealSeries | None:
    try:
        return RealSeries(held_out)
    except InputError:
        _log.warning("the data has too few series to hold some out: validation is on generated series alone")
        return None
