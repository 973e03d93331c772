"""What the control topic says of one tenant, and what publish, shadow, promote and rollback make of it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from spear_stream.core.errors import ConfigError


class Role(StrEnum):
    """What a checkpoint is to a tenant, as metrics and `prompts list` call it."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class CheckpointRef:
    """Names an artefact of the control topic."""

    digest: str
    """SHA-256 of manifest and tensors, in hex."""
    id: str
    """What alerts call it."""
    since: str
    """When it got its role, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The checkpoints of one tenant. A champion of None leaves the choice to the worker's settings."""

    champion: CheckpointRef | None = None
    previous: CheckpointRef | None = None
    """The champion before, for a rollback."""
    challenger: CheckpointRef | None = None
    share: float = 1.0
    """Share of the tenant's series that the challenger scores."""

    @property
    def named(self) -> tuple[CheckpointRef, ...]:
        """All checkpoints that the tenant needs."""
        return tuple(ref for ref in (self.champion, self.previous, self.challenger) if ref is not None)

    def is_led_by(self, checkpoint: CheckpointRef) -> bool:
        """Whether it is the champion."""
        return _same(self.champion, checkpoint)

    def published(self, checkpoint: CheckpointRef) -> "Roles":
        """A new champion. Raises ConfigError if it is the champion already."""
        if self.champion is not None and self.is_led_by(checkpoint):
            raise ConfigError(f"{checkpoint.id} is the champion already, since {self.champion.since}")
        return self._under(checkpoint)

    def shadowed(self, checkpoint: CheckpointRef | None, share: float) -> "Roles":
        """A challenger, in place of one that is there; None keeps that one. Raises ConfigError."""
        challenger = checkpoint or self.challenger
        if challenger is None:
            raise ConfigError("there is no challenger: give the folder of its checkpoint")
        if _same(self.champion, challenger):
            raise ConfigError(f"{challenger.id} is the champion: a challenger must be another checkpoint")
        if not 0.0 < share <= 1.0:
            raise ConfigError(f"--share {share:g} must be above 0 and at most 1")
        return replace(self, challenger=challenger, share=share)

    def unshadowed(self) -> "Roles":
        """Without a challenger. Raises ConfigError if there is none."""
        if self.challenger is None:
            raise ConfigError("there is no challenger")
        return replace(self, challenger=None, share=1.0)

    def promoted(self, now: str) -> "Roles":
        """The challenger is champion. Raises ConfigError if there is none."""
        if self.challenger is None:
            raise ConfigError("there is no challenger to promote: `prompts shadow DIR` makes one")
        return Roles(champion=replace(self.challenger, since=now), previous=self.champion)

    def rolled_back(self, now: str) -> "Roles":
        """The champion before is champion again, and a second rollback undoes that. Raises ConfigError."""
        if self.champion is None and self.previous is None:
            raise ConfigError("nothing was published for this tenant: there is nothing to go back to")
        return self._under(None if self.previous is None else replace(self.previous, since=now))

    def _under(self, champion: CheckpointRef | None) -> "Roles":
        """With another champion, which cannot be its own challenger."""
        if _same(champion, self.challenger):
            return Roles(champion, previous=self.champion)
        return replace(self, champion=champion, previous=self.champion)


def _same(one: CheckpointRef | None, other: CheckpointRef | None) -> bool:
    return one is not None and other is not None and one.digest == other.digest
