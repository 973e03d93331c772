"""score-file: what was wrong with records beside the first of them, and how to ask for the file."""

import re
from collections.abc import Iterator

from spear_stream.core.column_names import ALL, COMMA, POINT, ColumnNames
from spear_stream.core.refusals import Refusal
from spear_stream.core.time_formats import formats_of
from spear_stream.core.times import COUNTED, TOO_OLD, is_too_old
from spear_stream.transport.faults import Reason
from spear_stream.transport.files import FileSource
from spear_stream.transport.recorders import Counts


def advice(counts: Counts, source: FileSource, columns: ColumnNames, *, tells_silence: bool) -> Iterator[str]:
    """Lines for people. source: that was read; tells_silence: `alerts.silent_seconds` is a time."""
    for reason, example in list(counts.examples.items())[1:]:
        yield f"the first {reason}: {example}"
    if counts.used and is_too_old(counts.newest_ms):
        cure = COUNTED.format("--every SECONDS", "--time-format %Y%m%d")
        yield f"{TOO_OLD}; {cure}" if source.is_table else TOO_OLD
    if source.is_table:
        yield from _time_advice(counts)
        yield from _decimal_advice(counts, columns)
    if columns.value == ALL and counts.refused[Reason.VALUE_NOT_NUMBER]:
        yield "if a column holds no numbers, name those that do: --value COLUMN,..."
    out_of_order = counts.refused[Refusal.LATE] + counts.refused[Refusal.DUPLICATE]
    if source.merged and (columns.value is None or out_of_order):
        yield f"not read: {', '.join(source.merged)}; does one tell series apart? --series COLUMN"
    elif counts.refused[Refusal.DUPLICATE] > counts.used:
        yield "most points have the time of the one before: is another column that of times? --time COLUMN"
        yield "of a date and a time of the day in two columns: --time DATE,TIME"
    if tells_silence and counts.by_series:
        yield (
            "the rows come series after series: sort those of all series by time together, if alerts that "
            "end as silent or no_data matter"
        )
    if counts.useless > counts.used and columns.value != ALL:
        yield "most records were refused: what is written says little of the file"


def _time_advice(counts: Counts) -> Iterator[str]:
    """How to read the first time that was refused, if it is a date."""
    example = re.search(r"the text '([^']*)'", counts.examples.get(Reason.TS_INVALID, ""))
    if example and (forms := formats_of(example[1])):
        ways = ", or else ".join(f"--time-format '{form}'" for form in forms)
        yield f"times that are written so are read with {ways}"


def _decimal_advice(counts: Counts, columns: ColumnNames) -> Iterator[str]:
    """How to read the first value that was refused, if it is a number with another mark. One before three
    digits may stand between thousands.
    """
    other = COMMA if columns.decimal == POINT else POINT
    example = counts.examples.get(Reason.VALUE_NOT_NUMBER, "")
    if re.search(r"'[-+]?[0-9.,]+ ?(%|[A-Za-z]{1,3})'", example):
        yield "take the units out of the values (Grafana: without formatted data)"
    if not (found := re.search(rf"'[-+]?[0-9]+[{other}]([0-9]+)'", example)):
        return
    cure = "give --decimal ," if other == COMMA else "leave out --decimal ,"
    if len(found[1]) == 3:
        yield f"if that mark is decimal, {cure}; if it stands between thousands, take it out of the file"
    else:
        yield f"is that a number? If so, {cure}"
