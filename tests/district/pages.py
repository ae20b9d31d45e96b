"""One page of the rows that answer a query: its limits, and what its headers say of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tests.district.behaviour import Behaviour
from tests.district.errors import Refusal
from tests.district.query import Query
from tests.district.settings import Paging

FOREIGN = "https://roster.elsewhere.example"
"""The origin of a ``next`` that must not be followed."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Any]
    headers: dict[str, str]


def page(rows: Sequence[Any], asked: Query, url: str, paging: Paging, behaviour: Behaviour) -> Page:
    """The page of ``rows`` that was asked for at ``url``.

    Raises Refusal where the server has no such page, or cannot make one so large.
    """
    if paging.beyond_end != 200 and asked.offset > 0 and asked.offset >= len(rows):
        code_minor = "unknownobject" if paging.beyond_end == 404 else "invaliddata"
        raise Refusal(HTTPStatus(paging.beyond_end), code_minor, "offset is past the end")
    size = min(asked.limit, behaviour.page_maximum or asked.limit)
    chosen = rows[asked.offset : asked.offset + size]
    if behaviour.heavy_above is not None and len(chosen) > behaviour.heavy_above:
        status = HTTPStatus(behaviour.heavy_status)
        raise Refusal(status, "internal_server_error", "the page took too long to make")
    headers = _counts(len(rows), len(chosen), asked.offset, paging)
    links = _links(url, asked.offset, size, len(rows), paging)
    return Page(chosen, headers | ({"Link": links} if links else {}))


def _counts(total: int, shown: int, offset: int, paging: Paging) -> dict[str, str]:
    headers = {"x-count": str(shown)} if paging.count_header else {}
    stated = {"true": total, "page": shown, "remaining": max(total - offset, 0)}.get(paging.total)
    if stated is not None:
        headers["X-Total-Count"] = str(max(stated + paging.total_error, 0))
    return headers


def _links(url: str, offset: int, size: int, total: int, paging: Paging) -> str:
    """RFC 8288. The last link's ``limit`` is what is left, as in the specification's example."""
    if paging.links == "absent":
        return ""
    if paging.links == "repeated":
        return _link(_at(url, size, 0), "next")
    links = []
    if offset + size < total:
        target = _at(url, size, offset + size)
        links.append(_link(_elsewhere(target) if paging.links == "foreign" else target, "next"))
    begins_last = (total - 1) // size * size if total else 0
    links.append(_link(_at(url, max(total - begins_last, 1), begins_last), "last"))
    links.append(_link(_at(url, size, 0), "first"))
    if offset > 0:
        links.append(_link(_at(url, size, max(offset - size, 0)), "prev"))
    return ", ".join(links)


def _link(url: str, relation: str) -> str:
    return f'<{url}>; rel="{relation}"'


def _at(url: str, limit: int, offset: int) -> str:
    """The same URL with another limit and offset; all else as it was written."""
    base, _, query = url.partition("?")
    others = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in ("limit", "offset")]
    return f"{base}?{'&'.join((*others, f'limit={limit}', f'offset={offset}'))}"


def _elsewhere(url: str) -> str:
    parts = urlsplit(url)
    return f"{FOREIGN}{parts.path}?{parts.query}"
