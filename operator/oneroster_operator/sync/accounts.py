"""Accounts that the platform has already: which of them a person of the roster is, who is so far in no row.

An account without a `sourced_id` was made by hand, or comes from an earlier identity of the district. It becomes
the roster's only where `userMasterIdentifier` or `identifier` is equal and neither contradicts, where of the same
kind (students or staff) no other account and no other record has the same, and never by username or address. A
kind is what all roles say, ended ones too; who has both kinds is of a third, and an account without any role is of
none, so nobody is it.

What is not clear is not guessed: a person who might be an account made by hand, or whose username one has, does
not come in, and is quarantined. Accounts of an earlier identity stand in nobody's way: they end by absence when
their successors come. Only a username that one of them keeps for now is taken.
"""

from dataclasses import dataclass

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import lock
from oneroster_operator.sync.wanted import Owner

_CREATE = """
CREATE TEMP TABLE newcomers (sourced_id text PRIMARY KEY);
CREATE TEMP TABLE account_pairs (
    sourced_id text NOT NULL, id bigint NOT NULL, by_hand boolean NOT NULL, same_kind boolean NOT NULL,
    contradicts boolean NOT NULL
);
CREATE TEMP TABLE just_linked (id bigint NOT NULL, sourced_id text NOT NULL);
CREATE TEMP TABLE refused (sourced_id text NOT NULL, rule text NOT NULL);
"""
_EMPTY = "TRUNCATE newcomers, account_pairs, just_linked, refused"

_WITHOUT_SOURCE = "SELECT EXISTS (SELECT FROM roster.users WHERE district_id = %s AND sourced_id IS NULL)"

_NEWCOMERS = """
INSERT INTO newcomers
SELECT staged.sourced_id
FROM stage_users AS staged
LEFT JOIN roster.users AS known
    ON known.district_id = %(district)s AND known.sourced_id = staged.sourced_id
WHERE staged.state = 'wanted' AND %(granted)s = ANY (staged.roles) AND known.id IS NULL
"""

# Whoever the district lists counts for what is unique, known or not, in scope or not: an account may be theirs.
# One of an earlier identity whose names are both other ones is another person's: numbers begin anew elsewhere.
_PAIRS = """
WITH person AS (
    SELECT sourced_id, nullif(btrim(user_master_identifier), '') AS master, nullif(btrim(identifier), '') AS local,
           lower(btrim(given_name)) AS given, lower(btrim(family_name)) AS family,
           CASE WHEN state <> 'wanted' THEN NULL
                WHEN 'student' = ALL (roles) THEN 'student'
                WHEN 'student' = ANY (roles) THEN 'both'
                ELSE 'staff' END AS kind
    FROM stage_users WHERE state <> 'rejected'
), account AS (
    SELECT account.id, nullif(btrim(account.user_master_identifier), '') AS master,
           nullif(btrim(account.identifier), '') AS local, account.former_sourced_id IS NULL AS by_hand,
           lower(btrim(account.given_name)) AS given, lower(btrim(account.family_name)) AS family,
           CASE WHEN bool_and(held.role = 'student') THEN 'student'
                WHEN bool_or(held.role = 'student') THEN 'both'
                WHEN count(held.id) > 0 THEN 'staff' END AS kind
    FROM roster.users AS account
    LEFT JOIN roster.user_roles AS held ON held.district_id = %(district)s AND held.user_id = account.id
    WHERE account.district_id = %(district)s AND account.sourced_id IS NULL
    GROUP BY account.id
), pair AS (
    SELECT person.sourced_id, account.id FROM person JOIN account USING (master)
    UNION
    SELECT person.sourced_id, account.id FROM person JOIN account USING (local)
)
INSERT INTO account_pairs
SELECT pair.sourced_id, pair.id, account.by_hand,
       coalesce(coalesce(person.kind, account.kind) = account.kind, false),
       coalesce(person.master <> account.master, false) OR coalesce(person.local <> account.local, false)
       OR coalesce(
           NOT account.by_hand AND person.given <> account.given AND person.family <> account.family, false
       )
FROM pair JOIN person USING (sourced_id) JOIN account USING (id)
"""

