"""A picture of automatic labels, to see whether they are what one would have said oneself."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spear_stream.core.errors import ConfigError
from trainer.datasets.series import runs

if TYPE_CHECKING:
    from trainer.label_files import Labelled

SHOWN = 6
EXTRA = "--plot needs matplotlib: pip install 'spear-stream[demo]'"
COLOURS = ("tab:blue", "tab:red", "tab:orange", "tab:purple")


def draw(labelled: Sequence["Labelled"], kinds: Sequence[str], path: Path) -> None:
    """The six series with the most labelled stretches, point by point; a row of marks below for every test.

    Raises ConfigError without matplotlib and for a file that cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(EXTRA) from error
    chosen = sorted(labelled, key=lambda one: -len(runs(one.label)))[:SHOWN]
    figure = Figure(figsize=(12, 2.2 * len(chosen)), layout="constrained")
    for axes, one in zip(figure.subplots(len(chosen), squeeze=False)[:, 0], chosen, strict=True):
        axes.plot(one.series.value, color="0.2", linewidth=0.7)
        axes.set_title(one.series.name, loc="left", fontsize=9)
        for row, kind in enumerate(kinds):
            marked = np.flatnonzero(one.kinds[:, row])
            height = [-0.04 - 0.06 * row] * len(marked)
            axes.plot(
                marked, height, "|", color=COLOURS[row % len(COLOURS)], label=kind,
                transform=axes.get_xaxis_transform(), clip_on=False, markersize=4,
            )  # fmt: skip
        axes.tick_params(axis="x", pad=4 + 8 * len(kinds), labelsize=8)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(kinds))
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write --plot {path}: {error}") from error
