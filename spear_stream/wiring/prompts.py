"""`spear-stream prompts`: what the control topic says, and how it is changed. Knows nothing of torch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from spear_stream.core.control import Artefact, ArtefactPut, RolesPut, Unusable
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import ConfigError
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.core.tenants import check_tenant
from spear_stream.ops.clock import SystemClock
from spear_stream.ops.settings import Settings
from spear_stream.transport.control_records import (
    ControlRecord,
    encode_artefact,
    encode_no_artefact,
    encode_roles,
)
from spear_stream.transport.events import iso_time
from spear_stream.transport.kafka_control import KafkaControl, write_control
from spear_stream.wiring.connection import connection_of

PATIENCE = 60.0
"""Seconds to read the control topic in."""


@dataclass(frozen=True)
class Publishable:
    """A checkpoint that was verified, and what the control topic calls it."""

    ref: CheckpointRef
    artefact: Artefact


class Board:
    """The control topic as it was when this was made, and changes to it.

    Two people who change one tenant at the same time: the later record holds. A change is a transaction, or
    who reads between a new artefact and the roles that name it would delete it as useless; not on brokers
    without transactions (at_least_once).
    """

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError when no control topic is set, BrokerError."""
        self._connection = connection_of(settings)
        if settings.kafka.control_topic is None:
            raise ConfigError(
                "SPEAR_KAFKA__CONTROL_TOPIC is not set: name the topic that workers take prompts from "
                "(docs/rollout.md says how to create it)"
            )
        self._topic = settings.kafka.control_topic
        self._transactional_id = _transactional_id(settings)
        self.roles: dict[str, Roles] = {}
        self.unusable: list[Unusable] = []
        self._artefacts: set[str] = set()
        control = KafkaControl(self._connection, self._topic)
        try:
            for change in control.load(Deadline(PATIENCE, time.monotonic)):
                self._take(change)
        finally:
            control.close()

    def publish(self, checkpoint: Publishable, tenant: str) -> Roles:
        """It becomes champion at once; of one that is, an artefact that went missing is sent again.

        Raises ConfigError, BrokerError, as all of these.
        """

        def published(roles: Roles) -> Roles:
            lost = checkpoint.ref.digest not in self._artefacts
            return roles if lost and roles.is_led_by(checkpoint.ref) else roles.published(checkpoint.ref)

        return self._change(tenant, published, checkpoint.artefact)

    def shadow(self, checkpoint: Publishable | None, tenant: str, share: float | None) -> Roles:
        """It, or the challenger that is there if None, scores in the shadow of the champion.

        share: None for all series, or as it is for the challenger that is there.
        """
        ref, artefact = (None, None) if checkpoint is None else (checkpoint.ref, checkpoint.artefact)

        def shadowed(roles: Roles) -> Roles:
            unchanged = roles.share if ref is None else 1.0
            return roles.shadowed(ref, unchanged if share is None else share)

        return self._change(tenant, shadowed, artefact)

    def unshadow(self, tenant: str) -> Roles:
        return self._change(tenant, Roles.unshadowed)

    def promote(self, tenant: str) -> Roles:
        return self._change(tenant, lambda roles: roles.promoted(now()))

    def rollback(self, tenant: str) -> Roles:
        return self._change(tenant, lambda roles: roles.rolled_back(now()))

    def remove(self, tenant: str) -> None:
        """The settings of the workers decide again. Raises ConfigError for an unknown tenant."""
        if self.roles.pop(tenant, None) is None:
            raise ConfigError(f"tenant {tenant} is not in {self._topic}{self._known()}")
        self._write([encode_roles(tenant, None)])

    def _take(self, change: ArtefactPut | RolesPut | Unusable) -> None:
        match change:
            case ArtefactPut(digest, artefact):
                (self._artefacts.discard if artefact is None else self._artefacts.add)(digest)
            case RolesPut(tenant, None):
                self.roles.pop(tenant, None)
            case RolesPut(tenant, Roles() as roles):
                self.roles[tenant] = roles
            case Unusable():
                self.unusable.append(change)

    def _change(
        self, tenant: str, change: Callable[[Roles], Roles], artefact: Artefact | None = None
    ) -> Roles:
        roles = self.roles.get(check_tenant(tenant), Roles())
        try:
            self.roles[tenant] = changed = change(roles)
        except ConfigError as error:
            raise ConfigError(f"tenant {tenant}: {error}{self._known()}") from None
        sent = [] if artefact is None else [encode_artefact(artefact)]
        self._write([*sent, encode_roles(tenant, changed)])
        return changed

    def _write(self, records: list[ControlRecord]) -> None:
        """With them, artefacts go that no tenant names any more."""
        named = {ref.digest for roles in self.roles.values() for ref in roles.named}
        useless = [encode_no_artefact(digest) for digest in self._artefacts - named]
        write_control(self._connection, self._topic, [*records, *useless], self._transactional_id)

    def _known(self) -> str:
        return f"; tenants now: {', '.join(sorted(self.roles)) or 'none'}"


def _transactional_id(settings: Settings) -> str | None:
    """One for every command, as two at once are no fault."""
    if settings.service.delivery == "at_least_once":
        return None
    return f"{settings.kafka.group_id}.prompts.{uuid4()}"


def now() -> str:
    return iso_time(int(SystemClock().now() * 1000))
