"""Where a district's service is, and what we show it. No `repr` gives away an id or a secret."""

import re
from dataclasses import dataclass, field
from typing import Literal

Version = Literal["1.1", "1.2"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url` is the base of the rostering service, without the name of a collection.

    `ca_bundle` is PEM text of authorities to trust for this district besides the public ones.
    """

    url: str
    version: Version
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True)
class OAuth1:
    """Consumer key and secret of two-legged OAuth 1.0a (OneRoster 1.1 only).

    `allowed_hosts` are the only ones to which they, or a token that they bring, may be sent; None is no pin.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    allowed_hosts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Client credentials of OAuth 2; without `scopes` the client works out what the server accepts.

    `token_url` may have a query of its own, which is kept (Infinite Campus: `?appName=`). `allowed_hosts` as of
    `OAuth1`.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    token_url: str
    scopes: tuple[str, ...] = ()
    allowed_hosts: frozenset[str] | None = None


def hosts_in(text: str) -> frozenset[str]:
    """The host names in `text`, separated by commas or white space, as `allowed_hosts` of credentials has them."""
    return frozenset(name.lower().rstrip(".") for name in re.split(r"[,\s]+", text) if name)
