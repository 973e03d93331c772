"""Where the demo writes."""

import re
from dataclasses import dataclass
from pathlib import Path

from spear_stream.core.errors import ConfigError


@dataclass(frozen=True)
class Outputs:
    folder: Path

    @property
    def alerts(self) -> Path:
        return self.folder / "alerts.jsonl"

    @property
    def scores(self) -> Path:
        return self.folder / "scores.csv"

    @property
    def overview(self) -> Path:
        return self.folder / "overview.png"

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures"

    def picture(self, series: str) -> Path:
        return self.pictures / (re.sub(r"[^\w.-]", "_", series) + ".png")

    def create(self) -> None:
        """Raises ConfigError."""
        try:
            self.pictures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"cannot create {self.pictures}: {reason}; choose another --out") from None
