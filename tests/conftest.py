import os

import pytest


@pytest.fixture(autouse=True)
def _own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests reach neither the tests nor the programs they start."""
    for name in [name for name in os.environ if name.startswith("SPEAR_")]:
        monkeypatch.delenv(name)
