"""The checkpoint in the package, and how people name it."""

from pathlib import Path

DEFAULT = "default"
DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "data" / "checkpoints" / DEFAULT


def checkpoint_folder(name: str | Path | None) -> Path:
    """The folder of a checkpoint; that of the package for nothing and for the name `default`.

    name: as it was typed, so that ./default is a folder, or a Path, which always is one.
    """
    return Path(name) if name and name != DEFAULT else DEFAULT_CHECKPOINT
