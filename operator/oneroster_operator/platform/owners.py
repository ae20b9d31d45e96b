"""`roster.district_owners`: which connection writes a district, so that no two do."""

from typing import NamedTuple

from oneroster_operator.platform.connection import Connection, PlatformError, PlatformReason, platform_errors


class DistrictOwner(NamedTuple):
    """A connection, wherever it is; a restored one of the same name in the same place is the same."""

    cluster: str
    """uid of the cluster's namespace kube-system."""
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.cluster or 'CLUSTER'}/{self.namespace}/{self.name}"


async def claim(connection: Connection, district_id: str, claimant: DistrictOwner) -> None:
    """Enter the connection as the district's owner, unless the district has one.

    Raises `PlatformError`: `DistrictTaken` where that is another one.
    """
    with platform_errors(connection):
        await connection.execute(
            "INSERT INTO roster.district_owners (district_id, cluster, namespace, name) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [district_id, *claimant],
        )
    await check_owner(connection, district_id, claimant)


async def check_owner(connection: Connection, district_id: str, claimant: DistrictOwner) -> None:
    """Raise `PlatformError` (`DistrictTaken`) where the district's owner is another connection.

    A claimant that does not know its cluster is taken for the one of the owner's.
    """
    owner = await owner_of(connection, district_id)
    if owner is None or claimant in (owner, owner._replace(cluster="")):
        return
    where = "" if owner.cluster == claimant.cluster else f" of the cluster {owner.cluster}"
    raise PlatformError(
        PlatformReason.DISTRICT_TAKEN,
        f"The district {district_id} belongs to the connection {owner.namespace}/{owner.name}{where}: delete this "
        "connection, or let the platform's administrator hand the district over to it by oneroster-platform "
        f"transfer --district {district_id} --to {claimant}",
    )


async def owner_of(connection: Connection, district_id: str) -> DistrictOwner | None:
    """The district's owner, if it has one. Raises `PlatformError`."""
    with platform_errors(connection):
        cursor = await connection.execute(
            "SELECT cluster, namespace, name FROM roster.district_owners WHERE district_id = %s", [district_id]
        )
        row = await cursor.fetchone()
    return DistrictOwner(*row) if row else None


async def transfer(connection: Connection, district_id: str, to: DistrictOwner) -> DistrictOwner | None:
    """Make the connection the district's owner, whoever was; return who was. Raises `PlatformError`."""
    before = await owner_of(connection, district_id)
    with platform_errors(connection):
        await connection.execute(
            "INSERT INTO roster.district_owners (district_id, cluster, namespace, name) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (district_id) DO UPDATE"
            " SET cluster = excluded.cluster, namespace = excluded.namespace, name = excluded.name, since = now()",
            [district_id, *to],
        )
    return before
