"""Records of the control topic: what is written comes back, and nothing else changes anything."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spear_stream.core.control import Artefact, ArtefactPut, RolesPut, Unusable
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.transport.control_records import (
    LARGEST_ROLES,
    LARGEST_VALUE,
    MANIFEST,
    decode_control,
    encode_artefact,
    encode_no_artefact,
    encode_roles,
)

ARTEFACT = Artefact(b'{"name": "x"}', b"tensors")
DIGEST = ARTEFACT.digest
REF = CheckpointRef(DIGEST, "x-123", "2026-01-01T00:00:00.000Z")
KEY = f"checkpoint/{DIGEST}".encode()


class Received(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def test_an_artefact_comes_back() -> None:
    assert decode_control(encode_artefact(ARTEFACT)) == ArtefactPut(DIGEST, ARTEFACT)
    assert decode_control(encode_no_artefact(DIGEST)) == ArtefactPut(DIGEST, None)


@pytest.mark.parametrize("tenant", ["*", "topic:metrics", "höst.*"])
@pytest.mark.parametrize("roles", [None, Roles(), Roles(REF, REF, REF, 0.25), Roles(challenger=REF)])
def test_roles_come_back(tenant: str, roles: Roles | None) -> None:
    assert decode_control(encode_roles(tenant, roles)) == RolesPut(tenant, roles)


def test_the_digest_is_of_both_parts_and_of_where_they_part() -> None:
    digests = {Artefact(*parts).digest for parts in ((b"ab", b"c"), (b"a", b"bc"), (b"abc", b""))}
    assert len(digests) == 3


def roles_json(**fields: object) -> bytes:
    return json.dumps({"format": 1, **fields}).encode()


HOSTILE = {
    "no key": Received(None, b"x"),
    "another key": Received(b"something", b"x"),
    "key of no text": Received(b"\xff\xfe", b"x"),
    "digest that is none": Received(b"checkpoint/../../etc/passwd", b"x"),
    "digest in capitals": Received(KEY.upper(), b"x"),
    "huge tensors": Received(KEY, b"\0" * (LARGEST_VALUE + 1)),
    "huge manifest": Received(KEY, b"x", ((MANIFEST, b"\0" * (LARGEST_VALUE + 1)),)),
    "tenant without name": Received(b"tenant/", roles_json()),
    "tenant with a line break": Received(b"tenant/a\nb", roles_json()),
    "roles of no JSON": Received(b"tenant/*", b"\x80\x04junk"),
    "a pickle": Received(b"tenant/*", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94."),
    "an array": Received(b"tenant/*", b"[]"),
    "no format": Received(b"tenant/*", b"{}"),
    "a newer format": Received(b"tenant/*", b'{"format": 2}'),
    "deep": Received(b"tenant/*", b'{"format": 1, "x": ' + b"[" * 8000 + b"]" * 8000 + b"}"),
    "huge roles": Received(b"tenant/*", roles_json(x="y" * LARGEST_ROLES)),
    "share of nothing": Received(b"tenant/*", roles_json(share=0)),
    "share above all": Received(b"tenant/*", roles_json(share=1.5)),
    "share of text": Received(b"tenant/*", roles_json(share="1")),
    "champion of text": Received(b"tenant/*", roles_json(champion="x")),
    "champion without digest": Received(b"tenant/*", roles_json(champion={"id": "x", "since": "now"})),
    "champion with a path": Received(
        b"tenant/*", roles_json(champion={"digest": "../x", "id": "x", "since": "now"})
    ),
    "champion of a long name": Received(
        b"tenant/*", roles_json(champion={"digest": DIGEST, "id": "x" * 301, "since": "now"})
    ),
}


@pytest.mark.parametrize("record", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_record_is_told_and_changes_nothing(record: Received) -> None:
    found = decode_control(record)
    assert isinstance(found, Unusable)
    assert found.reason in {"not_control", "too_large", "unknown_format"}
    assert len(found.detail) < 1000


@given(
    st.binary(max_size=40) | st.sampled_from([b"tenant/*", KEY]),
    st.none() | st.binary(max_size=60),
    st.binary(max_size=20),
)
def test_no_bytes_make_it_raise(key: bytes, value: bytes | None, manifest: bytes) -> None:
    decode_control(Received(key, value, ((MANIFEST, manifest),)))


def test_what_a_later_version_adds_is_ignored() -> None:
    record = Received(b"tenant/*", roles_json(champion=None, more={"x": 1}))
    assert decode_control(record) == RolesPut("*", Roles())
