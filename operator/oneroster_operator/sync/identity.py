"""The service whose ids the district's rows bear, and how they change over to another one.

Another address or version of a service may give the same ids to other people, so rows are told apart by the epoch
of their identity. When a person has approved the other service, every row gives its `sourced_id` up in one short
transaction and stays otherwise as it was. From then on no record is of it. Accounts of people who are recognised
are taken over (`sync.accounts`); all else ends by absence, within the limits, when what takes its place comes.
"""

from psycopg import sql

from oneroster_operator.api.group import APPROVE_ANNOTATION, SINGULAR
from oneroster_operator.api.plan import Plan
from oneroster_operator.platform.connection import Connection
from oneroster_operator.platform.identities import Identity, add_identity, identity_of
from oneroster_operator.sync import lock


class ReconfirmNeeded(Exception):
    """The plan's endpoint is another than the one that the district's rows come from, and nobody approved it."""

    def __init__(self, plan: Plan, known: Identity) -> None:
        planned = _planned(plan, known)
        namespace, _, name = plan.connection.rpartition("/")
        super().__init__(
            f"Nothing was asked or written: what the platform has of the district came from {known.url} "
            f"(OneRoster {known.version}), the plan is for {planned.url} (OneRoster {planned.version}), and ids "
            "may be other people's there. Look at status.preview, then approve it: kubectl annotate "
            f"{SINGULAR} -n {namespace} {name} --overwrite {APPROVE_ANNOTATION}={planned.fingerprint}"
        )


async def other(connection: Connection, plan: Plan) -> Identity | None:
    """The identity that the district is to move to; None where its rows have the plan's already."""
    known = await identity_of(connection, plan.district_id)
    if known is None:
        return None
    planned = _planned(plan, known)
    return None if planned.fingerprint == known.fingerprint else planned


async def check(connection: Connection, plan: Plan) -> None:
    """Raise `ReconfirmNeeded` where the district would move and the plan has no approval of just this."""
    known = await identity_of(connection, plan.district_id)
    if known is None:
        return
    if _planned(plan, known).fingerprint not in (known.fingerprint, plan.approved_identity):
        raise ReconfirmNeeded(plan, known)


async def follow(connection: Connection, plan: Plan) -> None:
    """Make the district's identity the plan's endpoint: the first one, or another, to which rows change over.

    For who has seen to it that it is approved (`check`).
    """
    known = await identity_of(connection, plan.district_id)
    if known is None:
        planned = Identity(1, plan.endpoint.url, plan.endpoint.version)
    else:
        planned = _planned(plan, known)
        if planned.fingerprint == known.fingerprint:
            return
    async with connection.transaction():
        await lock.retake(connection, plan.district_id)
        if known is not None:
            await _retire(connection, plan.district_id, known.epoch)
        await add_identity(connection, plan.district_id, planned)
        await _restore(connection, plan.district_id, planned)


def _planned(plan: Plan, known: Identity) -> Identity:
    return Identity(known.epoch + 1, plan.endpoint.url, plan.endpoint.version)


_RETIRE = """
UPDATE {} SET former_sourced_id = sourced_id, former_epoch = %(epoch)s, sourced_id = NULL
WHERE district_id = %(district)s AND sourced_id IS NOT NULL
"""
# Back at a service that ids came from before, they mean the same again.
_RESTORE = """
UPDATE {} SET sourced_id = former_sourced_id
WHERE district_id = %(district)s AND sourced_id IS NULL AND former_epoch = (
    SELECT max(epoch) FROM roster.identities
    WHERE district_id = %(district)s AND (url, version) = (%(url)s, %(version)s) AND epoch < %(epoch)s
)
"""
_TABLES = ("users", "academic_sessions", "courses", "classes", "enrollments")

# What was withheld or could not be used is told by ids which mean nothing any more.
_CLEAR_HOLDS = """
UPDATE roster.holds SET state = 'cleared'
WHERE district_id = %(district)s AND state IN ('open', 'discarded')
"""
_FORGET_ROWS = """
DELETE FROM roster.hold_rows AS row USING roster.holds AS hold
WHERE hold.district_id = %(district)s AND hold.state = 'cleared'
AND row.district_id = hold.district_id AND row.fingerprint = hold.fingerprint
"""
_FORGET_QUARANTINE = "DELETE FROM roster.quarantine WHERE district_id = %(district)s"
_FORGET_WATERMARKS = "DELETE FROM roster.watermarks WHERE district_id = %(district)s"


async def _retire(connection: Connection, district_id: str, epoch: int) -> None:
    names = {"district": district_id, "epoch": epoch}
    for table in _TABLES:
        await connection.execute(sql.SQL(_RETIRE).format(sql.Identifier("roster", table)), names)
    for statement in (_CLEAR_HOLDS, _FORGET_ROWS, _FORGET_QUARANTINE, _FORGET_WATERMARKS):
        await connection.execute(statement, names)


async def _restore(connection: Connection, district_id: str, planned: Identity) -> None:
    names = {"district": district_id, "url": planned.url, "version": planned.version, "epoch": planned.epoch}
    for table in _TABLES:
        await connection.execute(sql.SQL(_RESTORE).format(sql.Identifier("roster", table)), names)
