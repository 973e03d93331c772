"""check-config: which settings it shows."""

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from spear_stream.ops.settings import load_settings
from spear_stream.transport.kafka_check import Finding
from spear_stream.wiring import check


@pytest.fixture(autouse=True)
def _looks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fine(_: object) -> Iterator[Finding]:
        yield Finding(ok=True, what="fine")

    for look in ("_checkpoint", "_endpoints", "_broker"):
        monkeypatch.setattr(check, look, fine)


def shown(flags: dict[str, object], *, everything: bool = False) -> str:
    console = Console(file=StringIO(), width=200)
    assert check.check(load_settings(flags), console, everything=everything) == 0
    return console.file.getvalue()


def test_it_shows_what_is_given_and_counts_the_rest() -> None:
    told = shown({"kafka.group_id": "team-a", "kafka.password": "swordfish", "kafka.username": "u",
                  "kafka.sasl_mechanism": "PLAIN", "kafka.security_protocol": "SASL_SSL"})  # fmt: skip
    assert "SPEAR_KAFKA__GROUP_ID" in told
    assert "team-a" in told
    assert "swordfish" not in told
    assert "SPEAR_KAFKA__ALERT_TOPIC" not in told
    assert "settings have their defaults: --all shows them" in told
    assert "would start" in told


def test_of_defaults_alone_there_is_no_table() -> None:
    told = shown({})
    assert "SPEAR_" not in told
    assert "have their defaults" in told


def test_all_shows_everything() -> None:
    told = shown({"kafka.group_id": "team-a"}, everything=True)
    assert "SPEAR_KAFKA__ALERT_TOPIC" in told
    assert "have their defaults" not in told
