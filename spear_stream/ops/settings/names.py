"""The names of a setting: kafka.group_id, SPEAR_KAFKA__GROUP_ID, and what to suggest for a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

PREFIX = "SPEAR_"
DELIMITER = "__"
BOOTSTRAP_NAMES = ("SPEAR_CONFIG", "SPEAR_SECRETS_DIR")
"""Variables that say where further settings are."""
FILE_SUFFIX = "_FILE"


class Name(NamedTuple):
    """A setting by group and field."""

    group: str
    field: str

    @property
    def dotted(self) -> str:
        return f"{self.group}.{self.field}"

    @property
    def env(self) -> str:
        return PREFIX + DELIMITER.join(self).upper()


def suggestion(wrong: str, names: Iterable[Name]) -> str:
    """`; did you mean X?` when a real name is near enough, else where all of them are listed."""
    known = [name.env if wrong.startswith(PREFIX) else name.dotted for name in names]
    near = get_close_matches(wrong, known, n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else "; docs/configuration.md lists all settings"
