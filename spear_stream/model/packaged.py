"""The checkpoint in the package, and how people name it."""

from pathlib import Path

from spear_stream.core.errors import ConfigError

DEFAULT = "default"
DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "data" / "checkpoints" / DEFAULT


def checkpoint_folder(name: str | Path | None) -> Path:
    """The folder of a checkpoint; that of the package for None and for the name `default`.

    name: as it was typed, so that ./default is a folder, or a Path, which always is one. Raises ConfigError
    for an empty one: a variable of a script that is not set must not choose a checkpoint.
    """
    if name == "":
        raise ConfigError(f"the name of the checkpoint is empty; name its folder, or {DEFAULT}")
    return DEFAULT_CHECKPOINT if name is None or name == DEFAULT else Path(name)
