"""Mornings that nobody wants, each by its name: what the platform holds afterwards, and what the run says."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.runs import RunRecord
from oneroster_operator.sync.pipeline import Invocation
from oneroster_operator.sync.run import Run
from tests.district.expected import expected
from tests.district.population import Population
from tests.district.quirks import viewed
from tests.district.records import Class, Course, Enrollment, Role, RoleName, User
from tests.platform.databases import Database, add_district
from tests.sync.bent import bent
from tests.sync.by_hand import Account, make, roles_by_hand, rows, sources
from tests.sync.by_hand import people as by_hand_people
from tests.sync.holding import Holding, current, holding
from tests.sync.moving import fingerprint, moved
from tests.sync.setting import DISTRICT, LOOSE, TODAY, Setting, held, noon, setting

pytestmark = pytest.mark.database

BLAMELESS = {Outcome.SUCCEEDED}


async def synced(s: Setting) -> Holding:
    """What the platform holds after a first sync."""
    assert {record.outcome for record in await s.sync()} == BLAMELESS
    return holding(s.database.admin_url)


def outcomes(records: Iterable[RunRecord]) -> list[tuple[Outcome, str]]:
    return [(record.outcome, record.reason) for record in records]


def people(population: Population, role: RoleName) -> list[User]:
    return [user for user in population.users.values() if user.roles[0].name == role]


def says_nothing_personal(s: Setting, records: Iterable[RunRecord], log: pytest.LogCaptureFixture) -> None:
    """Neither what the runs report nor what the database keeps of them nor the log names a person."""
    told = [msgspec.json.encode(record).decode() for record in records]
    told += [str(row) for row in s.query("SELECT to_jsonb(run)::text FROM roster.sync_runs AS run")]
    text = "\n".join([*told, log.text])
    for user in s.district.population.users.values():
        for value in (user.sourced_id, user.username, user.email, f"{user.given_name} {user.family_name}"):
            assert not value or value not in text, "a run names a person"


async def test_an_empty_answer(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with setting(database, limits=LOOSE) as s:
        before = await synced(s)

        def nobody(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            records.clear()
            headers["X-Total-Count"] = "0"

        async with bent(s, nobody):
            records = await s.sync()
        assert outcomes(records) == [(Outcome.HELD, "EmptyAnswer")] * 5
        assert holding(database.admin_url) == before
        assert "the district must check what it shares" in records[0].message
        says_nothing_personal(s, records, caplog)


@pytest.mark.parametrize("total", ["honest", "absent"])
async def test_half_a_roster(database: Database, total: str, caplog: pytest.LogCaptureFixture) -> None:
    async with setting(database) as s:
        before = await synced(s)
        everyone = list(s.district.population.users.values())
        for user in everyone[::2]:
            s.district.population.remove(user)
        for enrollment in list(s.district.population.enrollments.values())[::2]:
            s.district.population.remove(enrollment)

        def without_a_total(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            headers.pop("X-Total-Count", None)

        if total == "absent":
            async with bent(s, without_a_total):
                records = await s.sync()
        else:
            records = await s.sync()
        assert {record.outcome for record in records} == {Outcome.HELD}
        assert holding(database.admin_url) == before
        assert sum(record.withheld for record in records) > 100
        says_nothing_personal(s, records, caplog)


async def test_half_a_roster_that_breaks_off_and_says_so(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The total is of the whole, and half of it never comes."""
    async with setting(database) as s:
        before = await synced(s)

        def half(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            del records[len(records) // 2 :]

        async with bent(s, half):
            records = await s.sync()
        assert {record.outcome for record in records} <= {Outcome.DISTRICT_FAILED, Outcome.SUCCEEDED}
        assert records[0].removed == 0
        assert holding(database.admin_url) == before
        says_nothing_personal(s, records, caplog)


def renamed(s: Setting, *quirks: str) -> None:
    """Every record but the schools and the district gets another sourcedId."""
    population = s.district.population
    orgs = list(population.orgs.values())
    other = viewed(quirks, population)
    back = dict(zip(other.orgs, population.orgs, strict=True))
    for kind in ("users", "classes", "courses", "enrollments", "academic_sessions", "orgs"):
        for record in list(getattr(population, kind).values()):
            population.remove(record)
    for org in orgs:
        population.put(org)
    for record in other.records():
        match record:
            case User():
                roles = tuple(replace(role, org=back[role.org]) for role in record.roles)
                population.put(replace(record, roles=roles))
            case Class() | Enrollment():
                population.put(replace(record, school=back[record.school]))
            case Course():
                population.put(replace(record, org=back[record.org]))
            case _ if record.sourced_id not in back:
                population.put(record)


async def test_all_ids_renamed(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Who is gone and who is new are the same people: neither half may be written without the other."""
    async with setting(database) as s:
        before = await synced(s)
        renamed(s, "ids-hashed")
        records = await s.sync()
        assert {record.outcome for record in records} == {Outcome.HELD}
        assert {record.reason for record in records} == {"IdsChanged"}
        assert holding(database.admin_url) == before, "nobody is there twice"
        says_nothing_personal(s, records, caplog)


async def test_one_school_of_forty_gone(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    population = Population.generate(7, today=TODAY, schools=40, students_per_school=30)
    async with setting(database, population=population) as s:
        before = await synced(s)
        students = s.per_school("user_roles", "role = 'student' AND ended_at IS NULL")
        closed = sorted(students, key=lambda school: students[school])[len(students) // 2]
        assert s.plan.limits.removed_floor < students[closed] < sum(students.values()) / 20
        s.district.controls.close_school(closed)
        records = await s.sync(Category.STUDENTS, Category.CLASS_ROSTERS)
        assert {record.outcome for record in records} == {Outcome.HELD}
        assert {record.reason for record in records} <= {"SchoolEmptied", "SchoolRemovalsHeld"}
        assert all(f"school sch_{closed}" in record.message for record in records)
        assert holding(database.admin_url) == before
        says_nothing_personal(s, records, caplog)


async def test_nine_percent_an_hour(database: Database) -> None:
    """Each run is within the limit of ten; together they are not."""
    async with setting(database) as s:
        await synced(s)
        memberships = "SELECT count(*) FROM roster.user_roles WHERE role = 'student' AND ended_at IS NULL"
        at_first = s.count(memberships)
        held_runs = 0
        for hour in range(1, 7):
            students = people(s.district.population, "student")
            for student in students[: len(students) * 9 // 100]:
                s.district.population.remove(student)
            (record,) = await at(s, noon() + dt.timedelta(hours=hour), Category.STUDENTS)
            held_runs += record.outcome is Outcome.HELD
        assert held_runs >= 4
        left = s.count(memberships)
        assert left >= at_first - max(
            at_first * s.plan.limits.max_removed_percent // 100, s.plan.limits.removed_floor
        )


async def at(s: Setting, now: dt.datetime, *categories: Category) -> list[RunRecord]:
    s.jobs += 1
    invocation = Invocation(s.plan, f"job-{s.jobs}", False, lambda: now)
    run = Run(invocation, s.access, ZoneInfo(s.plan.time_zone), categories)
    await run.work()
    return run.records


async def test_all_teachers_marked_tobedeleted(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with setting(database) as s:
        before = await synced(s)
        for user in list(s.district.population.users.values()):
            if any(role.name == "teacher" for role in user.roles):
                s.district.population.put(replace(user, status="tobedeleted"))
        (record,) = await s.sync(Category.TEACHER_ASSIGNMENTS)
        assert outcomes([record]) == [(Outcome.HELD, "CategoryEmptied")]
        assert holding(database.admin_url) == before
        assert "set spec.safety.maxRemovedPercent to 100" in record.message
        says_nothing_personal(s, [record], caplog)


async def test_all_staff_administrators_as_infinite_campus_has_them(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """1.1 of this product gives the role to whoever does not teach."""
    population = Population.generate(7, today=TODAY, schools=6, students_per_school=200)
    async with setting(database, "1.1", population=population) as s:
        preview = await s.sync(Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS, dry_run=True)
        s.change(accepted_admins={record.category: record.total for record in preview})
        before = await synced(s)
        quirky(s, "staff-as-administrators")
        records = await s.sync(Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS)
        assert outcomes(records) == [(Outcome.HELD, "NewAdminsHeld"), (Outcome.SUCCEEDED, "")]
        assert records[0].withheld == records[0].new_admins > s.plan.limits.max_new_admins
        assert holding(database.admin_url) == before
        says_nothing_personal(s, records, caplog)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_everybody_an_administrator(database: Database, version: Any) -> None:
    async with setting(database, version) as s:
        s.change(accepted_admins={})
        s.change(
            accepted_admins={r.category: r.total for r in await s.sync(dry_run=True) if r.category.grants_admin}
        )
        before = await synced(s)
        for user in list(s.district.population.users.values()):
            roles = tuple(Role("siteAdministrator", role.org) for role in user.roles)
            s.district.population.put(replace(user, roles=roles))
        records = {record.category: record for record in await s.sync()}
        assert records[Category.STUDENTS].outcome is Outcome.HELD
        assert records[Category.TEACHER_ASSIGNMENTS].outcome is Outcome.HELD
        assert records[Category.SCHOOL_ADMINS].reason == "NewAdminsHeld"
        assert records[Category.DISTRICT_ADMINS].reason == ("CategoryEmptied" if version == "1.2" else "")
        assert holding(database.admin_url) == before


def quirky(s: Setting, *quirks: str) -> None:
    """The server has these quirks from now on."""
    district = s.district.district
    with district.lock:
        district.settings = replace(district.settings, quirks=quirks)
        district.population.revision += 1


async def test_one_of_three_district_admins_dismissed(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with setting(database) as s:
        before = await synced(s)
        admins = [
            user
            for user in s.district.population.users.values()
            if any(role.name == "districtAdministrator" for role in user.roles)
        ]
        assert len(admins) == 3
        dismissed = next(user for user in admins if len(user.roles) == 1)
        s.district.population.put(replace(dismissed, status="tobedeleted"))
        (record,) = await s.sync(Category.DISTRICT_ADMINS)
        assert (record.outcome, record.removed, record.total) == (Outcome.SUCCEEDED, 1, 2)
        after = holding(database.admin_url)
        gone = current(before["user_roles"]) - current(after["user_roles"])
        assert [(row[0], row[1]) for row in gone] == [(dismissed.sourced_id, "districtAdmin")]
        assert {row[0] for row in before["users"] - after["users"]} == {dismissed.sourced_id}, "is not active"
        says_nothing_personal(s, [record], caplog)


async def test_usernames_blank(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with setting(database) as s:
        before = await synced(s)

        def blank(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            for record in records:
                if collection == "users":
                    record["username"] = ""

        async with bent(s, blank):
            records = await s.sync(*(c for c in Category if c is not Category.CLASS_ROSTERS))
        assert records[0].reason == "ChangesHeld"
        after = holding(database.admin_url)
        students = {row[0] for row in before["user_roles"] if row[1] == "student"}
        assert {row for row in after["users"] if row[0] in students} == {
            row for row in before["users"] if row[0] in students
        }
        assert after["user_roles"] == before["user_roles"]
        assert after["enrollments"] == before["enrollments"]
        says_nothing_personal(s, records, caplog)


@pytest.mark.parametrize("newest", ["first", "last"])
async def test_the_same_person_twice(database: Database, newest: str) -> None:
    async with setting(database) as s:
        before = await synced(s)
        students = [row[0] for row in current(before["user_roles"]) if row[1] == "student"]
        names = set(sorted(students)[:5])

        def repeat(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            if collection != "users":
                return
            for record in [r for r in records if r["sourcedId"] in names]:
                later = {**record, "familyName": "Newest", "dateLastModified": "2026-11-24T12:00:00.000Z"}
                place = records.index(record)
                records.insert(place if newest == "first" else place + 1, later)

        async with bent(s, repeat):
            (record,) = await s.sync(Category.STUDENTS)
        assert (record.created, record.removed) == (0, 0)
        after = holding(database.admin_url)
        assert {row[0]: row[6] for row in after["users"] if row[0] in names} == dict.fromkeys(names, "Newest")
        assert len(after["users"]) == len(before["users"])
        assert after["user_roles"] == before["user_roles"]


async def test_five_thousand_accounts_made_by_hand(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Some are people of the roster, some may be, some only have the username, name or address of one."""
    async with setting(database) as s:
        another = of_another_district(s)
        recognised, unclear, taken, others = five_thousand(s)
        made = make(s, *[account for _, account in (*recognised, *unclear, *taken)], *others)
        assert len(made) == 5_000
        ours, left = made[: len(recognised)], made[len(recognised) :]
        untouched, roles = rows(s, left), roles_by_hand(s)
        records = await s.sync()
        assert {record.outcome for record in records} == BLAMELESS
        assert sources(s, ours) == [user.sourced_id for user, _ in recognised]
        assert rows(s, left) == untouched, "nobody else's account is written"
        assert roles_by_hand(s) == roles
        assert s.query(OF_ANOTHER) == another
        refused = s.query("SELECT DISTINCT sourced_id, rule FROM roster.quarantine WHERE collection = 'users'")
        assert sorted(refused) == sorted(
            [
                *((user, "AccountAmbiguous") for user in {user.sourced_id for user, _ in unclear}),
                *((user.sourced_id, "UsernameTaken") for user, _ in taken),
            ]
        )
        assert not s.count(
            "SELECT count(*) FROM roster.users WHERE district_id = %s AND sourced_id = ANY (%s)",
            DISTRICT,
            [user for user, _ in refused],
        )
        writes, records = await s.writes_of()
        assert (writes, {record.outcome for record in records}) == ({}, BLAMELESS)
        says_nothing_personal(s, records, caplog)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(
                "UPDATE roster.users SET username = NULL, identifier = NULL WHERE id = ANY (%s)",
                [made[len(recognised) : -len(others)]],
            )
        records = await s.sync()
        records = await s.sync(Category.CLASS_ROSTERS)
        assert not s.count("SELECT count(*) FROM roster.quarantine WHERE collection = 'users'")
        assert roles_by_hand(s) == roles
        as_the_roster_has_it(s)


Made = list[tuple[User, Account]]


def five_thousand(s: Setting) -> tuple[Made, Made, Made, list[Account]]:
    """Accounts that are people, may be, have their username, and others."""
    students, teachers = by_hand_people(s, "student"), by_hand_people(s, "teacher")
    at = ("student", "sch_0101"), ("teacher", "sch_0102")
    recognised = [
        *((user, Account(f"own.{n}", user.identifier, roles=at[:1])) for n, user in enumerate(students[:40])),
        *((user, Account(None, None, user.master_identifier, roles=at[:1])) for user in students[40:50]),
        *((user, Account(user.username, user.identifier, roles=at[1:])) for user in teachers[:10]),
    ]
    unclear = [
        *((user, Account(None, user.identifier, roles=at[:1])) for user in students[50:60] for _ in range(2)),
        *((user, Account(None, user.identifier, roles=at[1:])) for user in students[60:70]),
        *((user, Account(None, user.identifier, roles=())) for user in teachers[10:13]),
    ]
    taken = [
        *((user, Account(user.username, roles=at[:1])) for user in students[70:80]),
        *((user, Account((user.username or "").upper(), roles=at[1:])) for user in teachers[13:15]),
    ]
    strangers = 5_000 - len(recognised) - len(unclear) - len(taken)
    people = list(s.district.population.users.values())
    others = [
        Account(
            f"stranger.{n}",
            f"X{n}",
            roles=at[n % 2 :],
            given_name=people[n % len(people)].given_name,
            family_name=people[n % len(people)].family_name,
        )
        for n in range(strangers)
    ]
    return recognised, unclear, taken, others


OF_ANOTHER = (
    "SELECT xmin::text, person.* FROM roster.users AS person WHERE district_id = 'shelbyville' ORDER BY id"
)


def of_another_district(s: Setting) -> list[Any]:
    """Accounts of another district with the ids and usernames of ours."""
    add_district(s.database.admin_url, "shelbyville")
    with psycopg.connect(s.database.admin_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO roster.users"
            " (district_id, sourced_id, identifier, username, given_name, family_name, enabled, active)"
            " VALUES ('shelbyville', %s, %s, %s, 'By', 'Hand', true, true)",
            [(u.sourced_id, u.identifier, u.username) for u in s.district.population.users.values()],
        )
    return s.query(OF_ANOTHER)


def as_the_roster_has_it(s: Setting) -> None:
    """Besides what was made by hand."""
    with psycopg.connect(s.database.admin_url) as connection:
        connection.execute("DELETE FROM roster.user_roles WHERE by_hand")
    assert held(s) == expected(s.district.population, list(s.plan.links), s.version)


@pytest.mark.parametrize("ids", ["the same", "others"])
async def test_from_1_1_to_1_2(database: Database, ids: str, caplog: pytest.LogCaptureFixture) -> None:
    """Infinite Campus' ids are other ones in 1.2; elsewhere they are the same, and may be other people's."""
    async with setting(database, "1.1") as s:
        if ids == "others":
            quirky(s, "ids-prefixed")
        before = await synced(s)
        alone = "SELECT id, identifier FROM roster.users WHERE active AND identifier = ANY (%s) ORDER BY id"
        students = [user.identifier for user in by_hand_people(s, "student")]
        accounts = s.query(alone, students)
        async with moved(s, approved=False) as upgraded:
            records = await s.sync()
            assert {(r.outcome, r.reason) for r in records} == {(Outcome.FAILED, "ReconfirmNeeded")}
            assert holding(database.admin_url) == before
            s.change(approved_identity=fingerprint(s.plan.endpoint))
            records = await s.sync()
            assert records[0].outcome in BLAMELESS
            assert {r.outcome for r in records} <= {Outcome.HELD, Outcome.SUCCEEDED}
            assert all("an identity migration" in r.message for r in records if r.outcome is Outcome.HELD)
            says_nothing_personal(s, records, caplog)
            nobody_twice(s)
            for _ in range(2):
                found = s.query("SELECT fingerprint FROM roster.holds WHERE state = 'open'")
                s.change(approvals=tuple(row[0] for row in found))
                records = await s.sync()
                nobody_twice(s)
            assert {record.outcome for record in records} == BLAMELESS
            assert held(s) == expected(upgraded.shown, list(s.plan.links), "1.2")
            assert s.query(alone, students) == accounts, "who is recognised keeps the account"
            s.change(approvals=())
            writes, records = await s.writes_of()
            assert (writes, {record.outcome for record in records}) == ({}, BLAMELESS)


def nobody_twice(s: Setting) -> None:
    """1.1 has a record for each of a person's roles; besides those, a username is one account's."""
    active = s.query("SELECT username, sourced_id IS NULL FROM roster.users WHERE active AND username <> ''")
    former, present = [{name for name, is_former in active if is_former is which} for which in (True, False)]
    assert not former & present
