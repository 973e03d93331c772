"""How programs that make a labelled set write it: a CSV file a series, as `--data csv:DIR` reads them."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Rng = np.random.Generator


class MadeSeries(NamedTuple):
    """A series and its anomalies, a point every `step_s` seconds."""

    name: str
    step_s: int
    values: Values
    label: npt.NDArray[np.bool_]


def write_set(description: str | None, start_s: int, made: Sequence[MadeSeries]) -> None:
    """The command line of such a program. description: its docstring; start_s: epoch seconds."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="is made when it does not exist")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        parser.error(f"{folder} is not empty: give a folder that is, for all CSV files in it are evaluated")
    for one in made:
        seconds = start_s + one.step_s * np.arange(len(one.values))
        rows = (
            f"{ts},{value:.6g},{int(wrong)}"
            for ts, value, wrong in zip(seconds, one.values, one.label, strict=True)
        )
        (folder / f"{one.name}.csv").write_text("\n".join(["ts,value,label", *rows, ""]))
    print(f"{len(made)} series in {folder}: spear-trainer evaluate --data csv:{folder}")
