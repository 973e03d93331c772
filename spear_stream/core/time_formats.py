"""Which format a date is written in that is no ISO-8601."""

import re
from contextlib import suppress

from spear_stream.core.times import written_moment

_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})|(\d{1,2})([ ./-])([A-Za-z]{3,9})\6(\d{4}|\d{2})")
_CLOCK = re.compile(
    r"([ T]|, )\d{1,2}:\d\d(:\d\d)?(\.\d{1,6})?(?:(\s?)[AP]M)?( ?)([+-]\d\d:?\d\d|UTC|GMT)?( UTC)?",
    re.IGNORECASE,
)


def formats_of(text: str) -> list[str]:
    """Those of strptime by which it may be read, the likeliest first; none for what is no date, in digits or
    with an English month.

    Behind points days come first. Behind slashes and dashes months do, if both are months.
    """
    if not (date := _DATE.match(text)):
        return []
    rest = text[date.end() :]
    clock = _CLOCK.fullmatch(rest)
    if rest and not clock:
        return []
    time = _time_format(clock) if clock else ""
    return [form for form in (day + time for day in _day_formats(date)) if _reads(text, form)]


def _day_formats(date: re.Match[str]) -> list[str]:
    if month := date[7]:
        year = "%Y" if len(date[8]) == 4 else "%y"
        return [f"%d{date[6]}{'%b' if len(month) == 3 else '%B'}{date[6]}{year}"]
    mark, year = date[2], "%Y" if len(date[4]) == 4 else "%y"
    if len(date[1]) == 4:
        return [f"%Y{mark}%m{mark}%d"]
    day_first, month_first = f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}"
    return [day_first] if mark == "." else [month_first, day_first]


def _time_format(clock: re.Match[str]) -> str:
    gap, seconds, fraction, half, before, zone, name = clock.groups()
    hours, noon = ("%H", "") if half is None else ("%I", f"{half}%p")
    time = f"{gap}{hours}:%M{':%S' if seconds else ''}{'.%f' if fraction else ''}{noon}"
    offset = "%z" if zone and zone[0] in "+-" else zone or ""
    return f"{time}{before}{offset}{name or ''}"


def _reads(text: str, form: str) -> bool:
    with suppress(ValueError):
        written_moment(text, form)
        return True
    return False
