"""One run per district at a time, by an advisory lock of the platform's database.

The lock belongs to the session: it goes with the connection, so a pod that was killed leaves none behind. It
is held for all categories of an invocation, so that a run which a person asked for is waited for once and
no scheduled run slips in between two of its categories.
"""

import asyncio

from oneroster_operator.platform.connection import Connection
from oneroster_operator.platform.district_lock import lock_key, try_lock

_POLL_SECONDS = 2.0


class LockLost(Exception):
    """The session no longer holds the district's lock."""


async def acquire(connection: Connection, district_id: str, wait_seconds: float) -> bool:
    """Whether the lock was had within the time.

    It is asked for again and again: waiting inside of a statement would hold back the database's VACUUM.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + wait_seconds
    while True:
        if await try_lock(connection, district_id):
            return True
        left = end - clock()
        if left <= 0:
            return False
        await asyncio.sleep(min(_POLL_SECONDS, left))


async def retake(connection: Connection, district_id: str) -> None:
    """Take the lock again for the transaction; raises `LockLost` where another session has it by now.

    A session that has it gets it again at once. Behind a pooler that hands each transaction to another
    session it is not ours, and writing on would be a second writer.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(district_id)])
    if await cursor.fetchone() != (True,):
        raise LockLost
