"""Options of tables: `csv:PLACE?value=COLUMN&label=COLUMN`."""

from collections.abc import Mapping

from spear_stream.core.column_names import POINT, ColumnNames
from spear_stream.core.errors import ConfigError

COLUMN_OPTIONS = ("time", "time_format", "every", "value", "label", "anomaly", "series", "group")
TEXT_OPTIONS = ("header", "decimal")
"""Of tables whose cells are text."""
RANGES = "ranges"
"""A file of labels (ranges.py), in place of a column."""
YES_NO = {"yes": True, "no": False}


def column_names(options: Mapping[str, str]) -> ColumnNames:
    """options: of COLUMN_OPTIONS and TEXT_OPTIONS, as they are typed. Raises ConfigError."""
    every = options.get("every")
    try:
        seconds = None if every is None else float(every)
    except ValueError:
        raise ConfigError(f"every={every}: needed are seconds, such as every=60") from None
    if RANGES in options and (columns := {"label", "anomaly"} & set(options)):
        raise ConfigError(f"{RANGES}= and {min(columns)}=: labels come from a file or a column, not both")
    if (header := options.get("header", "yes")) not in YES_NO:
        raise ConfigError(f"header={header}: needed is yes or no")
    return ColumnNames(
        time=options.get("time"),
        time_format=options.get("time_format"),
        every=seconds,
        header=YES_NO[header],
        value=options.get("value"),
        label=options.get("label"),
        anomaly=options.get("anomaly"),
        series=options.get("series"),
        group=options.get("group"),
        decimal=options.get("decimal", POINT),
    )
