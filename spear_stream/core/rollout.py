"""Roll-outs in a running worker: what the control topic says becomes prompts, between two batches.

A checkpoint that cannot be used is refused and the last good one of its tenant and role stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf

from spear_stream.core.artefacts import MOST_TENANTS, Artefacts
from spear_stream.core.challenge import Challenge
from spear_stream.core.control import (
    Artefact,
    ArtefactPut,
    Control,
    ControlChange,
    PromptScorer,
    PromptUse,
    RolesPut,
    RolloutTelemetry,
    Unusable,
)
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import BrokerError, CheckpointError, OutOfMemory
from spear_stream.core.fleet import Fleet
from spear_stream.core.records import AlertEvent, Scored, StructArray
from spear_stream.core.roles import CheckpointRef, Role, Roles
from spear_stream.core.tenants import Assignments, Placement

CHECK_SECONDS = 1.0
"""Between two looks at the control topic."""
RETRY_SECONDS = 60.0
"""Until a checkpoint that there was no memory for is tried again."""
CHAMPIONS = ""
"""Champions of all tenants share their prompts; a challenger has one for its tenant alone."""


class Rollout:
    """core.control.Prompts. Follows a Control, tells the scorer which prompts to take and the fleet which
    series have them.
    """

    def __init__(
        self,
        control: Control,
        scorer: PromptScorer,
        fleet: Fleet,
        telemetry: RolloutTelemetry,
        challenge: Challenge,
        base: Callable[[str], int],
        monotonic: Callable[[], float],
    ) -> None:
        """base: prompt index of a series by the settings, see Assignments."""
        self._control = control
        self._scorer = scorer
        self._fleet = fleet
        self._telemetry = telemetry
        self._challenge = challenge
        self._base = base
        self._monotonic = monotonic
        self._checked_at = monotonic()
        self._retry_at = inf
        self._short: set[str] = set()
        """Digests that there was no memory for, until they are tried again."""
        self._artefacts = Artefacts()
        self._roles: dict[str, Roles] = {}
        self._placed: dict[str, Placement] = {}
        self._prompts: dict[tuple[str, str], int] = {}
        """By tenant of a challenger, or CHAMPIONS, and digest."""
        self._refused: dict[str, str] = {}
        """Why a digest cannot be used; told once."""

    def load(self, deadline: Deadline) -> None:
        """Follow all that is in the control topic. Raises BrokerError, Stopped."""
        self._follow(self._control.load(deadline))

    def advance(self, *, idle: bool) -> None:
        """Between two batches. idle: no captured window waits for the model, so that prompts which no
        series has any more can go.
        """
        if self._monotonic() - self._checked_at >= CHECK_SECONDS:
            self._checked_at = self._monotonic()
            self._follow(self._poll())
        if idle:
            self._release()

    def challenge(self, windows: StructArray, scored: Scored, events: Sequence[AlertEvent]) -> None:
        """Let the challengers score what the champions have scored."""
        self._challenge.take(windows, scored, events)

    def close(self) -> None:
        self._control.close()

    def _poll(self) -> Iterable[ControlChange]:
        try:
            return self._control.poll()
        except BrokerError as error:
            self._telemetry.control_trouble("unreadable", str(error))
            return ()

    def _follow(self, changes: Iterable[ControlChange]) -> None:
        touched = False
        for change in changes:
            touched |= self._take(change)
        if again := self._monotonic() >= self._retry_at:
            self._short, self._retry_at = set(), inf
        if touched or again:
            self._place()

    def _take(self, change: ControlChange) -> bool:
        """Whether something may have changed."""
        match change:
            case ArtefactPut(digest, artefact):
                return self._hold(digest, artefact)
            case RolesPut(tenant, roles):
                return self._set(tenant, roles)
            case Unusable(reason, detail):
                return self._refuse(reason, detail)

    def _set(self, tenant: str, roles: Roles | None) -> bool:
        if roles is None:
            return self._roles.pop(tenant, None) is not None
        if tenant not in self._roles and len(self._roles) >= MOST_TENANTS:
            return self._refuse("too_many_tenants", f"{tenant}: the limit is {MOST_TENANTS}")
        self._roles[tenant] = roles
        return True

    def _hold(self, digest: str, artefact: Artefact | None) -> bool:
        refused = self._artefacts.put(digest, artefact)
        if refused is not None:
            return self._refuse(refused.reason, refused.detail)
        if artefact is not None:
            self._refused.pop(digest, None)
        return artefact is not None

    def _place(self) -> None:
        """Prompts for all roles; where one cannot be had, what was there stays."""
        before = self._placed
        wanted = {ref.digest for roles in self._roles.values() for ref in roles.named}
        self._refused = {digest: why for digest, why in self._refused.items() if digest in wanted}
        self._placed = {tenant: self._placement(tenant, roles) for tenant, roles in self._roles.items()}
        if self._placed != before:
            self._fleet.assign_prompts(Assignments(self._placed, self._base))
            uses = ((tenant, role, self._scorer.describe(prompt)) for tenant, role, prompt in self._used())
            self._telemetry.prompts([PromptUse(*use) for use in uses])

    def _placement(self, tenant: str, roles: Roles) -> Placement:
        old = self._placed.get(tenant, Placement())
        champion = self._prompt(CHAMPIONS, roles.champion, tenant, old.champion)
        if champion is None and roles.champion is not None:
            champion = self._prompt(CHAMPIONS, roles.previous, tenant, None)
        challenger = self._prompt(tenant, roles.challenger, tenant, old.challenger)
        return Placement(champion, challenger, roles.share)

    def _prompt(
        self, holder: str, wanted: CheckpointRef | None, tenant: str, last_good: int | None
    ) -> int | None:
        if wanted is None:
            return None
        if wanted.digest in self._short:
            return last_good
        key = (holder, wanted.digest)
        try:
            if key not in self._prompts:
                self._prompts[key] = self._scorer.adopt(self._artefact(wanted))
        except OutOfMemory as error:
            self._short.add(wanted.digest)
            self._retry_at = self._monotonic() + RETRY_SECONDS
            self._refuse("out_of_memory", f"tenant {tenant}, {wanted.id}: {error}")
            return last_good
        except Exception as error:  # noqa: BLE001 - whatever a foreign checkpoint does to the model
            if wanted.digest not in self._refused:
                self._refused[wanted.digest] = str(error)
                self._refuse("bad_checkpoint", f"tenant {tenant}, {wanted.id}: {error}")
            return last_good
        return self._prompts[key]

    def _artefact(self, wanted: CheckpointRef) -> Artefact:
        if wanted.digest in self._refused:
            raise CheckpointError(self._refused[wanted.digest])
        return self._artefacts.of(wanted.digest)

    def _used(self) -> Iterator[tuple[str, Role, int]]:
        """Tenant, role and prompt index of every placement."""
        for tenant, placed in self._placed.items():
            if placed.champion is not None:
                yield tenant, Role.CHAMPION, placed.champion
            if placed.challenger is not None:
                yield tenant, Role.CHALLENGER, placed.challenger

    def _release(self) -> None:
        used = {prompt for _, _, prompt in self._used()}
        for key, prompt in list(self._prompts.items()):
            if prompt not in used:
                del self._prompts[key]
                self._scorer.release(prompt)

    def _refuse(self, reason: str, detail: str) -> bool:
        self._telemetry.control_trouble(reason, detail)
        return False
