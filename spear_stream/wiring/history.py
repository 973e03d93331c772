"""What topics hold already, read once with the daemon's own settings: the trainer's door to Kafka."""

from collections.abc import Iterator

from spear_stream.core.records import Decoded, RawRecord
from spear_stream.ops.clock import SystemClock
from spear_stream.ops.settings import Settings
from spear_stream.ops.settings.load import load_settings
from spear_stream.transport.kafka_range import TimeRange, read_range
from spear_stream.wiring.common import input_decoder
from spear_stream.wiring.connection import connection_of


class History:
    """Reads topics as the daemon would, from the same addresses, with the same login and input format."""

    def __init__(self, settings: Settings | None = None) -> None:
        """settings: those of the environment when None. Raises ConfigError."""
        self._settings = settings or load_settings()

    @property
    def alert_topic(self) -> str:
        return self._settings.kafka.alert_topic

    @property
    def repartition_topic(self) -> str | None:
        return self._settings.kafka.repartition_topic

    def samples(self, topic: str, since: int | None, until: int | None) -> Iterator[Decoded]:
        """Measurements of a time range, partition by partition in log order, and what could not be read.

        since, until: milliseconds since the epoch by the timestamps of records, None is open.
        Raises BrokerError or BrokerUnavailable.
        """
        settings = self._settings
        decoder = input_decoder(settings)
        ranged = TimeRange(since, until)
        for partition, records in read_range(connection_of(settings), topic, ranged, SystemClock().monotonic):
            yield decoder.decode(partition, records)

    def records(self, topic: str) -> Iterator[RawRecord]:
        """All records of a topic, such as alerts or feedback; raises as samples() does."""
        reading = read_range(connection_of(self._settings), topic, TimeRange(), SystemClock().monotonic)
        for _, records in reading:
            yield from records
