"""The credential test: a real token, real calls, and a verdict in words that the district's people can act on."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

import msgspec

from oneroster_operator.oneroster import advice
from oneroster_operator.oneroster.abilities import Abilities, go_on_after, tried
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.asking import Asker, FirstRow, kind
from oneroster_operator.oneroster.base_urls import Base, other_bases
from oneroster_operator.oneroster.calls import Service
from oneroster_operator.oneroster.errors import DistrictError, Malformed, Refused, Stage, Unreachable
from oneroster_operator.oneroster.records import Collection
from oneroster_operator.oneroster.retry import Retrying
from oneroster_operator.oneroster.wire import UNDECODABLE

PROBE_SECONDS: Final = 60.0
"""The longest that a test takes: one slow server shall not hold up the tests of others."""
ABILITIES_SHARE: Final = 0.25
"""Of that time, at most, for what no verdict depends on."""

Outcome = Literal["Accepted", "Refused", "Unreachable"]
Reached = Stage | Literal["abilities", "done"]

_NOT_SHARED: Final = frozenset({"Forbidden", "NotFound", "InsufficientScope"})
_MAYBE_WRONG_PATH: Final = frozenset({"NotFound", "NotJSON", "Redirected", "UnexpectedShape", "InvalidJSON"})
_UNKNOWN_THERE: Final = frozenset({"InvalidCredentials", "TokenRejected", "ClockSkew"})

_OTHERS: Final = (
    Collection.ACADEMIC_SESSIONS,
    Collection.COURSES,
    Collection.CLASSES,
    Collection.ENROLLMENTS,  # last: its total is wanted
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found. `reason` is "Accepted" or the error's; `message` says what was seen and what to do.

    `stage` is where the way ended: "done" where nothing failed, "abilities" where the connection is accepted and
    not all of them could be tried. `evidence` has host and path of each thing asked, and in a word what came.
    `authentication` says how we were known ("OAuth2 (Basic)"), `granted_scopes` what the token is for; both are
    empty where we did not get as far.
    """

    outcome: Outcome
    reason: str
    message: str
    stage: Reached
    evidence: tuple[str, ...]
    authentication: str
    granted_scopes: tuple[str, ...]
    abilities: Abilities


@dataclass(frozen=True, slots=True)
class _Finding:
    """The part of a verdict that the ladder leads to."""

    outcome: Outcome
    reason: str
    message: str
    stage: Reached
    abilities: Abilities = field(default_factory=Abilities)


async def examine(
    service: Service, version: Version, retrying: Retrying, *, seconds: float = PROBE_SECONDS
) -> Verdict:
    """Climb from the name to what the service can do, for at most `seconds`. Never raises `DistrictError`.

    A refusal of a collection other than orgs is for the categories that need it to report.
    """
    asker = Asker(service, version, retrying)
    found = await _climb(asker, asyncio.get_running_loop().time() + seconds, seconds * ABILITIES_SHARE)
    return Verdict(
        found.outcome,
        found.reason,
        found.message,
        found.stage,
        tuple(asker.evidence),
        authentication=service.authentication,
        granted_scopes=service.granted_scopes,
        abilities=found.abilities,
    )


async def _climb(asker: Asker, deadline: float, to_spare: float) -> _Finding:
    try:
        orgs = await _until(deadline, asker, asker.first(Collection.ORGS))
    except Unreachable as error:
        return _ended(error)
    except DistrictError as refusal:
        return await _best_told(deadline, asker, refusal, _explained(asker, refusal))
    try:
        users = await _until(deadline, asker, _users(asker))
    except DistrictError as error:
        return _ended(error)
    if isinstance(users, FirstRow):
        spoken = _spoken(users)
        if spoken not in {None, asker.version}:
            mismatch = advice.other_version(users.where, asker.version, None)
            return await _best_told(deadline, asker, mismatch, _declared_version(asker, users.where))
    last = min(deadline, asyncio.get_running_loop().time() + to_spare)
    return await _accepted(last, asker, orgs, users)


async def _until(deadline: float, asker: Asker, asked: Awaitable[_T]) -> _T:
    """What was asked for; raises `Unreachable` where it does not come in time."""
    try:
        async with asyncio.timeout_at(deadline):
            return await asked
    except TimeoutError:
        message = "The test was not over in time: the district's service is too slow, or too much is asked of it."
        raise Unreachable("Timeout", message, "token" if asker.service.lacks_token else "call") from None


