"""OneRoster filters, as we send them, and when one that leaves records out may be believed.

Source: OneRoster 1.1 section 3.4.3, 1.2 REST binding: `<field><op>'<value>'`, two clauses at most, joined by one
` AND ` or ` OR `.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.records import Collection

Count = Callable[[str | None], Awaitable[int | None]]
"""Rows that match a filter (of all without one), as the server states it; None where it does not say."""

MAX_ROLES: Final = 2


def role_field(collection: Collection, version: Version) -> str | None:
    """The field whose one value is a record's role; None where there is no such field.

    1.2's users hold several roles. A server that looks at the first alone cannot be told from one that looks at
    all, and would lose the teacher who coaches, so their roles are never filtered there.
    """
    if collection is Collection.ENROLLMENTS or (collection is Collection.USERS and version == "1.1"):
        return "role"
    return None


class RoleFilter:
    """To fetch some roles alone, where the server's counts show that a filter leaves out the others and no more.

    A server that ignores filters, or states no totals, is read whole. Judged once.
    """

    def __init__(self, field: str, roles: Sequence[str]) -> None:
        if len(roles) > MAX_ROLES:
            raise ValueError(f"OneRoster takes two clauses at most, and so {MAX_ROLES} roles")
        self._single = [f"{field}='{role}'" for role in roles]
        self._wanted = " OR ".join(self._single)
        self._others = " AND ".join(f"{field}!='{role}'" for role in roles)
        self._is_exact: bool | None = None

    async def clause(self, count: Count) -> str | None:
        """The filter to send, or none. Raises what `count` raises."""
        if self._is_exact is None:
            self._is_exact = await self._divides(count)
        return self._wanted if self._is_exact else None

    async def _divides(self, count: Count) -> bool:
        """Whether those wanted and all others are everyone, and those wanted the sum of each role: some servers
        look at one clause alone."""
        counts = []
        for clause in (self._wanted, self._others, None, *(self._single if len(self._single) > 1 else ())):
            rows = await count(clause)
            if rows is None:
                return False
            counts.append(rows)
        wanted, others, everyone, *each = counts
        return wanted + others == everyone and others > 0 and (not each or sum(each) == wanted)


def since(moment: datetime) -> str:
    """Records that changed at `moment` or later. Raises ValueError where it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone means another one at each server")
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"dateLastModified>='{text}'"


def from_id(sourced_id: str) -> str:
    """Records from this one on, itself included. The grammar has no way to write a quote (`"'" in sourced_id`)."""
    return f"sourcedId>='{sourced_id}'"


def both(first: str | None, second: str) -> str:
    """What matches both. `first` is one clause at most, for two are all that OneRoster takes."""
    return f"{first} AND {second}" if first else second
