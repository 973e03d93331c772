"""The independent checker: what a disturbed group published against what an undisturbed worker did."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from e2e.daemon import Topics
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import read_all


@dataclass(frozen=True)
class Verdict:
    """CloudEvents ids with what happened, except where said otherwise."""

    events: int
    lost: list[str]
    doubled: list[str]
    foreign: list[str]
    """Events that the undisturbed run does not have."""
    disordered: list[str]
    """Series whose events are in another order."""
    refused: int
    """Dead letters; a record that was read twice, or behind its state, would be one."""

    @property
    def clean(self) -> bool:
        """Nothing differs; a topic without events proves nothing."""
        return self.events > 0 and not (
            self.lost or self.doubled or self.foreign or self.disordered or self.refused
        )

    @property
    def counts(self) -> dict[str, int]:
        """Figures for a table."""
        return {name: found if isinstance(found, int) else len(found) for name, found in vars(self).items()}


def compare_topics(broker: KafkaBroker, undisturbed: Topics, disturbed: Topics) -> Verdict:
    """Reads both alert topics to their ends, as read_committed."""
    expected, found = (read_all(broker, topics.alerts) for topics in (undisturbed, disturbed))
    return compare(expected, found, len(read_all(broker, disturbed.dead_letters)))


def compare(expected: Sequence[Any], found: Sequence[Any], refused: int = 0) -> Verdict:
    """By CloudEvents id and content: an event is the same only if all that it says is."""
    wanted, got = (Counter(map(_identity, records)) for records in (expected, found))
    orders = _orders(expected)
    return Verdict(
        events=len(found),
        lost=sorted(wanted.keys() - got.keys()),
        doubled=sorted(event for event, count in got.items() if count > 1),
        foreign=sorted(got.keys() - wanted.keys()),
        disordered=sorted(
            series.decode() for series, order in _orders(found).items() if order != orders.get(series)
        ),
        refused=refused,
    )


def _identity(record: Any) -> str:
    """ce_id, and what happened; scores may differ in the last bit between batches of other sizes."""
    event, headers = json.loads(record.value), dict(record.headers)
    return f"{headers['ce_id'].decode()} {event['type']} {event['series']} {event['started_at']}"


def _orders(records: Sequence[Any]) -> dict[bytes, list[str]]:
    orders: dict[bytes, list[str]] = defaultdict(list)
    for record in records:
        orders[record.key].append(_identity(record))
    return orders
