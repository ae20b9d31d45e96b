"""Pages of one collection: from what a walk asks for to a request, and from the answer to a page."""

import email.utils
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from oneroster_operator.oneroster import filters
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.decode import decode_page
from oneroster_operator.oneroster.errors import DistrictError, Refused
from oneroster_operator.oneroster.exchange import Reply
from oneroster_operator.oneroster.link_header import next_link
from oneroster_operator.oneroster.records import Collection
from oneroster_operator.oneroster.retry import Retrying, once
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest

MAX_REVISION: Final = 256


class Pages:
    """Of one collection of a service, all of it or what `clause` (one clause of OneRoster's grammar) leaves."""

    def __init__(
        self,
        service: Service,
        version: Version,
        collection: Collection,
        clause: str | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._service = service
        self._version = version
        self._collection = collection
        self.clause = clause

    async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
        """The page that is asked for. Raises `DistrictError`."""
        reply, where = await self._service.get(self._collection, self._query(request), retrying)
        decoded = decode_page(self._collection, self._version, reply.body, where)
        return FetchedPage(
            decoded,
            total=stated_total(reply),
            next_link=next_link(reply.headers.getall("Link", ()), self._service.base),
            revision=reply.headers.get("x-perm-rev", "")[:MAX_REVISION] or None,
            time=server_time(reply, self._clock()),
        )

    async def count(self, clause: str | None, retrying: Retrying) -> int | None:
        """How many rows match `clause`, as the server states; None where it does not, or takes no filter."""
        query = f"limit=1&offset=0{_filter(clause)}"
        try:
            reply, _ = await self._service.get(self._collection, query, retrying)
        except Refused as refused:
            if refused.reason == "BadRequest":
                return None
            raise
        return stated_total(reply)

    async def count_once(self, clause: str | None) -> int | None:
        """The same, asked once; None also for any failure: a filter that a server does not know it may answer with
        anything, and whoever asks so can do without."""
        try:
            return await self.count(clause, once)
        except DistrictError:
            return None

    def _query(self, request: PageRequest) -> str:
        order = "&sort=sourcedId&orderBy=asc" if request.ordered else ""
        clause = self.clause
        if request.from_id is not None:
            clause = filters.both(clause, filters.from_id(request.from_id))
        return f"limit={request.limit}&offset={request.offset}{order}{_filter(clause)}"


def _filter(clause: str | None) -> str:
    return "" if clause is None else f"&filter={quote(clause, safe='')}"


def stated_total(reply: Reply) -> int | None:
    """`X-Total-Count`, where it is a number."""
    value = reply.headers.get("X-Total-Count", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def server_time(reply: Reply, now: float) -> float | None:
    """The server's clock when it answered (RFC 9110 section 6.6.1), but no later than ours, `now`: in seconds
    since the epoch. From a moment in the future on nothing would ever change."""
    try:
        stated = email.utils.parsedate_to_datetime(reply.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(stated, now)
