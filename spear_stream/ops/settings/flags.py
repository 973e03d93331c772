"""Settings given on the command line."""

import re
from collections.abc import Iterable

from spear_stream.core.errors import ConfigError


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """`kafka.group_id=team-a` and the like, for `load_settings`. Raises ConfigError for anything else."""
    return dict(map(_parse, pairs))


def _parse(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        # Only what looks like a name: the rest may be a secret.
        shown = "".join(re.findall(r"^[\w.]+", text))
        raise ConfigError(f"--set {shown}...: expected NAME=VALUE, such as kafka.group_id=team-a")
    return name.strip(), value
