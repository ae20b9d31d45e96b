"""Nobody gets another person's account, comes twice, or moves along, whatever numbers and links look like."""

from dataclasses import replace

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.district.records import User
from tests.platform.databases import Database
from tests.sync.by_hand import Account, make, people, sources
from tests.sync.moving import fingerprint, moved
from tests.sync.setting import STRICT, Setting, setting
from tests.sync.weekly import student, weekly

pytestmark = pytest.mark.database

STUDENTS, SCHOOL_ADMINS = Category.STUDENTS, Category.SCHOOL_ADMINS
NAMES = "SELECT id, given_name || ' ' || family_name FROM roster.users"
AT_SCHOOLS = """
SELECT school_id, count(*) FROM roster.user_roles WHERE role = 'student' AND ended_at IS NULL GROUP BY 1
"""


def without_numbers(s: Setting) -> None:
    population = s.district.population
    for user in [*population.users.values()]:
        population.put(replace(user, identifier=None, master_identifier=None))


def an_admin(s: Setting) -> User:
    return next(
        user
        for user in s.district.population.users.values()
        if user.status == "active"
        and [role.org in s.plan.links for role in user.roles] == [True]
        and user.roles[0].name in {"principal", "siteAdministrator", "administrator"}
    )


async def test_numbers_that_begin_anew_at_another_service_are_other_peoples(database: Database) -> None:
    async with setting(database) as s:
        population = s.district.population
        without_numbers(s)
        students = people(s, "student")
        for number, user in enumerate(students):
            population.put(replace(user, identifier=f"n{number:04}"))
        await s.one(STUDENTS)
        before = dict(s.query(NAMES))
        for number, user in enumerate(students):
            population.put(replace(user, identifier=f"n{(number + 1) % len(students):04}"))
        async with moved(s, "ids-hashed"):
            record = await s.one(STUDENTS)
            after = dict(s.query(NAMES))
        assert record.outcome is Outcome.HELD
        assert {id_: after[id_] for id_ in before} == before


async def test_an_account_that_may_be_that_of_somebody_at_an_unlinked_school_is_nobody_elses(
    database: Database,
) -> None:
    async with setting(database, unlinked=["0104"]) as s:
        population = s.district.population
        ada = people(s, "student")[0]
        other = next(
            user
            for user in population.users.values()
            if user.status == "active" and [(r.name, r.org) for r in user.roles] == [("student", "0104")]
        )
        population.put(replace(ada, master_identifier=None))
        population.put(replace(other, identifier=ada.identifier, master_identifier=None))
        account = Account("own", ada.identifier, roles=(("student", "sch_0104"),))
        (id_,) = make(s, account)
        await s.one(STUDENTS)
        assert sources(s, [id_]) == [None]


async def test_a_delta_that_shows_one_of_two_links_neither(database: Database) -> None:
    async with weekly(database) as w:
        one, two = student(w, 0), student(w, 1)
        for user in (one, two):
            w.put(user, identifier="same", master_identifier=None)
        (id_,) = make(w.s, Account("own", "same"))
        for day in range(23):
            w.wait(days=1)
            if day > 14:
                w.put(w.population.users[one.sourced_id], grades=("05",) if day % 2 else ("06",))
            await w.one(STUDENTS)
            assert sources(w.s, [id_]) == [None]


async def test_a_delta_of_one_category_does_not_link_what_another_kind_of_person_may_be(
    database: Database,
) -> None:
    async with weekly(database) as w:
        w.s.change(categories=(SCHOOL_ADMINS,))
        w.put(people(w.s, "teacher")[0], identifier="same", master_identifier=None)
        (id_,) = make(w.s, Account("own", "same", roles=(("teacher", "sch_0101"),)))
        for _ in range(5):
            w.wait(days=1)
            await w.one(SCHOOL_ADMINS)
        new = {"identifier": "same", "master_identifier": None, "username": "brand.new", "email": None}
        w.put(an_admin(w.s), sourced_id="new-admin", **new)
        w.wait(hours=20)
        await w.one(SCHOOL_ADMINS)
        assert sources(w.s, [id_]) == [None]


async def test_a_pull_of_one_role_does_not_link_what_another_role_may_be(database: Database) -> None:
    async with setting(database, "1.1") as s:
        population = s.district.population
        for user in (people(s, "teacher")[0], an_admin(s)):
            population.put(replace(user, identifier="same", master_identifier=None))
        (id_,) = make(s, Account("own", "same", roles=(("teacher", "sch_0101"),)))
        await s.one(SCHOOL_ADMINS)
        assert sources(s, [id_]) == [None]


async def test_a_run_that_died_after_it_linked_is_made_up_for_by_the_next(database: Database) -> None:
    async with setting(database) as s:
        students = people(s, "student")
        make(s, *[Account(f"own.{number}", user.identifier) for number, user in enumerate(students)])
        with psycopg.connect(s.database.admin_url) as admin:
            for user in students:
                admin.execute(
                    "UPDATE roster.users SET sourced_id = %s WHERE identifier = %s",
                    [user.sourced_id, user.identifier],
                )
        record = await s.one(STUDENTS)
        assert record.outcome is Outcome.SUCCEEDED


async def test_where_the_former_stay_because_of_the_mode_nobody_comes_twice(database: Database) -> None:
    async with setting(database) as s:
        population = s.district.population
        without_numbers(s)
        await s.one(STUDENTS)
        active = "SELECT count(*) FROM roster.users WHERE active"
        before = s.count(active)
        for user in [*population.users.values()]:
            if user.username:
                population.put(replace(user, username=f"{user.username}@springfield.example"))
        async with moved(s, "ids-hashed"):
            s.change(limits=msgspec.structs.replace(STRICT, additions_only=True))
            record = await s.one(STUDENTS)
        assert "stand beside rows of the former endpoint" in record.message
        assert s.count(active) == before


async def test_back_at_the_former_endpoint_everybody_is_known(database: Database) -> None:
    async with setting(database) as s:
        without_numbers(s)
        await s.one(STUDENTS)
        back = fingerprint(s.plan.endpoint)
        async with moved(s, "ids-hashed"):
            assert (await s.one(STUDENTS)).outcome is Outcome.HELD
        s.change(approved_identity=back)
        record = await s.one(STUDENTS)
        assert (record.outcome, record.created, record.removed) == (Outcome.SUCCEEDED, 0, 0)


async def test_a_corrected_link_does_not_take_along_what_is_of_a_former_endpoint(database: Database) -> None:
    async with setting(database, unlinked=["0104"]) as s:
        without_numbers(s)
        await s.one(STUDENTS)
        async with moved(s, "ids-hashed") as other:
            right = dict(s.plan.links)
            of_103 = next(sourced_id for sourced_id, school in right.items() if school == "sch_0103")
            of_104 = dict(zip(s.district.population.orgs, other.shown.orgs, strict=True))["0104"]
            wrong = {sourced_id: school for sourced_id, school in right.items() if sourced_id != of_103}
            s.change(links=wrong | {of_104: "sch_0103"})
            await s.one(STUDENTS)
            s.change(links=right | {of_104: "sch_0104"})
            await s.one(STUDENTS)
            assert dict(s.query(AT_SCHOOLS)).get("sch_0104", 0) == 0