def _ended(error: DistrictError) -> _Finding:
    if isinstance(error, Unreachable):
        return _Finding("Unreachable", error.reason, advice.outage(error), error.stage)
    return _Finding("Refused", error.reason, error.message, error.stage)


async def _best_told(
    deadline: float, asker: Asker, refusal: DistrictError, telling: Awaitable[DistrictError]
) -> _Finding:
    """A refusal that tells more, where that is found in time; an outage meanwhile does not undo it."""
    with suppress(Unreachable):
        refusal = await _until(deadline, asker, telling)
    return _ended(refusal)


async def _users(asker: Asker) -> FirstRow | Refused:
    try:
        return await asker.first(Collection.USERS)
    except Refused as refused:
        if refused.reason not in _NOT_SHARED:
            raise
        return refused


async def _explained(asker: Asker, refusal: DistrictError) -> DistrictError:
    """What a refusal of the orgs means, by what else the server answers. Raises `Unreachable`."""
    if refusal.stage not in {"call", "shape"}:
        return refusal
    where, sent = asker.where(Collection.ORGS), kind(asker.heard) if asker.heard else ""
    if refusal.reason in {"Forbidden", "NotFound"}:
        try:
            await asker.first(Collection.USERS)
        except (Refused, Malformed):
            pass
        else:
            return advice.orgs_alone(where, refusal)
    if refusal.reason == "Forbidden":
        return advice.forbidden(where, refusal, sent, asker.service.granted_scopes)
    if refusal.reason not in _MAYBE_WRONG_PATH:
        return refusal
    found = await _elsewhere(asker, other_bases(asker.service.base, asker.version))
    if found is None:
        return advice.nowhere(where, refusal)
    return advice.found_elsewhere(where, refusal, found.url, found.version, asker.version)


async def _declared_version(asker: Asker, where: str) -> Refused:
    """What to do where the other version than the declared one is spoken. Raises `Unreachable`."""
    bases = other_bases(asker.service.base, asker.version)
    found = await _elsewhere(asker, [base for base in bases if base.version == asker.version])
    proven = found is not None and found.version == asker.version
    return advice.other_version(where, asker.version, found.url if found and proven else None)


async def _elsewhere(asker: Asker, bases: list[Base]) -> Base | None:
    """The first base that answers, with the version that is spoken there. Raises `Unreachable`."""
    for base in bases:
        try:
            await asker.first(Collection.ORGS, base.url)
        except (Refused, Malformed) as refusal:
            if refusal.reason in _UNKNOWN_THERE:
                return None  # no more tries: accounts get locked
            continue
        with suppress(Refused, Malformed):
            users = await asker.first(Collection.USERS, base.url)
            return Base(base.url, _spoken(users) or base.version)
        return base
    return None


class _Marks(msgspec.Struct):
    """What tells a 1.1 user from a 1.2 user; the values are not looked at."""

    role: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    roles: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _spoken(users: FirstRow) -> Version | None:
    """The version that has users like the first; None where that does not tell."""
    try:
        marks = msgspec.json.decode(users.rows[0], type=_Marks)
    except (IndexError, *UNDECODABLE):
        return None
    spoken: dict[tuple[bool, bool], Version] = {(True, False): "1.1", (False, True): "1.2"}
    return spoken.get((marks.role is not msgspec.UNSET, marks.roles is not msgspec.UNSET))


async def _accepted(deadline: float, asker: Asker, orgs: FirstRow, users: FirstRow | Refused) -> _Finding:
    """What else is to be told of a connection that works. No failure from here on changes that it does."""
    not_shared: dict[Collection, DistrictError] = {}
    listed = Collection.ORGS
    if isinstance(users, Refused):
        not_shared[Collection.USERS] = users
    elif users.rows:
        listed = Collection.USERS
    stage: Reached = "abilities"
    abilities = Abilities()
    with suppress(TimeoutError, Unreachable):
        async with asyncio.timeout_at(deadline):
            for collection in _OTHERS:
                enrolled = None
                try:
                    enrolled = (await asker.first(collection)).total
                except Unreachable as outage:
                    go_on_after(outage)
                except DistrictError as refusal:
                    not_shared[collection] = refusal
            async for known in tried(asker.service, asker.version, listed, enrolled, asker.retrying):
                abilities = known
            stage = "done"
    message = advice.accepted(len(orgs.rows), not_shared, abilities)
    return _Finding("Accepted", "Accepted", message, stage, abilities)
