"""What every core.control.Control does: the fake, and the topic of a real broker."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline

from spear_stream.core.control import Artefact, ArtefactPut, Control, ControlChange, RolesPut
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.testing import ListControl
from spear_stream.transport.control_records import encode_artefact, encode_roles
from spear_stream.transport.kafka_control import KafkaControl, write_control

ARTEFACT = Artefact(b"{}", b"x" * 2_000_000)
"""Larger than a fetch."""
ROLES = Roles(champion=CheckpointRef(ARTEFACT.digest, "x", "now"))
_numbers = count()


@dataclass(frozen=True)
class Made:
    control: Control
    write: Callable[[str, Roles | None, Sequence[Artefact]], None]


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    if request.param == "memory":
        memory = ListControl()
        yield Made(memory, lambda tenant, roles, artefacts: memory.put(tenant, roles, *artefacts))
        return
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    settings = {"cleanup.policy": "compact", "max.message.bytes": "4000000"}
    topic = broker.create_topic(f"contract-control-{next(_numbers)}", 1, settings)

    def write(tenant: str, roles: Roles | None, artefacts: Sequence[Artefact]) -> None:
        records = [*map(encode_artefact, artefacts), encode_roles(tenant, roles)]
        write_control(connection(broker), topic, records)

    control = KafkaControl(connection(broker), topic)
    yield Made(control, write)
    control.close()


def until(control: Control, wanted: int) -> list[ControlChange]:
    """What polls bring, until there is as much as wanted."""
    found: list[ControlChange] = []
    limit = deadline()
    while len(found) < wanted:
        assert not limit.expired, found
        found += control.poll()
    return found


def test_nothing_is_there_at_first(made: Made) -> None:
    assert list(made.control.load(deadline())) == []
    assert list(made.control.poll()) == []


def test_what_was_written_is_loaded_in_its_order_and_what_follows_is_polled(made: Made) -> None:
    made.write("*", ROLES, [ARTEFACT])
    assert list(made.control.load(deadline())) == [
        ArtefactPut(ARTEFACT.digest, ARTEFACT),
        RolesPut("*", ROLES),
    ]
    made.write("host*", Roles(), [])
    made.write("*", None, [])
    assert until(made.control, 2) == [RolesPut("host*", Roles()), RolesPut("*", None)]
    assert list(made.control.poll()) == []
