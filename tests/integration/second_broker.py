"""A second broker beside the first, so that a topic can have replicas that are missing."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integration.kafka_broker import CLUSTER_ID, START_TIMEOUT, KafkaBroker, download_jars, free_port
from kafka import KafkaAdminClient

JVM = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@contextmanager
def second_broker(first: KafkaBroker, folder: Path) -> Iterator[None]:
    """Member of the first one's cluster until the block ends; topics created meanwhile may live on it."""
    java = ["java", *JVM, "-cp", f"{download_jars()}/*"]
    config = folder / "server.properties"
    config.write_text(_properties(folder, first.ports.controller))
    format_it = [*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", config]
    subprocess.run(format_it, check=True, capture_output=True)
    with (folder / "broker.log").open("ab") as log:
        process = subprocess.Popen([*java, "kafka.Kafka", config], stdout=log, stderr=subprocess.STDOUT)
    try:
        _await_brokers(first, 2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _await_brokers(broker: KafkaBroker, count: int) -> None:
    limit = time.monotonic() + START_TIMEOUT
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        while len(admin.describe_cluster()["brokers"]) < count:
            assert time.monotonic() < limit, "the second broker does not join"
            time.sleep(0.1)
    finally:
        admin.close()


def _properties(folder: Path, controller: int) -> str:
    address = f"PLAINTEXT://127.0.0.1:{free_port()}"
    return f"""
process.roles=broker
node.id=2
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners={address}
advertised.listeners={address}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
"""
