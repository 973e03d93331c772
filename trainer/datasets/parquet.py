"""A folder of Parquet files, with the columns of csv.py."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.columns import Columns, find_columns
from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets.rows import OPTION, Rows
from trainer.datasets.series import LabelledSeries
from trainer.datasets.table_files import load_tables

EXTRA = "reading Parquet needs pyarrow: pip install pyarrow"


def load_parquet(place: Path, names: ColumnNames = USUAL, but: Path | None = None) -> list[LabelledSeries]:
    """Every *.parquet below a folder by path, `but` for one, or the file that is the place; columns as in
    load_csv, times also as timestamps.

    Raises ConfigError without pyarrow, InputError naming file, row and column.
    """
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigError(EXTRA) from error

    def load_file(path: Path) -> Rows:
        try:
            rows = _read(path, parquet.ParquetFile(path), names)
        except (OSError, ValueError, ArrowException) as error:
            raise InputError(f"{path}: cannot be read as Parquet ({error})") from error
        if not rows:
            raise InputError(f"{path}: no row with a value")
        return rows

    return load_tables(place, [".parquet"], but, load_file)


def _read(path: Path, file: Any, names: ColumnNames) -> Rows:
    header = [name.strip() for name in file.schema_arrow.names]
    columns = find_columns(header, names, str(path), OPTION)
    rows = Rows(columns, names)
    for number, row in enumerate(_rows(file, columns), 1):
        rows.append(row, f"{path}, row {number}")
    return rows


def _rows(file: Any, columns: Columns) -> Iterator[tuple[object, ...]]:
    """Row groups in turn, so that a large file is never in memory as Python objects; None in columns that
    nobody reads.
    """
    names = file.schema_arrow.names
    places = sorted({column.place for column in columns.read})
    for batch in file.iter_batches(columns=[names[place] for place in places]):
        found = {place: column.to_pylist() for place, column in zip(places, batch.columns, strict=True)}
        nothing = [None] * batch.num_rows
        yield from zip(*(found.get(place, nothing) for place in range(len(names))), strict=True)
