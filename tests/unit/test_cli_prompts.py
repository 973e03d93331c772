"""What the prompts commands refuse before they ask a broker for anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from spear_stream.cli_prompts import app
from spear_stream.core.errors import CheckpointError, ConfigError

TOPIC = ("-s", "kafka.control_topic=control", "-s", "kafka.bootstrap_servers=127.0.0.1:1")


@pytest.mark.parametrize("command", ["publish", "shadow"])
def test_a_checkpoint_that_is_none_is_refused_without_a_broker(tmp_path: Path, command: str) -> None:
    done = CliRunner().invoke(app, [command, str(tmp_path / "absent"), *TOPIC])

    assert isinstance(done.exception, CheckpointError)
    assert f"no checkpoint in {tmp_path / 'absent'}" in str(done.exception)


@pytest.mark.parametrize("command", ["publish", "shadow"])
def test_a_folder_with_an_empty_name_is_not_the_packaged_checkpoint(command: str) -> None:
    """As of `prompts publish "$DIR"` where DIR is not set."""
    done = CliRunner().invoke(app, [command, "", *TOPIC])

    assert isinstance(done.exception, ConfigError)
    assert "the name of the checkpoint is empty" in str(done.exception)
