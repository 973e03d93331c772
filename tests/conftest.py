import os
from collections.abc import Iterator

import pytest
from integration.kafka_broker import KafkaBroker, download_jars, missing_tool


def pytest_configure() -> None:
    """Before anything imports torch: two threads of which one has to share its core are slower than one."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests go first to the processes of `-n`, so that none is left with one at the end."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests reach neither the tests nor the programs they start."""
    for name in [name for name in os.environ if name.startswith("SPEAR_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A running broker, one per process of tests; skips where none can run, fails there when
    REQUIRE_KAFKA=1.
    """
    if reason := missing_tool():
        refuse = pytest.fail if os.environ.get("REQUIRE_KAFKA") == "1" else pytest.skip
        refuse(f"needs a real Apache Kafka broker: {reason}")
    broker = KafkaBroker(download_jars(), tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mortal_broker(kafka_broker: KafkaBroker) -> Iterator[KafkaBroker]:
    """The broker of all tests, for tests that kill it: up again afterwards."""
    yield kafka_broker
    kafka_broker.ensure_running()
