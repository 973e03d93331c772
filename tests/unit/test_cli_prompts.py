"""What the prompts commands refuse before they ask a broker for anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from spear_stream.cli_prompts import app
from spear_stream.core.errors import CheckpointError


@pytest.mark.parametrize("command", ["publish", "shadow"])
def test_a_checkpoint_that_is_none_is_refused_without_a_broker(tmp_path: Path, command: str) -> None:
    topic = ("-s", "kafka.control_topic=control", "-s", "kafka.bootstrap_servers=127.0.0.1:1")

    done = CliRunner().invoke(app, [command, str(tmp_path / "absent"), *topic])

    assert isinstance(done.exception, CheckpointError)
    assert f"no checkpoint in {tmp_path / 'absent'}" in str(done.exception)
