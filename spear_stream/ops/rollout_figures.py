"""What workers say of a roll-out (rollout_metrics.py), read from their /metrics and added up."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from spear_stream.core.errors import ConfigError

TIMEOUT = 10.0
"""Seconds that one worker has for its answer."""
CURE = "give the address of a worker's /metrics, such as http://worker-1:8080, for every worker of the group"


@dataclass
class Figures:
    """Of one challenger beside its champion, on the windows that both scored; since each worker's start."""

    windows: Counter[str] = field(default_factory=Counter)
    """By who found them anomalous: none, champion, challenger, both."""
    opened: Counter[str] = field(default_factory=Counter)
    """Alerts by role."""
    distance: float = 0.0
    """Sum of the distances between both scores."""

    @property
    def compared(self) -> int:
        return self.windows.total()

    @property
    def agreement(self) -> float | None:
        """Share of the windows found anomalous by either that both found so; None without one."""
        either = self.compared - self.windows["none"]
        return self.windows["both"] / either if either else None

    @property
    def mean_distance(self) -> float | None:
        return self.distance / self.compared if self.compared else None


FiguresOf = dict[tuple[str, str], Figures]
"""By tenant and challenger."""


@dataclass
class Workers:
    """What all that were asked say together."""

    asked: int = 0
    figures: FiguresOf = field(default_factory=FiguresOf)
    using: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Workers by tenant, role and checkpoint."""
    refused: int = 0
    """Control records and checkpoints that a worker did not take, since its start."""


def workers_at(urls: Iterable[str]) -> Workers:
    """Ask every worker. Raises ConfigError for one that does not answer: a sum without it would mislead."""
    found = Workers()
    for url in urls:
        found.asked += 1
        for sample in _samples(url):
            _hear(found, sample)
    return found


def _hear(workers: Workers, sample: Sample) -> None:
    labels = sample.labels
    if sample.name == "spear_prompt_info":
        workers.using[labels["tenant"], labels["role"], labels["checkpoint"]] += 1
    elif sample.name == "spear_control_refused_total":
        workers.refused += int(sample.value)
    elif sample.name.startswith("spear_shadow_"):
        key = labels["tenant"], labels["checkpoint"]
        _add(workers.figures.setdefault(key, Figures()), sample)


def _add(figures: Figures, sample: Sample) -> None:
    match sample.name:
        case "spear_shadow_windows_total":
            figures.windows[sample.labels["anomalous"]] += int(sample.value)
        case "spear_shadow_opened_total":
            figures.opened[sample.labels["role"]] += int(sample.value)
        case "spear_shadow_score_distance_sum":
            figures.distance += sample.value


def _samples(url: str) -> Iterator[Sample]:
    text = _fetched(url)
    try:
        families = list(text_string_to_metric_families(text))
    except (ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"--metrics {url}: that is no text for Prometheus; {CURE}") from error
    if not any(family.name.startswith("spear_") for family in families):
        raise ConfigError(f"--metrics {url}: there are no metrics of spear-stream; {CURE}")
    for family in families:
        yield from family.samples


def _fetched(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ConfigError(f"--metrics {url}: that is no http address; {CURE}")
        wanted = url if parts.path.strip("/") else parts._replace(path="/metrics").geturl()
        with urlopen(wanted, timeout=TIMEOUT) as reply:  # noqa: S310 - the scheme was checked
            return str(reply.read().decode())
    except (OSError, HTTPException, ValueError) as error:  # ValueError: an address that is none, or no text
        reason = getattr(error, "reason", None) or error
        raise ConfigError(f"--metrics {url}: {reason}; {CURE}") from error
