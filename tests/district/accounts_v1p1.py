"""1.1's way with people: one account, with its own sourcedId, per role of a person, and roles without dates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tests.district.records import RoleName, Status, User, in_force

AccountRole = Literal["administrator", "aide", "guardian", "student", "teacher"]

ROLES: dict[RoleName, AccountRole] = {
    "aide": "aide",
    "counselor": "aide",
    "districtAdministrator": "administrator",
    "guardian": "guardian",
    "principal": "administrator",
    "siteAdministrator": "administrator",
    "student": "student",
    "systemAdministrator": "administrator",
    "teacher": "teacher",
}


@dataclass(frozen=True, slots=True)
class Account:
    """A person in one role, at every org where it is held. The only difference between ranks is the orgs' type."""

    sourced_id: str
    user: User
    role: AccountRole
    orgs: tuple[str, ...]

    @property
    def status(self) -> Status:
        return self.user.status

    @property
    def modified(self) -> datetime:
        return self.user.modified


def account_id(user: User, role: AccountRole) -> str:
    """The account of the person's first role carries the person's own sourcedId, others a suffix."""
    return user.sourced_id if ROLES[user.roles[0].name] == role else f"{user.sourced_id}-{role}"


def accounts(user: User, today: date) -> Iterator[Account]:
    """Only roles in force today: 1.1 has no dates for them, so a provider leaves out what is not current."""
    orgs: dict[AccountRole, list[str]] = {}
    for role in user.roles:
        if in_force(role.begin, role.end, today):
            held_at = orgs.setdefault(ROLES[role.name], [])
            if role.org not in held_at:
                held_at.append(role.org)
    for name, held_at in orgs.items():
        yield Account(account_id(user, name), user, name, tuple(held_at))
