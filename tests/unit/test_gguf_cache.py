"""GGUF weights that cannot be converted."""

from pathlib import Path

import pytest

from spear_stream.core.errors import CheckpointError
from spear_stream.model import gguf_cache
from spear_stream.model.backbone import _from_gguf


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gguf_cache, "cache_root", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_a_damaged_file_is_named_with_the_cure_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + b"junk" * 100)
    with pytest.raises(CheckpointError, match=r"model\.gguf cannot be read: .* Install its package again"):
        gguf_cache.converted_folder(file, "0" * 64, _from_gguf)
    assert not cache.exists() or list(cache.iterdir()) == []


def test_a_cache_that_is_full_says_where_to_make_room(tmp_path: Path) -> None:
    def load(_: Path) -> object:
        raise OSError(28, "No space left on device")

    with pytest.raises(CheckpointError, match=r"cannot be converted into .*cache.* Make room there"):
        gguf_cache.converted_folder(tmp_path / "model.gguf", "0" * 64, load)
