"""The checkpoint in the package, and how people name it."""

from pathlib import Path

DEFAULT = "default"
DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "data" / "checkpoints" / DEFAULT


def checkpoint_folder(name: str | Path | None) -> Path:
    """Of a checkpoint that somebody named: a folder; `default` or nothing for the one in the package."""
    return Path(name) if name and str(name) != DEFAULT else DEFAULT_CHECKPOINT
