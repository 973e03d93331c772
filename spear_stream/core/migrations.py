"""How older state becomes state of the present version.

The first version has no migration. When a column or a field changes, keep the old reading
here as `m001_NAME(kind, header, columns) -> (header, columns)`: plain functions on plain data
that know nothing of today's classes, append them to MIGRATIONS, and store a fixture of the
version that ends (tests/state_fixture.py).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Header = Mapping[str, Any]
Columns = Mapping[str, np.ndarray]
Migration = Callable[[str, Header, Columns], tuple[Header, Columns]]

MIGRATIONS: tuple[Migration, ...] = ()
"""The n-th one turns version n into version n + 1."""
