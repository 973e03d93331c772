"""A random name, in proportion to the shares of a table."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np


class Shared(Protocol):
    """An entry of the table."""

    @property
    def share(self) -> float:
        """How often it is chosen, against the others."""


def choose(rng: np.random.Generator, names: tuple[str, ...], table: Mapping[str, Shared]) -> str:
    """One of `names`, relative to their shares in `table`."""
    shares = np.array([table[name].share for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]
