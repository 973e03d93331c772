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
    """Fingerprints of every series on both sides, for the manifest."""
    digest: str
    """Of everything, labels and order included: a run goes on only with the data it began with."""


def load_training_data(specs: Sequence[str], seed: int) -> TrainingData | None:
    """Series of all `KIND:PLACE`, split by series; None without any. Raises what load_history() raises."""
    if not specs:
        return None
    corpus = [series for spec in specs for series in load_history(spec)]
    train, held_out = map(_usable, split_by_series(corpus, HELD_OUT, seed))
    if train is None or held_out is None:
        _log.warning("the data has too few series to hold some out: validation is on generated series alone")
        train, held_out = RealSeries(corpus), None
    trained_on = frozenset[str]().union(*(series.fingerprints for series in corpus))
    return TrainingData(train, held_out, tuple(sorted(trained_on)), _digest(corpus))


def _usable(side: list[LabelledSeries]) -> RealSeries | None:
    try:
        return RealSeries(side)
    except InputError:
        return None


def _digest(corpus: Sequence[LabelledSeries]) -> str:
    found = hashlib.sha256()
    for series in corpus:
        named = (series.name, series.group, series.windows, series.unclear, series.labelled, len(series))
        found.update(repr(named).encode())
        found.update(series.ts.astype("<i8").tobytes())
        found.update(series.value.astype("<f8").tobytes())
    return found.hexdigest()
