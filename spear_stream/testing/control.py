"""A control topic in memory."""

from collections import Counter
from collections.abc import Sequence

from spear_stream.core.comparison import Comparison
from spear_stream.core.control import Artefact, ArtefactPut, ControlChange, PromptUse, RolesPut
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError
from spear_stream.core.roles import CheckpointRef, Roles


class ListControl:
    """core.control.Control over a list that grows."""

    def __init__(self, changes: Sequence[ControlChange] = ()) -> None:
        self.changes: list[ControlChange] = list(changes)
        self.poll_faults: list[BrokerError] = []
        """Raised by the next polls, one each."""
        self.closed = False
        self._seen = 0

    def put(self, tenant: str, roles: Roles | None, *artefacts: Artefact) -> None:
        """Artefacts and then roles, as `spear-stream prompts` writes them."""
        self.changes += [ArtefactPut(artefact.digest, artefact) for artefact in artefacts]
        self.changes.append(RolesPut(tenant, roles))

    def load(self, deadline: Deadline) -> Sequence[ControlChange]:  # noqa: ARG002 - of the port
        self._seen = 0
        return self.poll()

    def poll(self) -> Sequence[ControlChange]:
        if self.poll_faults:
            raise self.poll_faults.pop(0)
        fresh, self._seen = self.changes[self._seen :], len(self.changes)
        return fresh

    def close(self) -> None:
        self.closed = True


class RecordingRollout:
    """core.control.RolloutTelemetry that can be asked afterwards."""

    def __init__(self) -> None:
        self.uses: list[Sequence[PromptUse]] = []
        self.troubles: list[tuple[str, str]] = []
        self.compared: Counter[tuple[bool, bool]] = Counter()
        self.opened: Counter[str] = Counter()

    def prompts(self, uses: Sequence[PromptUse]) -> None:
        self.uses.append(uses)

    def control_trouble(self, reason: str, detail: str) -> None:
        self.troubles.append((reason, detail))

    def challenged(self, comparison: Comparison) -> None:
        self.compared.update(comparison.windows)
        self.opened.update(comparison.opened)


def checkpoint_ref(artefact: Artefact) -> CheckpointRef:
    """A reference by the name that its manifest is, see PromptedStepScorer."""
    return CheckpointRef(artefact.digest, artefact.manifest.decode(), "2026-01-01T00:00:00.000Z")
