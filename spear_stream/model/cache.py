"""What is made of weight packages once: the user's cache folder."""

import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_root() -> Path:
    """Where converted and unpacked weights are kept."""
    return Path.home() / ".cache" / "spear-stream"


def made_once(target: Path, write: Callable[[Path], object]) -> Path:
    """The folder `target`, which write() makes now if it is not there yet.

    write: makes the folder that it is given, in one with room for what else it needs. Raises OSError if the
    cache cannot be written, and what write() raises.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        written = Path(scratch, target.name)
        write(written)
        try:
            written.rename(target)  # at the very end: what was killed leaves nothing that looks finished
        except OSError:
            if not target.is_dir():  # or another process was quicker
                raise
    return target
