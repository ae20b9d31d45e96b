"""The collections of a version: which records each lists and how one is shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.district import fields, payloads_v1p1, payloads_v1p2
from tests.district.accounts_v1p1 import Account, accounts
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.records import RoleName, User
from tests.district.wire import Payload, References

Row = Any
"""A record, or in 1.1 an account: has sourced_id, status, modified, and fits the collection's ``show``."""


@dataclass(frozen=True, slots=True)
class Collection:
    """``plural`` and ``single`` are the keys of the envelope. ``rows`` come in the server's own, stable order."""

    plural: str
    single: str
    fields: frozenset[str]
    rows: Callable[[Population], Iterable[Row]]
    show: Callable[[Row, References, Population], Payload]


def collections(version: Version) -> dict[str, Collection]:
    """By the last part of the path. Demographics and the relationship collections are not among them."""
    users = _users_1_1() if version == "1.1" else _users_1_2()
    return _common() | _courses_and_classes(version) | users


def _common() -> dict[str, Collection]:
    def orgs(rows: Callable[[Population], Iterable[Row]]) -> Collection:
        return Collection("orgs", "org", fields.ORGS, rows, payloads_v1p2.org)

    def sessions(*kinds: str) -> Collection:
        def rows(population: Population) -> Iterable[Row]:
            return (s for s in population.academic_sessions.values() if not kinds or s.type in kinds)

        show = payloads_v1p2.academic_session
        return Collection("academicSessions", "academicSession", fields.ACADEMIC_SESSIONS, rows, show)

    return {
        "orgs": orgs(lambda population: population.orgs.values()),
        "schools": orgs(lambda population: population.schools),
        "academicSessions": sessions(),
        "terms": sessions("term"),
        "gradingPeriods": sessions("gradingPeriod"),
    }


def _courses_and_classes(version: Version) -> dict[str, Collection]:
    payloads = payloads_v1p1 if version == "1.1" else payloads_v1p2
    return {
        "courses": Collection(
            "courses",
            "course",
            fields.COURSES,
            lambda population: population.courses.values(),
            lambda row, refer, _: payloads_v1p2.course(row, refer),
        ),
        "classes": Collection(
            "classes",
            "class",
            fields.CLASSES,
            lambda population: population.classes.values(),
            lambda row, refer, _: payloads.class_(row, refer),
        ),
        "enrollments": Collection(
            "enrollments",
            "enrollment",
            fields.ENROLLMENTS,
            lambda population: population.enrollments.values(),
            payloads.enrollment,
        ),
    }


def _users_1_1() -> dict[str, Collection]:
    def users(*roles: str) -> Collection:
        def rows(population: Population) -> Iterable[Account]:
            for user in population.users.values():
                for account in accounts(user, population.today):
                    if not roles or account.role in roles:
                        yield account

        def show(row: Account, refer: References, _: Population) -> Payload:
            return payloads_v1p1.user(row, refer)

        return Collection("users", "user", fields.USERS["1.1"], rows, show)

    return {"users": users(), "students": users("student"), "teachers": users("teacher")}


def _users_1_2() -> dict[str, Collection]:
    def users(role: RoleName | None) -> Collection:
        def rows(population: Population) -> Iterable[User]:
            everyone = population.users.values()
            return (u for u in everyone if role is None or any(held.name == role for held in u.roles))

        def show(row: User, refer: References, _: Population) -> Payload:
            return payloads_v1p2.user(row, refer)

        return Collection("users", "user", fields.USERS["1.2"], rows, show)

    return {"users": users(None), "students": users("student"), "teachers": users("teacher")}
