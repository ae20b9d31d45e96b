"""`roster.quarantine`: the district's records that its categories cannot use, as they stand."""

import datetime as dt
from collections.abc import AsyncIterator

import msgspec

from oneroster_operator.api.category import Category
from oneroster_operator.platform.connection import Connection, streamed

_STANDING = """
SELECT category, collection, sourced_id, rule, first_seen_at, job FROM roster.quarantine
WHERE district_id = %s AND (waits_until IS NULL OR waits_until <= %s)
ORDER BY rule, collection, sourced_id, category
"""


class Quarantined(msgspec.Struct, frozen=True, rename="camel"):
    """A record that a category cannot use."""

    category: Category
    collection: str
    """As in the path of the district's service, such as `enrollments`."""
    sourced_id: str
    rule: str
    """What it breaks: a rule of the parser (`oneroster.records.Rule`) or of the sync (`sync.quarantine.Rule`)."""
    first_seen: dt.datetime
    """When a run first met it breaking this rule."""
    job: str
    """That run's."""


async def quarantined(connection: Connection, district_id: str, now: dt.datetime) -> AsyncIterator[Quarantined]:
    """All of a district, by rule; without enrollments that may still wait for what they refer to.

    However many they are, few are in memory at once. Raises `PlatformError`.
    """
    async for row in streamed(connection, "quarantined", _STANDING, [district_id, now]):
        yield Quarantined(Category(row[0]), *row[1:])
