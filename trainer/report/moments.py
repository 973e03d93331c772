"""What to look at: windows that were found, windows that were missed, and alerts about nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from spear_stream.core.records import Float64Array
from trainer.datasets.series import LabelledSeries, Span
from trainer.metrics.events import alert_rows

CONTEXT = 200
"""Points shown on either side at least."""
WIDEST = 4000
"""Points shown at most."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A stretch of a series worth a picture."""

    series: LabelledSeries
    score: Float64Array
    """What alerts go by, (n,) of the whole series."""
    alerts: Sequence[Span]
    """First and last row of every alert of the series."""
    first: int
    last: int
    """The rows that the moment is about."""
    strength: float
    """Highest score within."""

    @property
    def shown(self) -> slice:
        """The rows around it, so that it can be told from what is usual.

        Of a moment longer than a picture, the beginning.
        """
        length = self.last - self.first
        context = max(CONTEXT, min(2 * length, (WIDEST - length) // 2))
        start = max(0, self.first - context)
        return slice(start, min(len(self.series), self.last + context, start + WIDEST))


@dataclass(frozen=True)
class Moments:
    """Of a corpus, how many there are of each and the most telling of them."""

    hits: int
    misses: int
    false_alarms: int
    shown_hits: Sequence[Moment]
    """Those with the highest scores first."""
    shown_misses: Sequence[Moment]
    """Those with the lowest scores first."""
    shown_false_alarms: Sequence[Moment]
    """Those with the highest scores first."""


def find_moments(
    corpus: Sequence[LabelledSeries],
    score: Mapping[str, Float64Array],
    alerts: Mapping[str, Sequence[Span]],
    most: int,
) -> Moments:
    """alerts: first and last millisecond, by series; most: pictures of each sort, of different series if
    there are enough.
    """
    hits: list[Moment] = []
    misses: list[Moment] = []
    false_alarms: list[Moment] = []
    for series in corpus:
        rows = alert_rows(series, alerts.get(series.name, ()))
        scores = score[series.name]
        for window in series.scored_windows:
            found = any(_overlap(window, row) for row in rows)
            (hits if found else misses).append(_moment(series, scores, rows, window))
        false_alarms += [
            _moment(series, scores, rows, row)
            for row in rows
            if not any(_overlap(window, row) for window in series.windows)
        ]
    return Moments(
        *(len(hits), len(misses), len(false_alarms)),
        _chosen(hits, most, highest=True),
        _chosen(misses, most, highest=False),
        _chosen(false_alarms, most, highest=True),
    )


def _moment(series: LabelledSeries, score: Float64Array, rows: Sequence[Span], about: Span) -> Moment:
    first, last = about
    return Moment(series, score, rows, first, last, float(score[first : last + 1].max()))


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _chosen(moments: Sequence[Moment], most: int, *, highest: bool) -> list[Moment]:
    """In turn from every series, the strongest (or weakest) first."""
    ranked = sorted(moments, key=lambda moment: moment.strength, reverse=highest)
    by_series: dict[str, list[Moment]] = {}
    for moment in ranked:
        by_series.setdefault(moment.series.name, []).append(moment)
    rounds = zip_longest(*by_series.values())
    return [moment for one in rounds for moment in one if moment is not None][:most]
