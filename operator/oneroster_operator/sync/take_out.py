"""Takes out of `differences` what the merge is not to see, and keeps it aside with why.

`aside` has the rows as `differences` had them. `why` is `mode` (spec.safety.mode), `discarded` (a person said so),
`held` (beyond the limits), or `approved`, which is put back after the rest has been judged.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import LiteralString

from psycopg import sql

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.diff import found_in
from oneroster_operator.sync.holds import Part
from oneroster_operator.sync.tally import Tallies
from oneroster_operator.sync.wanted import Owner


class Why(StrEnum):
    """Why rows are aside."""

    MODE = "mode"
    APPROVED = "approved"
    DISCARDED = "discarded"
    HELD = "held"


_CREATE = """
CREATE TEMP TABLE aside (
    why text NOT NULL, kind text NOT NULL, action text NOT NULL, id bigint, sourced_id text NOT NULL,
    school_id text, trait text
)
"""

_MOVE = """
WITH gone AS (DELETE FROM differences AS difference {which} RETURNING difference.*)
INSERT INTO aside SELECT {why}, kind, action, id, sourced_id, school_id, trait FROM gone
"""

_OF_PART: dict[Part, LiteralString] = {
    Part.ABSENCES: "WHERE action = 'end' AND trait IS DISTINCT FROM 'explicit'",
    Part.LOSSES: "WHERE action = 'end' AND trait = 'explicit'",
    Part.CHANGES: "WHERE action = 'change'",
    # The person goes with the role, unless the platform has the person for another reason.
    Part.NEW_ADMINS: """
        WHERE action IN ('create', 'revive')
        AND sourced_id IN (
            SELECT sourced_id FROM differences WHERE kind = 'user_roles' AND action IN ('create', 'revive')
        )
    """,
    Part.CREATIONS: "WHERE action IN ('create', 'revive')",
    Part.DISABLED: """
        USING roster.users AS known JOIN stage_users AS staged USING (sourced_id)
        WHERE difference.kind = 'users' AND difference.action = 'change' AND difference.id = known.id
        AND known.enabled AND NOT staged.enabled
    """,
}

# Who approved a hold approved these rows; one that was decided on before is no matter of this decision.
_DECIDED = """
USING roster.hold_rows AS row JOIN roster.holds AS hold USING (district_id, fingerprint)
WHERE hold.district_id = %(district)s AND hold.category = %(category)s AND {state}
AND row.kind = difference.kind AND row.action = difference.action AND row.sourced_id = difference.sourced_id
AND row.school_id IS NOT DISTINCT FROM difference.school_id
AND row.former = (difference.trait IS NOT DISTINCT FROM 'former')
"""
_STATE: dict[Why, LiteralString] = {
    Why.APPROVED: "hold.state IN ('open', 'discarded') AND hold.fingerprint = ANY (%(fingerprints)s)",
    Why.DISCARDED: (
        "(hold.state = 'discarded' OR hold.state = 'open' AND hold.fingerprint = ANY (%(fingerprints)s))"
    ),
}

_PUT_BACK = """
WITH back AS (DELETE FROM aside WHERE why = 'approved' RETURNING *)
INSERT INTO differences SELECT kind, action, id, sourced_id, school_id, trait FROM back
"""

# A person was decided on together with roles; by now it may be another role that is written, or none.
_COMING = """
kind = 'users' AND action IN ('create', 'revive') AND sourced_id {is_in} (
    SELECT sourced_id FROM differences WHERE kind = 'user_roles' AND action IN ('create', 'revive')
)
"""
_COME_WITH_ROLES = f"""
WITH back AS (DELETE FROM aside WHERE {_COMING.format(is_in="IN")} RETURNING *)
INSERT INTO differences SELECT kind, action, id, sourced_id, school_id, trait FROM back
"""  # noqa: S608 - made of constants
_STAY_WITHOUT_ROLES = f"""
DELETE FROM differences
WHERE {_COMING.format(is_in="NOT IN")} AND EXISTS (SELECT FROM aside WHERE kind = 'user_roles')
"""  # noqa: S608 - made of constants


async def create(connection: Connection) -> None:
    """Make the temporary table."""
    await connection.execute(_CREATE)


async def clear(connection: Connection) -> None:
    """Forget what the category before left."""
    await connection.execute("TRUNCATE aside")


async def take_out(connection: Connection, why: Why, parts: Iterable[Part]) -> None:
    """Move the parts aside."""
    for part in parts:
        statement = sql.SQL(_MOVE).format(which=sql.SQL(_OF_PART[part]), why=sql.Literal(why.value))
        await connection.execute(statement)


async def take_out_decided(connection: Connection, owner: Owner, why: Why, fingerprints: Iterable[str]) -> None:
    """Move aside the rows of holds on which a person decided.

    `APPROVED`: rows of the holds named, open or discarded ones. `DISCARDED`: rows of all discarded ones, and of
    the open ones named.
    """
    which = sql.SQL(_DECIDED).format(state=sql.SQL(_STATE[why]))
    statement = sql.SQL(_MOVE).format(which=which, why=sql.Literal(why.value))
    await connection.execute(statement, {**owner.names, "fingerprints": list(fingerprints)})


async def taken(connection: Connection, why: Why) -> Tallies:
    """What is aside for this reason."""
    return await found_in(connection, sql.SQL("aside WHERE why = {}").format(sql.Literal(why.value)))


async def put_back(connection: Connection) -> None:
    """Let the approved rows take part in the merge, and of people who are new those who come with a role."""
    for statement in (_PUT_BACK, _COME_WITH_ROLES, _STAY_WITHOUT_ROLES):
        await connection.execute(statement)