_FOUND = """
INSERT INTO just_linked
SELECT pair.id, pair.sourced_id
FROM (
    SELECT *,
           count(*) FILTER (WHERE same_kind) OVER (PARTITION BY sourced_id) AS accounts,
           count(*) FILTER (WHERE same_kind) OVER (PARTITION BY id) AS people
    FROM account_pairs
) AS pair
JOIN newcomers USING (sourced_id)
WHERE pair.same_kind AND pair.accounts = 1 AND pair.people = 1 AND NOT pair.contradicts
"""

_AMBIGUOUS = """
INSERT INTO refused
SELECT DISTINCT sourced_id, 'AccountAmbiguous' FROM account_pairs JOIN newcomers USING (sourced_id)
WHERE by_hand AND sourced_id NOT IN (SELECT sourced_id FROM just_linked)
"""

# An account of an earlier identity gives its username up in this very run where all its roles are this category's
# to end. Whether they end is for the limits to say, which then let nobody new in either.
_TAKEN = """
WITH taken AS (
    SELECT account.id, lower(account.username) AS username
    FROM roster.users AS account
    WHERE account.district_id = %(district)s AND account.sourced_id IS NULL AND account.active
    AND account.username <> ''
    AND (
        account.former_sourced_id IS NULL
        OR %(nothing_ends)s
        OR EXISTS (
            SELECT FROM roster.user_roles AS held
            WHERE held.district_id = %(district)s AND held.user_id = account.id AND held.ended_at IS NULL
            AND (
                held.by_hand OR held.role <> %(granted)s
                OR held.school_id NOT IN (SELECT school_id FROM linked)
            )
        )
    )
)
INSERT INTO refused
SELECT DISTINCT staged.sourced_id, 'UsernameTaken'
FROM newcomers
JOIN stage_users AS staged USING (sourced_id)
JOIN taken ON taken.username = lower(staged.username)
LEFT JOIN just_linked AS linked ON linked.sourced_id = staged.sourced_id
WHERE linked.id IS DISTINCT FROM taken.id
AND staged.sourced_id NOT IN (SELECT sourced_id FROM refused)
"""

_MAY_BE = "SELECT EXISTS (SELECT FROM account_pairs JOIN newcomers USING (sourced_id))"

_NOT_REFUSED = "DELETE FROM just_linked WHERE sourced_id IN (SELECT sourced_id FROM refused)"

_LINK = """
UPDATE roster.users AS account SET sourced_id = linked.sourced_id
FROM just_linked AS linked WHERE account.district_id = %(district)s AND account.id = linked.id
"""


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Whom a category brings in: those of a role, as staged."""

    owner: Owner
    role: str
    nothing_ends: bool
    """Ends are not written (`spec.safety.mode`)."""


async def create(connection: Connection) -> None:
    """Make the temporary tables."""
    await connection.execute(_CREATE)


async def clear(connection: Connection) -> None:
    """Forget what the category before left."""
    await connection.execute(_EMPTY)


async def any_without_source(connection: Connection, district_id: str) -> bool:
    """Whether there is anything to look for; districts that were new on the platform and stayed have nothing."""
    row = await (await connection.execute(_WITHOUT_SOURCE, [district_id])).fetchone()
    return row == (True,)


async def may_be_known(connection: Connection, newcomers: Newcomers) -> bool:
    """Whether somebody new may have an account: a delta does not show who else has the same identifier."""
    names = newcomers.owner.names | {"granted": newcomers.role}
    await clear(connection)
    if not (await connection.execute(_NEWCOMERS, names)).rowcount:
        return False
    await connection.execute(_PAIRS, names)
    row = await (await connection.execute(_MAY_BE)).fetchone()
    return row == (True,)


async def link(connection: Connection, newcomers: Newcomers) -> None:
    """Give accounts the `sourced_id` of the people that they are, in a short transaction under the lock.

    `just_linked` has them afterwards, `refused` the people who are not to come in, with the rule why.
    """
    names = newcomers.owner.names | {"granted": newcomers.role, "nothing_ends": newcomers.nothing_ends}
    if not (await connection.execute(_NEWCOMERS, names)).rowcount:
        return
    for statement in (_PAIRS, _FOUND, _AMBIGUOUS, _TAKEN, _NOT_REFUSED):
        await connection.execute(statement, names)
    async with connection.transaction():
        await lock.retake(connection, newcomers.owner.district_id)
        await connection.execute(_LINK, names)
