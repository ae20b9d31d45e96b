"""`roster.identities`: the services whose ids a district's rows have borne, one after the other.

The source of a row is its district and the identity's epoch. Another address or version of the service may give
the same ids to other people, so nothing of the district is written from there before a person has approved it.
"""

import msgspec

from oneroster_operator.api.plan import identity_fingerprint
from oneroster_operator.platform.connection import Connection, platform_errors


class Identity(msgspec.Struct, frozen=True):
    """The service whose ids the district's rows bear."""

    epoch: int
    """Counted from 1."""
    url: str
    version: str
    """"1.1" or "1.2"."""

    @property
    def fingerprint(self) -> str:
        """By which a change to it is approved."""
        return identity_fingerprint(self.url, self.version)


async def identity_of(connection: Connection, district_id: str) -> Identity | None:
    """The district's present one; None where it was never synced. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT epoch, url, version FROM roster.identities WHERE district_id = %s ORDER BY epoch DESC LIMIT 1",
            [district_id],
        )
        row = await cursor.fetchone()
    return Identity(*row) if row else None


async def add_identity(connection: Connection, district_id: str, identity: Identity) -> None:
    """Make it the district's present one, in the caller's transaction. Raises `PlatformError`."""
    with platform_errors(connection):
        await connection.execute(
            "INSERT INTO roster.identities (district_id, epoch, url, version) VALUES (%s, %s, %s, %s)",
            [district_id, identity.epoch, identity.url, identity.version],
        )
