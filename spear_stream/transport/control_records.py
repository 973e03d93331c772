"""Records of the control topic. Whatever else is in it is told and skipped.

`checkpoint/DIGEST`: the value is the checkpoint's safetensors file, the header `spear_manifest` its
manifest. `tenant/NAME`: the value is JSON with the roles of that tenant. An empty value deletes.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Protocol

import msgspec

from spear_stream.core.control import Artefact, ArtefactPut, ControlChange, RolesPut, Unusable
from spear_stream.core.errors import ConfigError
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.core.tenants import check_tenant

FORMAT = 1
MANIFEST = "spear_manifest"
CHECKPOINT, TENANT = "checkpoint/", "tenant/"
LARGEST_VALUE = 8 << 20
LARGEST_ROLES = 16_384


class ControlRecord(NamedTuple):
    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class _Received(Protocol):
    """What kafka-python hands out."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class _Ref(msgspec.Struct):
    digest: Hex
    id: Short
    since: Short


class _Roles(msgspec.Struct):
    format: int
    champion: _Ref | None = None
    previous: _Ref | None = None
    challenger: _Ref | None = None
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


def encode_artefact(artefact: Artefact) -> ControlRecord:
    headers = [(MANIFEST, artefact.manifest), ("content-type", b"application/octet-stream")]
    return ControlRecord(f"{CHECKPOINT}{artefact.digest}".encode(), artefact.tensors, headers)


def encode_no_artefact(digest: str) -> ControlRecord:
    return ControlRecord(f"{CHECKPOINT}{digest}".encode(), None)


def encode_roles(tenant: str, roles: Roles | None) -> ControlRecord:
    """roles: None removes the tenant."""
    key = f"{TENANT}{tenant}".encode()
    if roles is None:
        return ControlRecord(key, None)
    champion, previous, challenger = map(_packed, (roles.champion, roles.previous, roles.challenger))
    value = msgspec.json.encode(_Roles(FORMAT, champion, previous, challenger, roles.share))
    return ControlRecord(key, value, [("content-type", b"application/json")])


def decode_control(record: _Received) -> ControlChange:
    """Never raises: a record that is no control record is Unusable."""
    try:
        key = (record.key or b"").decode()
        if key.startswith(CHECKPOINT):
            return _artefact(key.removeprefix(CHECKPOINT), record)
        if key.startswith(TENANT):
            return _roles(key.removeprefix(TENANT), record.value)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError, ConfigError) as error:
        return Unusable("not_control", f"record with the key {record.key!r:.200}: {error}")
    return Unusable("not_control", f"record with the key {record.key!r:.200} is no control record")


def _artefact(digest: str, record: _Received) -> ControlChange:
    msgspec.convert(digest, Hex)
    if record.value is None:
        return ArtefactPut(digest, None)
    manifest = dict(record.headers).get(MANIFEST) or b""
    if len(record.value) > LARGEST_VALUE or len(manifest) > LARGEST_VALUE:
        return Unusable("too_large", f"artefact {digest[:12]} is larger than {LARGEST_VALUE} bytes")
    return ArtefactPut(digest, Artefact(manifest, record.value))


def _roles(tenant: str, value: bytes | None) -> ControlChange:
    check_tenant(tenant)
    if value is None:
        return RolesPut(tenant, None)
    if len(value) > LARGEST_ROLES:
        return Unusable("too_large", f"roles of {tenant} are larger than {LARGEST_ROLES} bytes")
    found = msgspec.json.decode(value, type=_Roles)
    if found.format != FORMAT:
        return Unusable("unknown_format", f"roles of {tenant} have format {found.format}, not {FORMAT}")
    roles = Roles(_ref(found.champion), _ref(found.previous), _ref(found.challenger), found.share)
    return RolesPut(tenant, roles)


def _ref(found: _Ref | None) -> CheckpointRef | None:
    return None if found is None else CheckpointRef(found.digest, found.id, found.since)


def _packed(ref: CheckpointRef | None) -> _Ref | None:
    return None if ref is None else _Ref(ref.digest, ref.id, ref.since)
