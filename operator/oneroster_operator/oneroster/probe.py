"""The credential test: a real token, real calls, and a verdict in words that the district's people can act on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.decode import UNDECODABLE, raw_records
from oneroster_operator.oneroster.errors import DistrictError, Refused, Unreachable
from oneroster_operator.oneroster.records import Collection

First = Callable[[Collection], Awaitable[tuple[bytes, str]]]
"""Fetches the first row of a collection: the body, and host and path for messages. Raises `DistrictError`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found. `reason` is "Accepted" or the error's; `message` is for people.

    `authentication` says how we were known ("OAuth2 (Basic)"), `granted_scopes` what the token is for; both are
    empty where we did not get as far.
    """

    outcome: Literal["Accepted", "Refused", "Unreachable"]
    reason: str
    message: str
    authentication: str
    granted_scopes: tuple[str, ...]


class _Marks(msgspec.Struct):
    """What tells a 1.1 user from a 1.2 user; the values are not looked at."""

    role: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    roles: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict without what only the authentication knows."""

    outcome: Literal["Accepted", "Refused", "Unreachable"]
    reason: str
    message: str


async def examine(first: First, version: Version) -> Finding:
    """Read one org and one user. A refusal of /users alone is for the categories that need it to report."""
    try:
        orgs, where = await first(Collection.ORGS)
        listed = raw_records(orgs, "orgs", where)
        note = await _users(first, version)
    except Unreachable as error:
        return Finding("Unreachable", error.reason, error.message)
    except DistrictError as error:
        return Finding("Refused", error.reason, error.message)
    notes = [note, "" if listed else "It lists no org as yet."]
    return Finding(
        "Accepted", "Accepted", " ".join(["The district's service answers as it should.", *filter(None, notes)])
    )


async def _users(first: First, version: Version) -> str:
    try:
        users, where = await first(Collection.USERS)
    except Refused as refused:
        if refused.reason not in {"Forbidden", "NotFound", "InsufficientScope"}:
            raise
        return refused.message
    for raw in raw_records(users, "users", where)[:1]:
        _require_version(raw, version, where)
    return ""


def _require_version(raw: msgspec.Raw, version: Version, where: str) -> None:
    try:
        marks = msgspec.json.decode(raw, type=_Marks)
    except UNDECODABLE:
        return
    spoken = {(True, False): "1.1", (False, True): "1.2"}.get(
        (marks.role is not msgspec.UNSET, marks.roles is not msgspec.UNSET), version
    )
    if spoken != version:
        message = (
            f"{where} sends users as OneRoster {spoken} has them, but {version} is declared: declare {spoken}, or "
            f"give the address of the {version} service."
        )
        raise Refused("VersionMismatch", message, "version")
