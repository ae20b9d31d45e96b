"""The pod's mounted files as typed inputs, read once; a Secret that lacks a key is told, not a traceback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from oneroster_operator.api.plan import (
    ALLOWED_HOSTS_KEY,
    CLIENT_ID_KEY,
    CLIENT_SECRET_KEY,
    CREDENTIALS_DIRECTORY,
    PLATFORM_DIRECTORY,
    SYNC_URL_KEY,
    Plan,
    decode_plan,
)
from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import Endpoint, OAuth1, OAuth2, hosts_in
from oneroster_operator.oneroster.addresses import Networks

_CREDENTIALS = "credentials Secret (spec.auth.secretRef)"
_PLATFORM = "platform Secret (spec.platformRef)"


class Unusable(Exception):
    """A mounted file that a run cannot be made from; `message` is one sentence without the file's content."""

    def __init__(self, reason: str, message: str, outcome: Outcome = Outcome.FAILED) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.outcome = outcome


class Config(Plan, frozen=True, kw_only=True):
    """A plan which may also say where its secrets are, for who runs it outside of a pod.

    Directories with a file for each key, relative to the plan's own.
    """

    credentials: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How the district and the platform are reached."""

    endpoint: Endpoint
    credentials: OAuth1 | OAuth2
    sync_url: str = field(repr=False)
    allowed_networks: Networks
    """Private, link-local and loopback networks that the district may be in."""


def read_plan(file: Path) -> tuple[Config, ZoneInfo]:
    """The plan and its time zone.

    Raises `Unusable`, whose cause, if any, says where in the file; a missing one is a plan that another replaced.
    """
    try:
        plan = decode_plan(file.read_bytes(), Config)
    except FileNotFoundError:
        raise Unusable(
            "PlanMissing",
            "The plan that this run was made for is gone, another has taken its place: nothing was done.",
            Outcome.SKIPPED,
        ) from None
    except OSError:
        raise _plan_unusable("it cannot be read") from None
    except msgspec.MsgspecError as error:
        raise _plan_unusable("it cannot be read") from error
    try:
        return plan, ZoneInfo(plan.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _plan_unusable(f"its time zone {plan.time_zone!r} is none of the IANA's") from None


def credentials_directory(given: Path | None, file: Path, config: Config) -> Path:
    """Where the credentials are: as given, else as the plan in `file` says, else where a pod has them."""
    return given or _beside(file, config.credentials) or Path(CREDENTIALS_DIRECTORY)


def platform_directory(given: Path | None, file: Path | None, config: Config | None) -> Path:
    """Where the platform's URL is: as given, else as the plan in `file` says, else where a pod has it."""
    return given or (file and config and _beside(file, config.platform)) or Path(PLATFORM_DIRECTORY)


def _beside(file: Path, directory: str | None) -> Path | None:
    return None if directory is None else file.parent / directory


def read_sync_url(platform: Path) -> str:
    """The URL of the platform's database. Raises `Unusable`."""
    return _value(platform, SYNC_URL_KEY, _PLATFORM)


def read_access(plan: Plan, credentials: Path, platform: Path, allowed_networks: Networks) -> Access:
    """Both Secrets, as the plan uses them. Raises `Unusable`."""
    version = _VERSIONS.get(plan.endpoint.version)
    if version is None:
        raise _plan_unusable("its version of OneRoster is neither 1.1 nor 1.2")
    return Access(
        Endpoint(plan.endpoint.url, version, plan.endpoint.ca_bundle),
        _credentials(plan, credentials),
        read_sync_url(platform),
        allowed_networks,
    )


_VERSIONS: Mapping[str, Literal["1.1", "1.2"]] = {"1.1": "1.1", "1.2": "1.2"}


def _credentials(plan: Plan, directory: Path) -> OAuth1 | OAuth2:
    client_id = _value(directory, CLIENT_ID_KEY, _CREDENTIALS)
    client_secret = _value(directory, CLIENT_SECRET_KEY, _CREDENTIALS)
    pinned = _text(directory, ALLOWED_HOSTS_KEY, _CREDENTIALS)
    hosts = None if pinned is None else hosts_in(pinned)
    match plan.endpoint.auth_type, plan.endpoint.token_url:
        case "OAuth1", _:
            return OAuth1(client_id, client_secret, hosts)
        case "OAuth2", str(token_url):
            return OAuth2(client_id, client_secret, token_url, plan.endpoint.scopes, hosts)
    raise _plan_unusable("its kind of authentication is neither OAuth1 nor OAuth2 with a token URL")


def _value(directory: Path, key: str, secret: str) -> str:
    value = _text(directory, key, secret)
    if not value:
        raise Unusable(
            "SecretKeyMissing", f"The {secret} is missing, or its key {key} is missing or empty: add the key."
        )
    return value


def _text(directory: Path, key: str, secret: str) -> str | None:
    """A Secret's value, if it has the key; the line end that editors and `echo` leave is not part of it."""
    try:
        return (directory / key).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise Unusable(
            "SecretKeyUnusable", f"Key {key} of the {secret} cannot be read as text: write it anew."
        ) from None


def _plan_unusable(why: str) -> Unusable:
    return Unusable(
        "PlanUnusable",
        f"The plan cannot be used, {why}: operator and sync image should be of one version.",
    )
