"""Whether a server can tell what changed, tried on a collection that was just staged whole.

A filter that is passed over gives everything; one that takes dates for something else gives too little, and that
looks like a quiet day. So it is asked for what it has shown already: the last changes have to come again, and none
of a time to come.
"""

import datetime as dt
from contextlib import aclosing
from typing import Final

from psycopg import sql

from oneroster_operator.oneroster import Collection, DistrictError, OneRosterClient
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import stage
from oneroster_operator.sync.full_or_delta import MARGIN

_LAST: Final = 20
"""So many of the last changes have to come again."""
_ENOUGH: Final = 5000
"""Rows after which no more are asked for, of a district all of whose records changed at once."""
_IN_A_TIME_TO_COME: Final = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)

_UNDATED = "SELECT EXISTS (SELECT FROM {} WHERE modified IS NULL AND state <> 'rejected')"
_NEWEST = "SELECT sourced_id, modified FROM {} WHERE modified IS NOT NULL ORDER BY modified DESC LIMIT %s"


async def unfit(client: OneRosterClient, connection: Connection, collection: Collection) -> str:
    """Why the server cannot be asked for what changed in the collection, a sentence; empty where it can."""
    table = stage.table(collection)
    row = await (await connection.execute(sql.SQL(_UNDATED).format(table))).fetchone()
    if row == (True,):
        return f"Some {collection} have no dateLastModified, so it cannot be asked which changed."
    cursor = await connection.execute(sql.SQL(_NEWEST).format(table), [_LAST])
    newest: dict[str, dt.datetime] = dict(await cursor.fetchall())
    if not newest:
        return f"There are no {collection} to see whether the district's server can tell what changed."
    try:
        return await _tried(client, collection, newest)
    except DistrictError as error:
        return f"The district's server does not tell which {collection} changed: {error.message}"


async def _tried(client: OneRosterClient, collection: Collection, newest: dict[str, dt.datetime]) -> str:
    given, proof = await _changed(client, collection, _IN_A_TIME_TO_COME)
    if given:
        return f"The district's server passes over a filter by dateLastModified of {collection}."
    if not proof:
        given, proof = await _changed(client, collection, min(newest.values()) - MARGIN)
        if len(given) < _ENOUGH and not newest.keys() <= given:
            return f"The district's server leaves out {collection} that changed when it is asked for them."
    return f"The district's server does not prove which {collection} changed: {proof}." if proof else ""


async def _changed(client: OneRosterClient, collection: Collection, since: dt.datetime) -> tuple[set[str], str]:
    """Ids of what the server says has changed, about `_ENOUGH` of them; and why they are not proven to be all."""
    walk = client.walk(collection, since=since)
    given: set[str] = set()
    async with aclosing(aiter(walk)) as pages:
        async for page in pages:
            given.update(record.sourced_id for record in page.records)
            if len(given) >= _ENOUGH:
                return given, ""
    return given, "" if walk.outcome.complete else walk.outcome.proof
