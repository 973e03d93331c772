"""A picture of automatic labels, to see whether they are what one would have said oneself."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spear_stream.core.errors import ConfigError
from trainer.datasets.series import runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.label_files import Labelled

SHOWN = 6
EXTRA = "--plot needs matplotlib: pip install matplotlib"
COLOURS = ("tab:blue", "tab:red", "tab:orange", "tab:purple")


def require(path: Path) -> None:
    """Raise ConfigError without matplotlib, and for a file whose ending is no format that it draws."""
    formats = _new_figure(1.0).canvas.get_supported_filetypes()
    if _format(path) not in formats:
        raise ConfigError(
            f"--plot {path}: its ending is no format of pictures; {', '.join(sorted(formats))} are"
        )


def drawn(labelled: Sequence["Labelled"], kinds: Sequence[str], path: Path) -> bytes:
    """The six series with the most labelled stretches, point by point; a row of marks below for every test.

    In the format of the path's ending. Raises ConfigError as require() does.
    """
    chosen = sorted(labelled, key=lambda one: -len(runs(one.label)))[:SHOWN]
    figure = _new_figure(2.2 * len(chosen))
    for axes, one in zip(figure.subplots(len(chosen), squeeze=False)[:, 0], chosen, strict=True):
        axes.plot(one.series.value, color="0.2", linewidth=0.7)
        axes.set_title(one.series.name, loc="left", fontsize=9, parse_math=False)
        for row, kind in enumerate(kinds):
            marked = np.flatnonzero(one.kinds[:, row])
            height = [-0.04 - 0.06 * row] * len(marked)
            (line,) = axes.plot(
                marked, height, "|", color=COLOURS[row % len(COLOURS)], label=kind,
                transform=axes.get_xaxis_transform(), clip_on=False, markersize=4,
            )  # fmt: skip
            line.set_in_layout(len(marked) > 0)  # an empty line has no place, and would take all of it
        axes.tick_params(axis="x", pad=4 + 8 * len(kinds), labelsize=8)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(kinds))
    content = io.BytesIO()
    try:
        figure.savefig(content, format=_format(path))
    except ValueError as error:
        raise ConfigError(f"cannot draw --plot {path}: {error}") from error
    return content.getvalue()


def _format(path: Path) -> str:
    return path.suffix.removeprefix(".").lower() or "png"


def _new_figure(height: float) -> "Figure":
    """Inches. Raises ConfigError without matplotlib."""
    try:
        from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(EXTRA) from error
    return NewFigure(figsize=(12, height), layout="constrained")
