"""What a service can do besides answering, found out with few and tiny requests. No reason to refuse any.

What is found is for people: a walk tries for itself what it relies on.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from oneroster_operator.oneroster import filters
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.errors import DistrictError, Unreachable
from oneroster_operator.oneroster.link_header import NextLink
from oneroster_operator.oneroster.pages import Pages
from oneroster_operator.oneroster.records import Collection
from oneroster_operator.oneroster.retry import Retrying
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest

Ability = Literal["yes", "no", "unknown"]

_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER_ALL: Final = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Abilities:
    """Each is unknown where it was not tried, or the district has too few records to tell.

    - `limit`: two rows come where two are asked for. `offset`: the second row comes at offset 1.
    - `totals`: `X-Total-Count` is sent, and is the same on different pages.
    - `links`: `Link` names a next page where there is one.
    - `keyset`: rows come sorted by sourcedId from a given one on, itself included.
    - `date_filter`: all records changed since 1970, and none after 2999.
    - `role_filter`: the students' enrollments and the others' are together all, as counted by the server.
    """

    limit: Ability = "unknown"
    offset: Ability = "unknown"
    totals: Ability = "unknown"
    links: Ability = "unknown"
    keyset: Ability = "unknown"
    date_filter: Ability = "unknown"
    role_filter: Ability = "unknown"

    def summary(self) -> str:
        """Such as "totals, keyset paging, date filter; no links"; empty where nothing worth telling is known."""
        told = {
            "totals": self.totals,
            "links": self.links,
            "keyset paging": self.keyset,
            "date filter": self.date_filter,
            "role filter": self.role_filter,
        }
        has = [name for name, ability in told.items() if ability == "yes"]
        needed = {"regard for limit": self.limit, "regard for offset": self.offset}
        lacks = [f"no {name}" for name, ability in (needed | told).items() if ability == "no"]
        return "; ".join(", ".join(names) for names in (has, lacks) if names)


async def tried(
    service: Service, version: Version, listed: Collection, enrolled: int | None, retrying: Retrying
) -> AsyncIterator[Abilities]:
    """The abilities as they become known, those of the last item all that there are.

    `listed` is the collection to page through, `enrolled` the stated number of all enrollments. Raises
    `Unreachable` where the server wants to be left alone.
    """
    trial = _Trial(service, version, listed, retrying)
    known = Abilities()
    first = await trial.page(PageRequest(2))
    if first == "refused":
        first = await trial.page(PageRequest(2, ordered=False))  # some servers refuse to sort
        known = replace(known, keyset="no")
        yield known
    if not isinstance(first, FetchedPage):
        return
    second = await trial.page(PageRequest(1, offset=1, ordered=known.keyset != "no"))
    if isinstance(second, FetchedPage):
        known = replace(known, limit=_limit(first, second), offset=_offset(first, second))
        known = replace(known, totals=_totals(first, second), links=_links(first))
        yield known
    if known.keyset == "unknown":
        known = replace(known, keyset=await _keyset(trial, first))
        yield known
    if first.decoded.sourced_ids:
        known = replace(known, date_filter=await _date_filter(trial))
        yield known
    if enrolled is not None:
        known = replace(known, role_filter=await _role_filter(trial, enrolled))
        yield known


class _Trial:
    """Asks one service, and takes a no for an answer."""

    def __init__(self, service: Service, version: Version, listed: Collection, retrying: Retrying) -> None:
        self._service = service
        self._version = version
        self._listed = listed
        self._retrying = retrying

    async def page(
        self, request: PageRequest, clause: str | None = None
    ) -> FetchedPage | Literal["refused", "failed"]:
        """The page; "refused" with a 400, which is what OneRoster says to a sort or filter that is not offered."""
        pages = Pages(self._service, self._version, self._listed, clause)
        try:
            return await pages.fetch(request, self._retrying)
        except DistrictError as error:
            go_on_after(error)
            return "refused" if error.reason == "BadRequest" else "failed"

    async def count(self, clause: str) -> int | Literal["failed"] | None:
        """How many enrollments match; None where that is refused or not said."""
        pages = Pages(self._service, self._version, Collection.ENROLLMENTS)
        try:
            return await pages.count(clause, self._retrying)
        except DistrictError as error:
            go_on_after(error)
            return "failed"


def go_on_after(error: DistrictError) -> None:
    """Raise `error` where nothing more should be asked: by who limits our requests, or is away.

    A 5xx may be of one request alone, for some servers fail over what they do not offer.
    """
    if isinstance(error, Unreachable) and error.reason != "DistrictError":
        raise error


def _limit(first: FetchedPage, second: FetchedPage) -> Ability:
    rows = len(first.decoded.sourced_ids)
    if rows > 2 or len(second.decoded.sourced_ids) > 1 or (rows == 1 and (first.total or 0) > 1):
        return "no"
    return "yes" if rows == 2 else "unknown"


def _offset(first: FetchedPage, second: FetchedPage) -> Ability:
    ids = first.decoded.sourced_ids
    there = second.decoded.sourced_ids[:1]
    if len(ids) < 2 or ids[0] == ids[1] or not there:
        return "unknown"
    if there == ids[1:2]:
        return "yes"
    return "no" if there == ids[:1] else "unknown"


def _totals(first: FetchedPage, second: FetchedPage) -> Ability:
    """Some servers state the number of rows of the page, or of those that are left."""
    stated = {first.total, second.total}
    enough = first.total is not None and first.total >= len(first.decoded.sourced_ids)
    return "yes" if len(stated) == 1 and enough else "no"


def _links(first: FetchedPage) -> Ability:
    if first.next_link is NextLink.HERE:
        return "yes"
    is_last = first.total is None or first.total <= len(first.decoded.sourced_ids)
    return "unknown" if is_last and first.next_link is not NextLink.ELSEWHERE else "no"


async def _keyset(trial: _Trial, first: FetchedPage) -> Ability:
    ids = first.decoded.sourced_ids
    start = ids[1] if len(ids) > 1 else None
    if start is None or ids[0] == start or "'" in start:  # a filter cannot say a quote
        return "unknown"
    page = await trial.page(PageRequest(2, from_id=start))
    if not isinstance(page, FetchedPage):
        return "no" if page == "refused" else "unknown"
    rows = page.decoded.sourced_ids
    return "yes" if rows[:1] == [start] and not {start, ids[0]} & set(rows[1:]) else "no"


async def _date_filter(trial: _Trial) -> Ability:
    rows = []
    for moment in (_AFTER_ALL, _BEFORE_ALL):
        page = await trial.page(PageRequest(1, ordered=False), filters.since(moment))
        if not isinstance(page, FetchedPage):
            return "no" if page == "refused" else "unknown"
        rows.append(bool(page.decoded.sourced_ids))
    return "yes" if rows == [False, True] else "no"


async def _role_filter(trial: _Trial, enrolled: int) -> Ability:
    counts = []
    for clause in ("role='student'", "role!='student'"):
        rows = await trial.count(clause)
        if rows == "failed":
            return "unknown"
        if rows is None:
            return "no"
        counts.append(rows)
    if sum(counts) != enrolled:
        return "no"
    return "yes" if all(counts) else "unknown"
