"""Options of tables: `csv:PLACE?value=COLUMN&label=COLUMN`."""

from collections.abc import Mapping

from spear_stream.core.column_names import POINT, ColumnNames
from spear_stream.core.errors import ConfigError

COLUMN_OPTIONS = ("time", "every", "value", "label", "series", "group")
TEXT_OPTIONS = ("time_format", "decimal")
"""Of tables whose cells are text."""


def column_names(options: Mapping[str, str]) -> ColumnNames:
    """options: of COLUMN_OPTIONS and TEXT_OPTIONS, as they are typed. Raises ConfigError."""
    every = options.get("every")
    try:
        seconds = None if every is None else float(every)
    except ValueError:
        raise ConfigError(f"every={every}: needed are seconds, such as every=60") from None
    names = {name: options.get(name) for name in COLUMN_OPTIONS if name != "every"}
    decimal = options.get("decimal", POINT)
    return ColumnNames(**names, every=seconds, time_format=options.get("time_format"), decimal=decimal)
