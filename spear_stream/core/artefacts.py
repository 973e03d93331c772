"""Checkpoints that a worker holds as bytes, within a limit."""

from spear_stream.core.control import Artefact, Unusable
from spear_stream.core.errors import CheckpointError

MOST_BYTES = 256 << 20
"""Of artefacts that are held; more than a control topic that is looked after has."""
MOST_TENANTS = 1000
MOST_CHECKPOINTS = 3 * MOST_TENANTS
"""Artefacts that are held: as many as the roles of all tenants can name."""


class Artefacts:
    """By digest."""

    def __init__(self) -> None:
        self._held: dict[str, Artefact] = {}

    def put(self, digest: str, artefact: Artefact | None) -> Unusable | None:
        """Hold it in place of one of this digest; None holds none. Returns why it is not held."""
        self._held.pop(digest, None)
        if artefact is None:
            return None
        if artefact.digest != digest:
            return Unusable("wrong_hash", f"the artefact {digest[:12]} has other bytes than its key says")
        if len(self._held) >= MOST_CHECKPOINTS:
            return Unusable("too_many_checkpoints", f"artefact {digest[:12]}: {MOST_CHECKPOINTS} are held")
        if sum(held.size for held in self._held.values()) + artefact.size > MOST_BYTES:
            return Unusable("too_many_bytes", f"artefact {digest[:12]}: {MOST_BYTES} bytes are held")
        self._held[digest] = artefact
        return None

    def of(self, digest: str) -> Artefact:
        """Raises CheckpointError where there is none."""
        if digest not in self._held:
            raise CheckpointError("it is not in the control topic; publish it again")
        return self._held[digest]
