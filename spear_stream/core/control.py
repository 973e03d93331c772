"""What a control topic brings: artefacts, roles, and records that cannot be used."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from spear_stream.core.comparison import Comparison
from spear_stream.core.deadline import Deadline
from spear_stream.core.ports import Scorer
from spear_stream.core.records import AlertEvent, ModelInfo, Scored, StructArray
from spear_stream.core.roles import Role, Roles


@dataclass(frozen=True, slots=True)
class Artefact:
    """A checkpoint as bytes, not looked into yet."""

    manifest: bytes = field(repr=False)
    tensors: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 in hex, which names the artefact."""
        size = len(self.manifest).to_bytes(8, "big")
        return hashlib.sha256(size + self.manifest + self.tensors).hexdigest()

    @property
    def size(self) -> int:
        return len(self.manifest) + len(self.tensors)


@dataclass(frozen=True, slots=True)
class ArtefactPut:
    digest: str
    artefact: Artefact | None
    """None: it was deleted."""


@dataclass(frozen=True, slots=True)
class RolesPut:
    tenant: str
    roles: Roles | None
    """None: the tenant was removed."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record that is no control record; nothing changes by it."""

    reason: str
    detail: str


ControlChange = ArtefactPut | RolesPut | Unusable


class Control(Protocol):
    """Where roll-outs are announced."""

    def load(self, deadline: Deadline) -> Iterable[ControlChange]:
        """All that is there now, oldest first, read as it is taken: there may be more than memory holds.

        Raises BrokerError, Stopped.
        """

    def poll(self) -> Sequence[ControlChange]:
        """What came since, without waiting for it. Raises BrokerError."""

    def close(self) -> None: ...


class PromptScorer(Scorer, Protocol):
    """A scorer that takes prompts while it runs."""

    def adopt(self, artefact: Artefact) -> int:
        """Prompt index of a verified checkpoint. Raises CheckpointError, OutOfMemory, and is unchanged by
        them.
        """

    def release(self, prompt: int) -> None:
        """No window with this index will come; the index may be used again."""


@dataclass(frozen=True, slots=True)
class PromptUse:
    """A prompt that scores the series of a tenant."""

    tenant: str
    role: Role
    """`champion` or `challenger`."""
    model: ModelInfo


class Prompts(Protocol):
    """Which prompts the main loop scores with, and what it does for them."""

    def load(self, deadline: Deadline) -> None:
        """Before the first record. Raises BrokerError, Stopped."""

    def advance(self, *, idle: bool) -> None:
        """Between two batches. idle: no captured window waits for the model."""

    def challenge(self, windows: StructArray, scored: Scored, events: Sequence[AlertEvent]) -> None:
        """What the champions made of a batch, after it was published."""

    def close(self) -> None: ...


class FixedPrompts:
    """Prompts of the settings, for good."""

    def load(self, deadline: Deadline) -> None: ...
    def advance(self, *, idle: bool) -> None: ...
    def challenge(self, windows: StructArray, scored: Scored, events: Sequence[AlertEvent]) -> None: ...
    def close(self) -> None: ...


class RolloutTelemetry(Protocol):
    """What a roll-out tells to metrics and log."""

    def prompts(self, uses: Sequence[PromptUse]) -> None:
        """Those that the control topic has put in use now; told when they change."""

    def control_trouble(self, reason: str, detail: str) -> None:
        """A record or checkpoint was refused, or a challenger left out; the last good one stays.

        reason: a stable code, docs/rollout.md lists them.
        """

    def challenged(self, comparison: Comparison) -> None:
        """A challenger scored some windows."""
