"""What a district's server is: every switch that stays as it is while the server runs.

The defaults keep to the specification. ``behaviour`` has what can be turned meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from tests.district.fields import Version
from tests.district.quirks import require

Auth = Literal["oauth1", "oauth2"]
SignatureMethod = Literal["HMAC-SHA1", "HMAC-SHA256"]
ClientAuthentication = Literal["either", "basic", "body"]
TokenField = Literal["expires_in", "token_type", "scope"]
Totals = Literal["true", "absent", "page", "remaining"]
Links = Literal["absent", "present", "foreign", "repeated"]
Parameter = Literal["honoured", "ignored", "refused"]
Order = Literal["codepoint", "caseless", "numeric"]
ErrorStyle = Literal["specification", "plain-string", "wrapped", "bare", "text", "empty"]
HeavyStatus = Literal[502, 503, 504]
RetryAfterForm = Literal["seconds", "date"]


def scope(version: Version, name: str) -> str:
    """The URI of a scope, e.g. ``roster-core.readonly``."""
    return f"https://purl.imsglobal.org/spec/or/v{version.replace('.', 'p')}/scope/{name}"


@dataclass(frozen=True, slots=True)
class Login:
    """How a client must authenticate."""

    signature_methods: frozenset[SignatureMethod] = frozenset({"HMAC-SHA256"})
    """OAuth 1: the methods that are accepted; servers know SHA-1 only, SHA-256 only, or both."""
    client: ClientAuthentication = "either"
    """OAuth 2: where id and secret may stand in the request for a token."""
    form_encoded: bool = True
    """Whether Basic takes id and secret form-encoded (RFC 6749 section 2.3.1), or exactly as they are."""
    scope: Literal["optional", "required", "refused"] = "optional"
    """Whether a request for a token must, may or must not name scopes."""
    narrows: bool = False
    """Whether a scope beyond what may be granted is left out of the grant rather than refused."""
    reply_lacks: frozenset[TokenField] = frozenset()
    """What the token reply leaves out."""
    sticky_cookie: bool = False
    """Whether a token is known only where the cookie of its reply comes along (a load balancer's)."""


@dataclass(frozen=True, slots=True)
class Paging:
    """What pages hold and what their headers say."""

    maximum: int | None = None
    """A larger ``limit`` is clamped to this without a word."""
    default_limit: int = 100
    """Rows of a page where no ``limit`` is given."""
    total: Totals = "true"
    """X-Total-Count: right, not sent, only the page's own count, or only what is left from this offset on."""
    total_error: int = 0
    """Added to X-Total-Count."""
    count_header: bool = False
    """Whether ``x-count`` tells the page's own count besides (ClassLink)."""
    links: Links = "absent"
    """Link headers: none, as specified, with a ``next`` at another host, or with one ``next`` for ever."""
    beyond_end: Literal[200, 400, 404] = 200
    """The answer to an offset at or past the end: an empty page, or a refusal."""
    reshuffled: bool = False
    """Whether rows come in another order with each request that does not sort."""
    heavy_above: int | None = None
    """Pages of more rows than this fail as too heavy to make."""
    heavy_status: HeavyStatus = 502
    """How they fail."""


@dataclass(frozen=True, slots=True)
class Queries:
    """What becomes of ``sort``, ``filter`` and ``fields``."""

    sort: Parameter = "honoured"
    """Sorted by, passed over, or refused with 400."""
    order_by: Literal["checked", "ignored"] = "checked"
    """Whether an ``orderBy`` other than asc and desc is refused, or taken for asc (ClassLink)."""
    filter: Parameter = "honoured"
    """Selected by, passed over, or refused with 400."""
    filter_fields: Mapping[str, frozenset[str]] | None = None
    """By collection the fields that a filter may name (Ed-Fi); others are refused. None: every field."""
    filter_passes_over: frozenset[str] = frozenset()
    """Fields whose clauses let everything through, e.g. ``role`` or ``dateLastModified``."""
    filter_moved: timedelta = timedelta(0)
    """How much later than the date in a filter the one is that is compared with, as where a zone is mistaken."""
    sort_order: Order = "codepoint"
    """The collation that ``sort=sourcedId`` follows."""
    filter_order: Order = "codepoint"
    """The collation that comparisons with ``sourcedId`` follow."""
    fields: Literal["honoured", "ignored"] = "honoured"
    """Whether ``fields`` selects."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """After ``requests`` rostering requests the next one gets 429 and the count starts afresh."""

    requests: int
    retry_after: int = 1
    """Seconds that ``Retry-After`` asks to wait."""
    form: RetryAfterForm = "seconds"
    """How it says so: a number, or an HTTP date."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One server. ``scopes``: names (not URIs) of the scopes that this consumer may be granted."""

    version: Version = "1.2"
    auth: Auth = "oauth2"
    client_id: str = "learning-platform"
    scopes: frozenset[str] = frozenset({"roster-core.readonly", "roster.readonly"})
    token_seconds: int = 3600
    base_path: str | None = None
    """Path of the rostering service; None: the specification's."""
    token_path: str = "/oauth/token"
    token_query: str = ""
    """The token endpoint answers only with this query, e.g. ``appName=platform``."""
    login: Login = field(default_factory=Login)
    paging: Paging = field(default_factory=Paging)
    queries: Queries = field(default_factory=Queries)
    rate_limit: RateLimit | None = None
    permission_header: bool = False
    """Whether ``x-perm-rev`` tells the revision of what is shared with this consumer (ClassLink)."""
    errors: ErrorStyle = "specification"
    """The bodies of refusals."""
    clock_offset: timedelta = timedelta(0)
    """How far the server's clock is off: in ``Date``, and where OAuth 1 timestamps are checked."""
    quirks: tuple[str, ...] = ()
    """Names of ``quirks.QUIRKS``: who and what is shown, and how; applied in this order."""

    def __post_init__(self) -> None:
        if self.auth == "oauth1" and self.version != "1.1":
            msg = "OAuth 1 exists in OneRoster 1.1 only"
            raise ValueError(msg)
        require(self.quirks)
