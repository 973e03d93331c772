"""Do the records of a series always carry the same key?

Kafka chooses the partition by the key. A series whose key changes is spread over partitions, and
so over workers that know nothing of each other. A key that is not the series is no fault as long
as it stays: a host's name may be the key of all metrics of the host.
"""

from collections.abc import Callable, Sequence

from spear_stream.core.records import RawRecord, SampleBatch

MOST_WATCHED = 10_000
"""Series whose key is remembered: enough to notice producers that do it wrong."""


class KeyWatch:
    """Looks at one record of every poll, so it costs nothing and notices what happens often."""

    def __init__(self, report: Callable[[str, str], None]) -> None:
        """report(series, topic) is called for every change that is seen."""
        self._report = report
        self._hashes: dict[tuple[str, str], int] = {}

    def look(self, samples: SampleBatch, records: Sequence[RawRecord]) -> None:
        """samples: those of the records, in order. Records without a key tell nothing."""
        newest = records[-1]
        if newest.key is None or not len(samples) or samples.offset[-1] != newest.offset:
            return
        topic, series, found = samples.source.topic, samples.series[-1], hash(newest.key)
        if self._hashes.get((topic, series), found) != found:
            self._report(series, topic)
        if (topic, series) in self._hashes or len(self._hashes) < MOST_WATCHED:
            self._hashes[topic, series] = found
