"""`spear-stream prompts`: what the control topic says, and how it is changed."""

import time
from collections.abc import Callable
from pathlib import Path

from spear_stream.core.control import Artefact, ArtefactPut, RolesPut, Unusable
from spear_stream.core.deadline import Deadline
from spear_stream.core.errors import CheckpointError, ConfigError
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.core.tenants import check_tenant
from spear_stream.model.checkpoint import (
    DEFAULT_CHECKPOINT,
    MANIFEST,
    TENSORS,
    Manifest,
    load_checkpoint,
    load_manifest,
)
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
from spear_stream.wiring.kafka import connection_of

PATIENCE = 60.0
"""Seconds to read the control topic in."""


class Board:
    """The control topic as it was when this was made, and changes to it.

    Two people who change one tenant at the same time: the later record holds.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError when no control topic is set, BrokerError."""
        self._settings = settings
        self._connection = connection_of(settings)
        if settings.kafka.control_topic is None:
            raise ConfigError(
                "SPEAR_KAFKA__CONTROL_TOPIC is not set: name the topic that workers take prompts from "
                "(docs/rollout.md says how to create it)"
            )
        self._topic = settings.kafka.control_topic
        self.roles: dict[str, Roles] = {}
        self.unusable: list[Unusable] = []
        self._artefacts: set[str] = set()
        control = KafkaControl(self._connection, self._topic)
        try:
            for change in control.load(Deadline(PATIENCE, time.monotonic)):
                self._take(change)
        finally:
            control.close()

    def publish(self, folder: Path, tenant: str) -> Roles:
        """A checkpoint becomes champion at once. Raises CheckpointError, ConfigError, BrokerError."""
        checkpoint, artefact = self._checkpoint(folder)
        return self._change(tenant, lambda roles: roles.published(checkpoint), artefact)

    def shadow(self, folder: Path | None, tenant: str, share: float | None) -> Roles:
        """A checkpoint, or the challenger that is there, scores in the shadow of the champion."""
        checkpoint, artefact = (None, None) if folder is None else self._checkpoint(folder)

        def shadowed(roles: Roles) -> Roles:
            return roles.shadowed(
                checkpoint, (roles.share if folder is None else 1.0) if share is None else share
            )

        return self._change(tenant, shadowed, artefact)

    def unshadow(self, tenant: str) -> Roles:
        return self._change(tenant, Roles.unshadowed)

    def promote(self, tenant: str) -> Roles:
        return self._change(tenant, lambda roles: roles.promoted(_now()))

    def rollback(self, tenant: str) -> Roles:
        return self._change(tenant, lambda roles: roles.rolled_back(_now()))

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
        write_control(self._connection, self._topic, [*records, *useless])

    def _checkpoint(self, folder: Path) -> tuple[CheckpointRef, Artefact]:
        """Verified, and for the backbone and window of these settings."""
        manifest = load_checkpoint(folder).manifest
        base = load_manifest(Path(self._settings.model.checkpoint or DEFAULT_CHECKPOINT))
        if _needs(manifest) != _needs(base):
            raise CheckpointError(
                f"{folder} is of another backbone or window than SPEAR_MODEL__CHECKPOINT ({base.id}), so "
                f"workers with these settings would refuse it: {_needs(manifest)} instead of {_needs(base)}"
            )
        artefact = Artefact((folder / MANIFEST).read_bytes(), (folder / TENSORS).read_bytes())
        return CheckpointRef(artefact.digest, manifest.id, _now()), artefact

    def _known(self) -> str:
        return f"; tenants now: {', '.join(sorted(self.roles)) or 'none'}"


def _needs(manifest: Manifest) -> tuple[object, ...]:
    return manifest.backbone.digest[:12], manifest.backbone.layers, manifest.spec


def _now() -> str:
    return iso_time(int(SystemClock().now() * 1000))
