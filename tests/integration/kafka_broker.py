"""A real Apache Kafka broker (one node, KRaft) for tests and benchmarks; needs Java 17+ and Maven."""

import fcntl
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".kafka"
"""Jars are copied here once; the folder is git-ignored."""
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
STORE_PASSWORD = "test-only"
USERS = {"admin": "admin-secret", "stranger": "stranger-secret", "worker": "worker-secret"}
"""Accounts of the SASL listener; `stranger` has no access to anything, `worker` what a test grants."""
START_TIMEOUT = 60.0
JVM = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    # One line per rebalance: generations() counts them.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.coordinator.group.GroupMetadataManager=info",
)


def missing_tool() -> str | None:
    """Why no broker can run here, None if one can."""
    if not shutil.which("mvn"):
        return "Maven (mvn) is not installed"
    if not shutil.which("java"):
        return "Java is not installed"
    banner = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', banner)
    if not version or int(version[1]) < 17:
        return f"Java 17 or newer is needed, found {banner.splitlines()[0]}"
    return None


def download_jars() -> Path:
    """Folder with the jars of pom.xml, from Maven Central on the first call; one process downloads."""
    pom = HERE / "pom.xml"
    version = re.search(r"kafka_2.13</artifactId>\s*<version>([^<]+)", pom.read_text())
    assert version, "pom.xml names no Kafka version"
    libs = CACHE / f"libs-{version[1]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.exists():
            part = CACHE / "part"
            shutil.rmtree(part, ignore_errors=True)
            goal = ["dependency:copy-dependencies", f"-DoutputDirectory={part}"]
            command = ["mvn", "-q", "-B", "-f", pom, *goal]
            subprocess.run(command, check=True, timeout=240, stdout=subprocess.DEVNULL)
            part.rename(libs)
    return libs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Ports:
    plain: int
    sasl_tls: int
    controller: int


class KafkaBroker:
    """Keeps its ports and data over kill() and restart()."""

    def __init__(self, libs: Path, folder: Path, session_ms: int = 1000) -> None:
        """session_ms: silence after which the broker is taken for dead; a restart waits for it."""
        self.ports = Ports(free_port(), free_port(), free_port())
        self.bootstrap = f"127.0.0.1:{self.ports.plain}"
        """Open listener; everything is allowed here."""
        self.sasl_tls_bootstrap = f"127.0.0.1:{self.ports.sasl_tls}"
        """TLS and SASL/PLAIN with USERS, under access control."""
        self.ca_file = folder / "ca.pem"
        self._session_ms = session_ms
        self._java = ["java", *JVM, "-cp", f"{libs}/*"]
        self._folder = folder
        self._config = folder / "server.properties"
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Format the data folder and start; returns when the broker answers."""
        make_certificate(self._folder / "keystore.p12", self.ca_file)
        self._config.write_text(properties(self._folder, self.ports, self._session_ms))
        tool = [*self._java, "kafka.tools.StorageTool", "format", "--standalone"]
        subprocess.run([*tool, "-t", CLUSTER_ID, "-c", self._config], check=True, capture_output=True)
        self.restart()

    def restart(self) -> None:
        """Start again after kill() or stop(); returns when the broker answers."""
        assert self._process is None, "the broker still runs"
        with self._log.open("ab") as log:
            command = [*self._java, "kafka.Kafka", str(self._config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._await_answer()

    def ensure_running(self) -> None:
        if self._process is None:
            self.restart()

    def kill(self) -> None:
        """SIGKILL: no farewell to clients, nothing flushed by the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Orderly shutdown."""
        self._end(signal.SIGTERM)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Alive but silent: connections stay open and nothing is answered."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on no file of the broker can grow, as on a full disk; restart() ends it."""
        assert self._process
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def await_end(self) -> None:
        """Wait until the broker has given up by itself."""
        assert self._process
        self._process.wait(timeout=60)
        self._process = None

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Returns the name when every partition has a leader."""
        topic = {"num_partitions": partitions, "replication_factor": 1, "configs": dict(config or {})}
        with self.admin() as admin:
            admin.create_topics({name: topic}, wait_for_metadata=True)
        return name

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """A client that may do everything."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            yield admin
        finally:
            admin.close()

    def generations(self, group: str) -> list[int]:
        """One per rebalance that a consumer group has been through since the first start."""
        line = rf"Stabilized group {re.escape(group)} generation (\d+)"
        return [int(number) for number in re.findall(line, self._log.read_text())]

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            assert self._process, "start the broker first"
            assert self._process.poll() is None, f"the broker ended:\n{self._log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, (
                f"no answer in {START_TIMEOUT} s:\n{self._log.read_text()[-4000:]}"
            )

    def _answers(self) -> bool:
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=500, reconnect_backoff_max_ms=50
            )
        except KafkaError:
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()


def properties(folder: Path, ports: Ports, session_ms: int) -> str:
    listeners = {"PLAINTEXT": ports.plain, "SASL_SSL": ports.sasl_tls, "CONTROLLER": ports.controller}
    addresses = {name: f"{name}://127.0.0.1:{port}" for name, port in listeners.items()}
    accounts = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
    login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {accounts};"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return f"""
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{ports.controller}
listeners={",".join(addresses.values())}
advertised.listeners={addresses["PLAINTEXT"]},{addresses["SASL_SSL"]}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# One node and short waits: a first group creates one partition.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
broker.session.timeout.ms={session_ms}
broker.heartbeat.interval.ms=200
group.min.session.timeout.ms=1000
# Access control: the open listener (ANONYMOUS) and admin may do everything, others nothing.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config={login}
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={scram}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram}
ssl.keystore.type=PKCS12
ssl.keystore.location={folder}/keystore.p12
ssl.keystore.password={STORE_PASSWORD}
"""


def make_certificate(keystore: Path, certificate: Path) -> None:
    """A self-signed certificate for 127.0.0.1 with Java's keytool, and its PEM for clients to trust."""
    store = ["-alias", "broker", "-keystore", keystore, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]
    generate = ["-genkeypair", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1"]
    subprocess.run(["keytool", *generate, *store], check=True, capture_output=True)
    subprocess.run(
        ["keytool", "-exportcert", "-rfc", "-file", certificate, *store], check=True, capture_output=True
    )
