"""score-file writes nothing before it is known that all outputs can be written."""

import os
from importlib import util
from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.wiring import score_file_report
from spear_stream.wiring.score_file_report import ScoreFile, check_outputs

EARLIER = "of an earlier run"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").write_text(EARLIER)


@pytest.mark.parametrize(
    ("paths", "error"),
    [
        (ScoreFile("-", "none/out"), "cannot write none/out: No such file .*; .* for the alerts"),
        (ScoreFile("-", "out", Path("none/scores")), "for the scores"),
        (ScoreFile("-", "out", plot=Path("none/a.png")), "for the picture"),
        (ScoreFile("-", "out", dead_letters="."), "cannot write .: Is a directory; .* for the dead letters"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_and_nothing_emptied(paths: ScoreFile, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        check_outputs(paths)
    assert Path("out").read_text() == EARLIER


def test_a_picture_without_matplotlib_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_file_report, "find_spec", lambda name: util.find_spec(f"no_{name}"))
    with pytest.raises(ConfigError, match="--plot needs matplotlib: pip install matplotlib"):
        check_outputs(ScoreFile("-", "out", plot=Path("a.png")))


def test_what_leads_to_another_process_is_no_file() -> None:
    """Such as `--out >(gzip > alerts.gz)`: it exists, where its path leads to does not."""
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer):
        check_outputs(ScoreFile("-", f"/dev/fd/{writer}"))


def test_good_outputs_are_left_as_they_are() -> None:
    Path("link").symlink_to("target")
    os.mkfifo("pipe")  # to open it would wait for who reads
    check_outputs(ScoreFile("-", "out", Path("scores"), Path("a.png"), "pipe"))
    check_outputs(ScoreFile("-", "link", dead_letters="-"))
    assert sorted(path.name for path in Path().iterdir()) == ["link", "out", "pipe"]
    assert Path("out").read_text() == EARLIER
    assert Path("link").is_symlink()
