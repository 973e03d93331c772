"""How one partition's series are watched."""

from dataclasses import dataclass

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.coarse import BLOCK
from spear_stream.core.spec import WindowSpec

RULES = 3
"""Of this version: see DetectorSettings."""
BURSTS_SINCE = 2
"""Rules from which on the heights of bursts are remembered (bursts.py)."""
FUTURE_REFUSED_SINCE = 2
"""Rules from which on samples from the future take no rows (admission.py)."""
CALM_MEANS_SINCE = 3
"""Rules from which on means of calm series are looked at as often as their points, not half as often."""


@dataclass(frozen=True)
class DetectorSettings:
    """Plain values of the settings that concern detection."""

    spec: WindowSpec
    policy: AlertPolicy
    hop: int = 1  # score a series every this many points
    calm_hop: int | None = None
    """Most points between two scores of a series in which nothing is new (gate.py), rounded up to a multiple
    of `hop`; None, or up to `hop`: `hop`. For windows scaled `robust` alone."""
    max_future_ms: int | None = 3_600_000
    """Samples further ahead of now are refused; None accepts all."""
    max_series: int = 100_000
    idle_ms: int | None = 604_800_000
    """A series silent for longer makes room for others."""
    silent_ms: int | None = 3_600_000
    """Alerts of series silent for longer end (endings.py). State up to version 10 is replayed without."""
    block: int = BLOCK
    """Points of the means to watch by (coarse.py); 0 is none. Older state is replayed with what it had."""
    rules: int = RULES
    """By which it works; state up to version 8 is replayed by 1. See what came since."""

    @property
    def calm_means(self) -> int | None:
        """As calm_hop, for windows of means."""
        if self.calm_hop is None or self.rules >= CALM_MEANS_SINCE:
            return self.calm_hop
        return 2 * self.calm_hop
