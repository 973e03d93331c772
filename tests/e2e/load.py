"""Records at a steady rate in a thread of their own, alerts among them."""

import random
import threading
import time
from itertools import count

from e2e.feed import START, STEP, feed
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import KeyValue
from kafka import KafkaProducer

SERIES = 12
"""That begin in every round, and end in the next one with a spike: an anomaly like one before is none."""
HALF = 30
"""Points of a series in each of its two rounds; windows need more than the first of them."""
HISTORY = 32
"""Points that a resident begins with, in one record."""


def records_of(number: int, chance: random.Random) -> list[KeyValue]:
    """A round: the end of the series that began in the round before, and the beginning of others."""
    spike = HALF + chance.randrange(5, HALF - 10)
    ending = feed(series_of(number - 1), range(HALF, 2 * HALF), {spike}) if number else []
    return ending + feed(series_of(number), range(HALF))


def series_of(number: int) -> list[str]:
    return [f"round-{number}-series-{at}" for at in range(SERIES)]


class Load:
    """A round every second, and points of residents, series that live on and make state that moves."""

    def __init__(self, broker: KafkaBroker, topic: str, residents: int, rate: int) -> None:
        """rate: points of residents per second, those of all in turn."""
        self.records = 0
        """Acknowledged so far."""
        self._producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20, batch_size=1 << 18)
        self._topic = topic
        self._residents = residents
        self._rate = rate if residents else 0
        self._chance = random.Random(0)
        self._told = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    def tell_history(self) -> None:
        for resident in range(self._residents):
            points = ",".join(self._point(resident, at) for at in range(HISTORY))
            self._send(self._key(resident), f"[{points}]".encode())
        self._producer.flush()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when all records of the last round are acknowledged."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._producer.close()

    def _run(self) -> None:
        began = time.monotonic()
        for number in count():
            for key, value in records_of(number, self._chance):
                self._send(key, value)
            for _ in range(self._rate):
                turn, resident = divmod(self._told, self._residents)
                self._send(self._key(resident), self._point(resident, HISTORY + turn).encode())
                self._told += 1
            self._producer.flush()
            if self._stopping.wait(max(0.0, began + number + 1 - time.monotonic())):
                return

    def _send(self, key: bytes | None, value: bytes | None) -> None:
        self._producer.send(self._topic, value, key=key).add_callback(self._acknowledged)

    def _acknowledged(self, _: object) -> None:
        self.records += 1  # on the producer's thread only

    def _key(self, resident: int) -> bytes:
        return b"resident-%d" % resident

    def _point(self, resident: int, at: int) -> str:
        value = self._chance.gauss()
        return f'{{"series":"resident-{resident}","ts":{START + at * STEP},"value":{value:.4f}}}'
