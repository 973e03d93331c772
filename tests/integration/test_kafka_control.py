"""The control topic on a real broker: who may read it, what it must be, and a broker that hangs."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from integration.kafka_broker import KafkaBroker
from integration.kafka_tools import connection, deadline, produce
from integration.test_kafka_access import login
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from spear_stream.core.control import Artefact, ArtefactPut, RolesPut, Unusable
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError
from spear_stream.core.roles import Roles
from spear_stream.transport.control_records import ControlRecord, encode_artefact, encode_roles
from spear_stream.transport.kafka_check import check_kafka
from spear_stream.transport.kafka_control import KafkaControl, write_control
from spear_stream.transport.kafka_subscription import Subscription

pytestmark = pytest.mark.kafka

COMPACT = {"cleanup.policy": "compact"}
_numbers = count()


@pytest.fixture
def control_topic(kafka_broker: KafkaBroker) -> str:
    return kafka_broker.create_topic(f"control-{next(_numbers)}", 1, COMPACT)


def findings(broker: KafkaBroker, topic: str, control_topic: str) -> dict[str, bool]:
    found = check_kafka(connection(broker), Subscription("g", (topic,)), (), control_topic=control_topic)
    return {finding.what: finding.ok for finding in found}


def test_a_missing_topic_says_how_to_create_it(kafka_broker: KafkaBroker, topic: str) -> None:
    create = r"--topic absent --partitions 1 --config cleanup\.policy=compact"
    with pytest.raises(BrokerError, match=create):
        KafkaControl(connection(kafka_broker), "absent")
    assert any("--partitions 1" in what for what in findings(kafka_broker, topic, "absent"))


def test_a_topic_of_several_partitions_is_refused(kafka_broker: KafkaBroker, topic: str) -> None:
    with pytest.raises(BrokerError, match="has 2 partitions, it must have one; create another"):
        KafkaControl(connection(kafka_broker), topic)


def test_a_topic_without_access_is_named(kafka_broker: KafkaBroker, control_topic: str) -> None:
    with pytest.raises(BrokerError, match=f"no access to topic {control_topic}"):
        KafkaControl(login(kafka_broker, "stranger"), control_topic)


def test_the_check_wants_a_compacted_topic(kafka_broker: KafkaBroker, topic: str, control_topic: str) -> None:
    good = findings(kafka_broker, topic, control_topic)
    assert good[f"topic {control_topic}: 1 partitions, READ access"]
    assert all(good.values())
    plain = kafka_broker.create_topic(f"control-{next(_numbers)}", 1)
    [problem] = [what for what, ok in findings(kafka_broker, topic, plain).items() if not ok]
    assert problem.startswith(f"topic {plain}: cleanup.policy is delete")
    assert "--add-config cleanup.policy=compact" in problem


def test_a_worker_outlives_junk_and_sees_what_follows_it(
    kafka_broker: KafkaBroker, control_topic: str
) -> None:
    produce(kafka_broker, control_topic, [(b"junk", b"\xff" * 1000), (b"tenant/*", b"{")])
    write_control(connection(kafka_broker), control_topic, [encode_roles("*", Roles())])
    control = KafkaControl(connection(kafka_broker), control_topic)
    first, second, third = control.load(deadline())
    assert isinstance(first, Unusable)
    assert isinstance(second, Unusable)
    assert third == RolesPut("*", Roles())
    control.close()


def test_a_broker_that_hangs_or_is_away_does_not_hold_up_the_worker(
    mortal_broker: KafkaBroker, control_topic: str
) -> None:
    control = KafkaControl(connection(mortal_broker), control_topic)
    assert list(control.load(deadline())) == []
    slowest = 0.0
    with mortal_broker.frozen():
        for _ in range(20):
            started = time.monotonic()
            assert list(control.poll()) == []
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.05)
    assert slowest < 1.0, slowest
    mortal_broker.kill()
    assert [list(control.poll()) for _ in range(5)] == [[]] * 5
    mortal_broker.restart()
    write_control(connection(mortal_broker), control_topic, [encode_roles("*", Roles())])
    limit = deadline()
    while not (found := control.poll()):
        assert not limit.expired
    assert list(found) == [RolesPut("*", Roles())]
    control.close()


def test_a_record_that_the_topic_does_not_take_names_the_cure(
    kafka_broker: KafkaBroker, control_topic: str
) -> None:
    large = encode_artefact(Artefact(b"{}", bytes(range(256)) * 8000))
    with pytest.raises(BrokerError, match=r"raise max\.message\.bytes of the topic"):
        write_control(connection(kafka_broker), control_topic, [large])


def test_access_to_the_control_topic_alone_is_enough_to_read_it(
    kafka_broker: KafkaBroker, control_topic: str
) -> None:
    """The ACLs of docs/rollout.md; a worker cannot write it."""
    resource = ResourcePattern(ResourceType.TOPIC, control_topic)
    allowed = [
        ACL("User:stranger", "*", operation, ACLPermissionType.ALLOW, resource)
        for operation in (ACLOperation.READ, ACLOperation.DESCRIBE)
    ]
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    admin.create_acls(allowed)
    admin.close()
    write_control(connection(kafka_broker), control_topic, [encode_roles("*", Roles())])
    worker = login(kafka_broker, "stranger")
    control = KafkaControl(worker, control_topic)
    assert list(control.load(deadline())) == [RolesPut("*", Roles())]
    control.close()
    with pytest.raises(BrokerError, match="no WRITE access to topic"):
        write_control(worker, control_topic, [encode_roles("*", None)])


def test_nobody_reads_an_artefact_without_the_roles_that_name_it(
    kafka_broker: KafkaBroker, control_topic: str
) -> None:
    """Another `prompts` command would delete it as useless."""
    artefact, conn = Artefact(b"{}", b"x"), connection(kafka_broker)

    def read(patience: float) -> list[object]:
        control = KafkaControl(conn, control_topic)
        try:
            return list(control.load(Deadline(patience, time.monotonic)))
        finally:
            control.close()

    def records() -> Iterator[ControlRecord]:
        yield encode_artefact(artefact)
        with pytest.raises(BrokerError, match="the end of 1 partitions"):
            read(2.0)
        yield encode_roles("*", Roles())

    write_control(conn, control_topic, records(), "g.prompts.1")
    assert read(30.0) == [ArtefactPut(artefact.digest, artefact), RolesPut("*", Roles())]


def test_a_change_that_fails_is_not_seen_and_holds_nobody_up(
    kafka_broker: KafkaBroker, control_topic: str
) -> None:
    conn, large = connection(kafka_broker), encode_artefact(Artefact(b"{}", bytes(range(256)) * 8000))
    with pytest.raises(BrokerError, match=r"raise max\.message\.bytes of the topic"):
        write_control(conn, control_topic, [encode_roles("a*", Roles()), large], "g.prompts.2")
    write_control(conn, control_topic, [encode_roles("*", Roles())], "g.prompts.3")
    control = KafkaControl(conn, control_topic)
    assert list(control.load(deadline())) == [RolesPut("*", Roles())]
    control.close()
