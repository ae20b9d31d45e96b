"""What can be turned while a district's server runs: limits of its pages, refusals, faults."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, Self

from tests.district.settings import HeavyStatus, RateLimit, Settings

Where = Literal["roster", "token", "everywhere"]
"""The requests that a fault meets: those of the rostering service, those for a token, or both."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The next ``times`` requests are answered with ``status``."""

    status: HTTPStatus
    times: int
    where: Where


@dataclass(slots=True)
class Behaviour:
    """Begins as the settings have it."""

    page_maximum: int | None = None
    """Clamps ``limit`` without a word."""
    heavy_above: int | None = None
    """Pages of more rows fail with ``heavy_status``."""
    heavy_status: HeavyStatus = 502
    outage: bool = False
    """Everything is answered with 503."""
    refused: set[str] = field(default_factory=set)
    """Collections answered with 403."""
    unlicensed: set[str] = field(default_factory=set)
    """Collections answered with 404, as a module that the district has not bought."""
    failure: Failure | None = None
    rate_limit: RateLimit | None = None
    requests_since_429: int = 0
    slow_seconds: float = 0
    """Every answer waits so long."""
    cuts: int = 0
    """So many of the next answers of the rostering service end in mid-body."""
    login_page: Where | None = None
    """Requests get a web page with status 200."""
    redirect: str | None = None
    """Every request is sent to this origin."""
    permission_revision: int = 1
    """What ``x-perm-rev`` tells where the server sends it."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            page_maximum=settings.paging.maximum,
            heavy_above=settings.paging.heavy_above,
            heavy_status=settings.paging.heavy_status,
            rate_limit=settings.rate_limit,
        )
