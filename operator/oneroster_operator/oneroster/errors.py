"""What can go wrong between us and a district, told apart by who can mend it.

An outage is never a refusal: `Unreachable` may pass by itself, `Refused` needs a person. No error carries a body,
a query, a header or a credential, and none is chained to a library's exception that does.
"""

from typing import Literal

Stage = Literal["name", "connection", "tls", "token", "call", "shape", "version", "paging"]
"""What did not go well; those before it did, as far as they were tried. "name" is the host in the URL."""

RefusedReason = Literal[
    "InvalidEndpoint",
    "HostNotAllowed",
    "AddressRefused",
    "InvalidCABundle",
    "CertificateNotTrusted",
    "InvalidCredentials",
    "TokenRejected",
    "ClockSkew",
    "InsufficientScope",
    "Forbidden",
    "NotFound",
    "NotJSON",
    "Redirected",
    "BadRequest",
    "RequestRefused",
    "VersionMismatch",
]
UnreachableReason = Literal["DistrictUnreachable", "Timeout", "RateLimited", "DistrictError"]
MalformedReason = Literal["UnexpectedShape", "InvalidJSON", "ResponseTooLarge"]
InconsistentReason = Literal[
    "RepeatedPage", "NoProgress", "EndlessCollection", "OffOriginLink", "PermissionsChanged", "Unproven"
]


class DistrictError(Exception):
    """A call to a district that brought no usable answer.

    `reason` is a CamelCase word fit for the reason of a Kubernetes condition; `message` is one sentence that says
    who can mend it and what to change, and names at most host and path.
    """

    def __init__(self, reason: str, message: str, stage: Stage) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.stage = stage


class Refused(DistrictError):
    """The district answered, and the answer stays no until somebody changes something."""

    def __init__(self, reason: RefusedReason, message: str, stage: Stage) -> None:
        super().__init__(reason, message, stage)
        self.reason: RefusedReason = reason


class Unreachable(DistrictError):
    """No answer, or one that says "not now".

    `retry_after` is the wait in seconds that the server asked for. `heavy`: a smaller page may pass (502, 503,
    504, and no answer in time).
    """

    def __init__(
        self,
        reason: UnreachableReason,
        message: str,
        stage: Stage,
        retry_after: float | None = None,
        *,
        heavy: bool = False,
    ) -> None:
        super().__init__(reason, message, stage)
        self.retry_after = retry_after
        self.heavy = heavy


class Malformed(DistrictError):
    """The server says 200 and sends what is not OneRoster. Never taken for an empty collection."""

    def __init__(self, reason: MalformedReason, message: str, stage: Stage = "shape") -> None:
        super().__init__(reason, message, stage)


class Inconsistent(DistrictError):
    """Every answer was well-formed, but together they cannot be a whole collection."""

    def __init__(self, reason: InconsistentReason, message: str) -> None:
        super().__init__(reason, message, "paging")
