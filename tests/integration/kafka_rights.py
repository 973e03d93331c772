"""Accounts and access control on the real broker."""

from typing import NamedTuple

from integration.kafka_broker import USERS, KafkaBroker
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")


class Right(NamedTuple):
    kind: str
    """TOPIC, GROUP or TRANSACTIONAL_ID."""
    name: str
    operation: str
    prefixed: bool = False


class Rights:
    """What one user may do; nothing at first."""

    def __init__(self, broker: KafkaBroker, user: str) -> None:
        self._broker = broker
        self._user = user

    def login_with_scram(self) -> None:
        """Let the user log in with the SCRAM mechanisms too, with the password of USERS."""
        with self._broker.admin() as admin:
            for mechanism in SCRAM:  # the broker takes one change of a user per request
                wanted = UserScramCredentialUpsertion(self._user, mechanism, USERS[self._user])
                assert admin.alter_user_scram_credentials([wanted]) == {self._user: None}

    def grant(self, *rights: Right) -> None:
        with self._broker.admin() as admin:
            admin.create_acls([self._acl(right) for right in rights])

    def revoke(self, *rights: Right) -> None:
        with self._broker.admin() as admin:
            admin.delete_acls([self._filter(right) for right in rights])

    def _acl(self, right: Right) -> ACL:
        return ACL(**self._filter(right).__dict__)

    def _filter(self, right: Right) -> ACLFilter:
        style = ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL
        return ACLFilter(
            principal=f"User:{self._user}",
            host="*",
            operation=ACLOperation[right.operation],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(ResourceType[right.kind], right.name, style),
        )
