"""Accounts that somebody made on the platform without a roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.district.records import User
from tests.sync.setting import DISTRICT, Setting


@dataclass(frozen=True)
class Account:
    """`roles` are such as `student` at a school of the platform's, and never the roster's."""

    username: str | None = None
    identifier: str | None = None
    master_identifier: str | None = None
    roles: tuple[tuple[str, str | None], ...] = (("student", "sch_0101"),)
    active: bool = True
    given_name: str = "Made"
    family_name: str = "Byhand"


def make(s: Setting, *accounts: Account, district_id: str = DISTRICT) -> list[int]:
    """Make them, as an application of the platform does that knows nothing of the roster; their ids."""
    with psycopg.connect(s.database.admin_url) as connection, connection.cursor() as cursor:
        ids = []
        for account in accounts:
            cursor.execute(
                "INSERT INTO roster.users (district_id, username, identifier, user_master_identifier, given_name,"
                " family_name, enabled, active, changed_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, true, %s, now() - interval '1 day') RETURNING id",
                [
                    district_id,
                    account.username,
                    account.identifier,
                    account.master_identifier,
                    account.given_name,
                    account.family_name,
                    account.active,
                ],
            )
            (id_,) = cursor.fetchone() or (0,)
            ids.append(id_)
        cursor.executemany(
            "INSERT INTO roster.user_roles (district_id, user_id, role, school_id) VALUES (%s, %s, %s, %s)",
            [
                (district_id, id_, *role)
                for id_, account in zip(ids, accounts, strict=True)
                for role in account.roles
            ],
        )
    return ids


def rows(s: Setting, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """The accounts with the version of their row: what was written has another."""
    found = s.query("SELECT id, xmin::text, account.* FROM roster.users AS account WHERE id = ANY (%s)", list(ids))
    return {row[0]: row[1:] for row in found}


def sources(s: Setting, ids: Sequence[int]) -> list[str | None]:
    """Each account's sourcedId."""
    found = dict(s.query("SELECT id, sourced_id FROM roster.users WHERE id = ANY (%s)", list(ids)))
    return [found[id_] for id_ in ids]


def roles_by_hand(s: Setting) -> list[tuple[Any, ...]]:
    """All roles that were made by hand, with the version of their row."""
    return s.query("SELECT xmin::text, role.* FROM roster.user_roles AS role WHERE by_hand ORDER BY id")


def people(s: Setting, role: str) -> list[User]:
    """Who has this role alone, at a school that is linked."""
    return [
        user
        for user in s.district.population.users.values()
        if user.status == "active" and [(r.name, r.org in s.plan.links) for r in user.roles] == [(role, True)]
    ]
