"""Samples to a topic where each series has one partition, for producers that do not key by series."""

import msgspec

from spear_stream.core.deadline import Deadline
from spear_stream.core.records import SampleBatch
from spear_stream.transport.events import iso_time
from spear_stream.transport.kafka_producer import Message, Producer


class KafkaForwarder:
    """Writes each sample to the repartition topic in the default JSON form, keyed by its series.

    Flush before the offsets of the samples are committed.
    """

    def __init__(self, producer: Producer, topic: str) -> None:
        self._topic = topic
        self._producer = producer
        self._encode = msgspec.json.Encoder().encode

    def forward(self, samples: SampleBatch) -> None:
        for series, ts, value in zip(
            samples.series, samples.ts.tolist(), samples.value.tolist(), strict=True
        ):
            # ISO 8601: of small numbers the decoder could not know that they are milliseconds.
            record = self._encode({"series": series, "ts": iso_time(ts), "value": value})
            self._producer.send(Message(self._topic, series.encode(), record, source=samples.source))

    def flush(self, deadline: Deadline) -> None:
        """Raises DeliveryError unless every sample is acknowledged."""
        self._producer.flush(deadline)

    def close(self, deadline: Deadline) -> None:
        self._producer.close(deadline)
