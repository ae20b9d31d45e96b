"""What a server says of the next page: `Link: <...>; rel="next"`. It is never followed.

Source: RFC 8288; OneRoster 1.1 section 3.4.1 recommends it, and its own examples change the limit on the way.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

from yarl import URL

_LINK: Final = re.compile(r'<([^<>]*)>((?:[^",<>]|"[^"]*")*)')
_RELATION: Final = re.compile(r"\brel\s*=\s*(?:\"([^\"]*)\"|([^\s;\",]+))", re.IGNORECASE)


class NextLink(Enum):
    """Whether a page names a next one."""

    UNSAID = "there are no links"
    NONE = "links, and none to a next page"
    HERE = "a link to a next page of this service"
    ELSEWHERE = "a link to a next page on another host"


def next_link(headers: Iterable[str], page: URL) -> NextLink:
    """What the `Link` headers of the answer to `page` say; some servers send one for each link.

    Scheme and port may differ: where a proxy ends TLS, many servers write down the address behind it.
    """
    links = [link for header in headers for link in _LINK.findall(header)]
    if not links:
        return NextLink.UNSAID
    for target, parameters in links:
        found = _RELATION.search(parameters)
        if found and "next" in (found[1] or found[2] or "").lower().split():
            return NextLink.HERE if _host(target, page) == page.host else NextLink.ELSEWHERE
    return NextLink.NONE


def _host(target: str, page: URL) -> str | None:
    try:
        return page.join(URL(target.strip())).host
    except ValueError:
        return None
