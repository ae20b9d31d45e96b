"""What a dry run has to change before it can compare, and never leaves changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oneroster_operator.api.plan import Plan
from oneroster_operator.platform.connection import Connection
from oneroster_operator.sync import accounts, identity


@asynccontextmanager
async def rehearsal(connection: Connection, plan: Plan) -> AsyncIterator[None]:
    """Compare in here as if the plan's endpoint had been approved and accounts could be taken over.

    Both change rows, and the diff reads rows: so they are changed in a transaction that is always rolled back,
    with what is in the temporary tables by then. Where neither is the case there is no transaction.
    """
    if await identity.other(connection, plan) is None and not await accounts.any_without_source(
        connection, plan.district_id
    ):
        yield
        return
    async with connection.transaction(force_rollback=True):
        await identity.follow(connection, plan)
        yield
