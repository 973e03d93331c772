"""Labelled data for training and evaluation."""

from collections.abc import Callable, Mapping
from pathlib import Path

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets.csv import load_csv
from trainer.datasets.nab import load_nab
from trainer.datasets.series import LabelledSeries

KINDS: Mapping[str, Callable[[Path], list[LabelledSeries]]] = {"csv": load_csv, "nab": load_nab}


def load(spec: str) -> list[LabelledSeries]:
    """Load `KIND:FOLDER`, such as `csv:data/labelled`.

    Raises ConfigError for an unknown kind, InputError for a folder that is missing or cannot be read.
    """
    kind, _, folder = spec.partition(":")
    if kind not in KINDS or not folder:
        raise ConfigError(f"data {spec!r}: expected KIND:FOLDER with a kind of {', '.join(sorted(KINDS))}")
    if not Path(folder).is_dir():
        raise InputError(f"data {spec!r}: folder {folder} does not exist")
    return KINDS[kind](Path(folder))
