"""What the processes that make batches start with: a file in the temporary folder, if it has room."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from trainer.batch_makers import made_ahead
from trainer.batches import BatchPlan, ChunkMaker

MAKE = ChunkMaker(WindowSpec(length=64), BatchPlan(), 0, None)


def test_a_full_temporary_folder_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "make.pickle").symlink_to("/dev/full")
    monkeypatch.setattr(tempfile, "tempdir", "/a/place")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda: nullcontext(str(tmp_path)))
    with (
        pytest.raises(
            ConfigError, match=r"cannot write to /a/place .*No space left on device; .* set TMPDIR"
        ),
        made_ahead(MAKE, range(3), 1),
    ):
        pass


def test_a_temporary_folder_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with (
        pytest.raises(ConfigError, match=rf"cannot write to {tmp_path}/gone .*No such file.*--threads \d"),
        made_ahead(MAKE, range(3), 1),
    ):
        pass
