"""score-file: what was wrong with records beside the first of them, and how to ask for the file."""

import re
from collections.abc import Iterator

from spear_stream.core.column_names import ALL, COMMA, POINT, ColumnNames
from spear_stream.core.refusals import Refusal
from spear_stream.core.time_formats import formats_of
from spear_stream.transport.faults import Reason
from spear_stream.transport.recorders import Counts

MUCH = 0.1
"""Share of the points that is no longer a few stragglers."""


def advice(counts: Counts, merged: list[str], columns: ColumnNames) -> Iterator[str]:
    """Lines for people. merged: see FileSource."""
    for reason, example in list(counts.examples.items())[1:]:
        yield f"the first {reason}: {example}"
    yield from _time_advice(counts)
    yield from _decimal_advice(counts, columns)
    if columns.value == ALL and counts.refused[Reason.VALUE_NOT_NUMBER]:
        yield "if a column holds no numbers, name those that do: --value COLUMN,..."
    out_of_order = counts.refused[Refusal.LATE] + counts.refused[Refusal.DUPLICATE]
    if merged and (columns.value is None or out_of_order):
        yield f"not read: {', '.join(merged)}; does one tell series apart? --series COLUMN"
    elif counts.refused[Refusal.DUPLICATE] > counts.used:
        yield "most points have the time of the one before: is another column that of times? --time COLUMN"
    if counts.behind > MUCH * counts.used:
        yield (
            f"{counts.behind:,} points came behind newer ones of other series: an alert that ended as silent "
            "and what no_data tells are right only if the rows of all series are sorted by time together"
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
    if not (found := re.search(rf"'[-+]?[0-9]+[{other}]([0-9]+)'", example)):
        return
    cure = "give --decimal ," if other == COMMA else "leave out --decimal ,"
    if len(found[1]) == 3:
        yield f"if that mark is decimal, {cure}; if it stands between thousands, take it out of the file"
    else:
        yield f"is that a number? If so, {cure}"
