"""Takes what is withheld out of `differences`, so that the merge never sees it."""

from collections.abc import Iterable

from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync.holds import Part

_DELETE = {
    Part.ABSENCES: "DELETE FROM differences WHERE action = 'end' AND trait IS DISTINCT FROM 'explicit'",
    Part.LOSSES: "DELETE FROM differences WHERE action = 'end' AND trait = 'explicit'",
    Part.CHANGES: "DELETE FROM differences WHERE action = 'change'",
    # The person goes with the role, unless the platform has the person for another reason.
    Part.NEW_ADMINS: """
        DELETE FROM differences
        WHERE action IN ('create', 'revive')
        AND sourced_id IN (
            SELECT sourced_id FROM differences WHERE kind = 'user_roles' AND action IN ('create', 'revive')
        )
    """,
}


async def take_out(connection: Connection, parts: Iterable[Part]) -> None:
    """Take the parts out of `differences`."""
    for part in parts:
        await connection.execute(_DELETE[part])
