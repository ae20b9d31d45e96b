"""Asks a service for one row at a time, and keeps what came as evidence."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from yarl import URL

from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.envelope import raw_records
from oneroster_operator.oneroster.errors import DistrictError
from oneroster_operator.oneroster.exchange import Reply, place
from oneroster_operator.oneroster.pages import stated_total
from oneroster_operator.oneroster.records import Collection
from oneroster_operator.oneroster.refusal import is_web_page
from oneroster_operator.oneroster.retry import Retrying

_T = TypeVar("_T")
LONGEST_FACT: Final = 256


@dataclass(frozen=True, slots=True)
class FirstRow:
    """The undecoded row, if there is any (or more, where a server knows no limit), and the total that was stated.

    `where` is host and path, for messages.
    """

    rows: list[msgspec.Raw]
    total: int | None
    where: str


@dataclass(slots=True)
class Asker:
    """`evidence` has a line for each thing asked, `heard` the last answer, which may have been a refusal.

    A line is host, path, status, and in a word what came; it holds nothing of what came.
    """

    service: Service
    version: Version
    retrying: Retrying
    evidence: list[str] = field(default_factory=list)
    heard: Reply | None = None

    def where(self, collection: Collection, base: URL | None = None) -> str:
        """Host and path, for messages. Raises `Refused` where the endpoint URL is none."""
        return place(URL(f"{str(base or self.service.base).rstrip('/')}/{collection}", encoded=True))

    async def first(self, collection: Collection, base: URL | None = None) -> FirstRow:
        """The first row of a collection, at the endpoint URL unless there is another `base`.

        Raises `DistrictError`.
        """
        self.heard = None
        where = self.where(collection, base)
        try:
            reply, where = await self.service.get(collection, "limit=1&offset=0", self._noted, base=base)
            row = FirstRow(raw_records(reply.body, collection, where), stated_total(reply), where)
        except DistrictError as error:
            self._note(self.service.token_place or where if error.stage == "token" else where, self._came(error))
            raise
        rows = f"{len(row.rows)} row" if len(row.rows) == 1 else f"{len(row.rows)} rows"
        self._note(where, f"200, {rows}" if row.total is None else f"200, {rows} of {row.total}")
        return row

    async def _noted(self, request: Callable[[], Awaitable[_T]]) -> _T:
        got = await self.retrying(request)
        self.heard = got if isinstance(got, Reply) else None
        return got

    def _came(self, error: DistrictError) -> str:
        return f"{self.heard.status}, {kind(self.heard)}" if self.heard else f"{error.reason} ({error.stage})"

    def _note(self, where: str, fact: str) -> None:
        self.evidence.append(f"{where[: LONGEST_FACT - len(fact) - 2]}: {fact}")


def kind(reply: Reply) -> str:
    """In a word what an answer is."""
    if is_web_page(reply):
        return "a web page"
    start = reply.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return "JSON" if bytes(start) in {b"{", b"["} else "text" if start else "nothing"
