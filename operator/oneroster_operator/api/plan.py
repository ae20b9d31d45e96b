"""The plan: all that a sync pod is told, in one file that holds nothing secret.

The operator writes it into an immutable ConfigMap; the pod reads it from a mounted file. The credentials and
the platform's URL are mounted beside it from their Secrets and are no part of it.
"""

import hashlib
import json
from typing import Literal, TypeVar

import msgspec

from oneroster_operator.api.category import Category

PLAN_FILE = "/etc/oneroster/plan/plan.json"
CREDENTIALS_DIRECTORY = "/etc/oneroster/credentials"
PLATFORM_DIRECTORY = "/etc/oneroster/platform"
TERMINATION_LOG = "/dev/termination-log"
JOB_NAME_VARIABLE = "JOB_NAME"
"""Holds the name of the pod's Job. A scheduled one ends in the minute of its slot since 1970."""

CLIENT_ID_KEY = "clientId"
CLIENT_SECRET_KEY = "clientSecret"  # noqa: S105 - the name of a key, not a secret
ALLOWED_HOSTS_KEY = "allowedHosts"
"""Optional: host names, separated by commas or lines; the credentials are sent to no other."""
SYNC_URL_KEY = "syncUrl"
OPERATOR_URL_KEY = "operatorUrl"


class Endpoint(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Where and how the district's OneRoster service is reached."""

    url: str
    version: str
    """"1.1" or "1.2"."""
    auth_type: str
    """"OAuth1" or "OAuth2"."""
    token_url: str | None = None
    scopes: tuple[str, ...] = ()
    ca_bundle: str | None = None
    """PEM certificates trusted besides the system's."""


class Limits(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a single run may change without a person (`spec.safety`)."""

    max_removed_percent: int
    removed_floor: int
    max_changed_percent: int
    max_new_admins: int
    additions_only: bool = False
    """Ends and deactivations are counted and not written (`spec.safety.mode`)."""


class Plan(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """What to sync from where, for which schools, within which limits."""

    connection: str
    """Namespace and name of the connection, which has to own the district."""
    district_id: str
    endpoint: Endpoint
    links: dict[str, str]
    """The platform's school id by the district's sourcedId; a school that is not here is not synced."""
    categories: tuple[Category, ...]
    limits: Limits
    time_zone: str
    """IANA name; role and enrollment dates are judged on this zone's today."""
    run_seconds: int
    """The pod's own deadline, shorter than its Job's."""
    lock_wait_seconds: int
    """How long a run waits for another one of the same district."""
    district_org: str | None = None
    """sourcedId of the district's own org; without it nobody becomes a district admin."""
    cluster: str = ""
    """uid of the connection's cluster, by which the platform knows it; a plan made by hand has none."""
    accepted_admins: dict[Category, int] = {}
    """Administrator roles, one for each person and school, that the confirmed preview showed: so many pass."""
    approvals: tuple[str, ...] = ()
    """Fingerprints of holds that are let through, once."""
    discards: tuple[str, ...] = ()
    """Fingerprints of holds that stay withheld without being reported any more."""
    approved_identity: str = ""
    """`identity_fingerprint` of an endpoint that a person lets the district move to, from another one."""
    full: Literal["Always", "Weekly"] = "Always"
    """Whether every run asks for all of a category, or only for what changed, but once a week (`spec.sync`)."""


_P = TypeVar("_P", bound=Plan)


def encode_plan(plan: Plan) -> str:
    """The plan as JSON, always the same for the same plan."""
    return msgspec.json.encode(plan, order="deterministic").decode()


def decode_plan(text: bytes | str, kind: type[_P]) -> _P:
    """The plan from its file, as `Plan` or as a kind of it that says more.

    Raises `msgspec.ValidationError` or `msgspec.DecodeError` for one that this version does not understand.
    """
    return msgspec.json.decode(text, type=kind)


def identity_fingerprint(url: str, version: str) -> str:
    """Of a service: another address or version of it may give the same ids to other schools and people."""
    return digest(json.dumps({"url": url, "version": version}, sort_keys=True))


def digest(text: str) -> str:
    """Ten hexadecimal digits that stand for the text in names and annotations."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
