"""How a district's server is set up, and what can be turned while it runs."""

from dataclasses import dataclass, field
from typing import Literal

from tests.district.fields import Version

Auth = Literal["oauth1", "oauth2"]


def scope(version: Version, name: str) -> str:
    """The URI of a scope, e.g. ``roster-core.readonly``."""
    return f"https://purl.imsglobal.org/spec/or/v{version.replace('.', 'p')}/scope/{name}"


@dataclass(frozen=True, slots=True)
class Settings:
    """``scopes``: names (not URIs) of the scopes that this consumer may be granted."""

    version: Version = "1.2"
    auth: Auth = "oauth2"
    client_id: str = "learning-platform"
    scopes: frozenset[str] = frozenset({"roster-core.readonly", "roster.readonly"})
    token_seconds: int = 3600

    def __post_init__(self) -> None:
        if self.auth == "oauth1" and self.version != "1.1":
            msg = "OAuth 1 exists in OneRoster 1.1 only"
            raise ValueError(msg)


@dataclass(slots=True)
class Behaviour:
    """``page_maximum`` clamps ``limit`` silently; ``refused`` are collections answered with 403."""

    page_maximum: int | None = None
    outage: bool = False
    refused: set[str] = field(default_factory=set)
