"""Files that commands leave behind: checked before the work, written in one piece after it."""

from pathlib import Path
from typing import Any

import msgspec

from spear_stream.core.errors import ConfigError
from spear_stream.model.checkpoint import write_whole

OUT = "choose another --out"


def check_writable(path: Path | None, option: str) -> None:
    """Raise ConfigError when a file cannot be written later: no folder is made for it, as in score-file."""
    if path is None:
        return
    if path.is_dir():
        raise ConfigError(f"{option} {path} is a folder; give the path of a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"{option} {path}: the folder {path.parent} does not exist; make it first")
    try:
        with path.open("ab"):
            pass
        if not path.stat().st_size:
            path.unlink()
    except OSError as error:
        raise unwritable(path, error, f"give another {option}") from error


def write_json(path: Path, content: Any, cure: str = OUT) -> None:
    """Indented JSON, nan as null. Raises ConfigError when it cannot be written."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n", cure)


def write_bytes(path: Path, content: bytes, cure: str = OUT) -> None:
    """Replace a file in one step. Raises ConfigError when it cannot be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise unwritable(path, error, cure) from error


def unwritable(path: Path, error: OSError, cure: str = OUT) -> ConfigError:
    """What to say when results cannot be written."""
    return ConfigError(f"cannot write to {path}: {error.strerror or error}; make room there, or {cure}")
