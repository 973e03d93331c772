"""A folder of Parquet files, with the columns of csv.py."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spear_stream.core.columns import USUAL, ColumnNames, Columns
from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets.rows import Rows, files_below
from trainer.datasets.series import LabelledSeries

EXTRA = "reading Parquet needs pyarrow: pip install 'spear-stream[parquet]'"


def load_parquet(folder: Path, names: ColumnNames = USUAL) -> list[LabelledSeries]:
    """Every *.parquet below `folder` by path; columns as in load_csv, times also as timestamp columns.

    Raises ConfigError without pyarrow, InputError naming file, row and column.
    """
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(EXTRA) from error
    paths = files_below(folder, ".parquet")
    if not paths:
        raise InputError(f"{folder} holds no .parquet file")
    corpus: list[LabelledSeries] = []
    for path in paths:
        try:
            rows = _read(path, parquet.ParquetFile(path), names)
        except (OSError, ArrowException) as error:
            raise InputError(f"{path}: cannot be read as Parquet ({error})") from error
        if not rows:
            raise InputError(f"{path}: no row with a value")
        corpus += rows.series(path.relative_to(folder).as_posix())
    return corpus


def _read(path: Path, file: Any, names: ColumnNames) -> Rows:
    rows = Rows(path, file.schema_arrow.names, names)
    for number, row in enumerate(_rows(file, rows.columns), 1):
        rows.append(row, f"{path}, row {number}")
    return rows


def _rows(file: Any, columns: Columns) -> Iterator[dict[str, object]]:
    """Row groups in turn, so that a large file is never in memory as Python objects."""
    wanted = {columns.time, columns.series, columns.label, columns.group, *columns.values}
    names = [name for name in file.schema_arrow.names if name in wanted]
    for batch in file.iter_batches(columns=names):
        yield from batch.to_pylist()
