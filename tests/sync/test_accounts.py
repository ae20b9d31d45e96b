"""Accounts that are there before the roster: taken over where that is clear, and otherwise let be."""

from dataclasses import replace
from typing import Any

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.sync.roles import in_force
from tests.platform.databases import Database, add_district
from tests.sync.by_hand import Account, make, people, roles_by_hand, rows, sources
from tests.sync.setting import LOOSE, TODAY, Setting, setting

pytestmark = pytest.mark.database

QUARANTINED = "SELECT sourced_id, rule FROM roster.quarantine WHERE collection = 'users' ORDER BY sourced_id"
LIVE = (
    "SELECT role, school_id, by_hand FROM roster.user_roles AS held JOIN roster.users AS person"
    " ON person.id = held.user_id WHERE person.sourced_id = %s AND held.ended_at IS NULL ORDER BY 1, 2, 3"
)
STUDENTS = Category.STUDENTS


def named(s: Setting, sourced_id: str) -> int:
    """How many rows the platform has of a record."""
    return s.count("SELECT count(*) FROM roster.users WHERE sourced_id = %s", sourced_id)


@pytest.mark.parametrize("by", ["identifier", "master_identifier", "both"])
async def test_an_account_of_the_same_identifier_becomes_the_rosters(database: Database, by: str) -> None:
    async with setting(database) as s:
        ada = people(s, "student")[0]
        known = {key: getattr(ada, key) for key in ("identifier", "master_identifier") if by in (key, "both")}
        (id_,) = make(s, Account("of.own", roles=(("student", "sch_0102"),), **known))
        by_hand = roles_by_hand(s)
        record = await s.one(STUDENTS)
        assert (record.outcome, record.quarantined) == (Outcome.SUCCEEDED, 0)
        ((username, given, former),) = s.query(
            "SELECT username, given_name, former_sourced_id FROM roster.users WHERE id = %s AND sourced_id = %s",
            id_,
            ada.sourced_id,
        )
        assert (username, given, former) == (ada.username, ada.given_name, None), "its fields are the roster's"
        assert roles_by_hand(s) == by_hand
        ((role, school_id, _),) = [held for held in s.query(LIVE, ada.sourced_id) if not held[2]]
        assert (role, school_id) == ("student", f"sch_{ada.roles[0].org}")
        assert named(s, ada.sourced_id) == 1
        writes, (again,) = await s.writes_of(STUDENTS)
        assert (writes, again.outcome) == ({}, Outcome.SUCCEEDED)


async def test_the_very_same_role_is_there_twice_and_each_ends_alone(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        ada = people(s, "student")[0]
        school_id = f"sch_{ada.roles[0].org}"
        make(s, Account(identifier=ada.identifier, roles=(("student", school_id),)))
        record = await s.one(STUDENTS)
        assert s.query(LIVE, ada.sourced_id) == [("student", school_id, False), ("student", school_id, True)]
        assert record.total == s.count(
            "SELECT count(DISTINCT user_id) FROM roster.user_roles WHERE role = 'student' AND NOT by_hand"
        )
        s.district.population.remove(ada)
        record = await s.one(STUDENTS)
        assert record.removed == 1
        assert s.query(LIVE, ada.sourced_id) == [("student", school_id, True)]
        assert s.query("SELECT active FROM roster.users WHERE sourced_id = %s", ada.sourced_id) == [(True,)]


async def test_a_role_made_by_hand_is_not_counted_and_never_ended(database: Database) -> None:
    """Neither of who is nobody's, nor of who the roster knows."""
    async with setting(database) as s:
        first = await s.one(STUDENTS)
        ada = people(s, "student")[0]
        ((id_,),) = s.query("SELECT id FROM roster.users WHERE sourced_id = %s", ada.sourced_id)
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute(
                "INSERT INTO roster.user_roles (district_id, user_id, role, school_id)"
                " SELECT district_id, id, 'student', 'sch_0104' FROM roster.users WHERE id = %s",
                [id_],
            )
        make(s, *[Account(f"own.{n}") for n in range(200)])
        by_hand = roles_by_hand(s)
        writes, (record,) = await s.writes_of(STUDENTS)
        assert (writes, record.outcome) == ({}, Outcome.SUCCEEDED)
        assert (record.total, record.schools, record.counts) == (first.total, first.schools, first.counts)
        assert roles_by_hand(s) == by_hand


async def test_neither_name_nor_username_nor_address_makes_anyone_somebody(database: Database) -> None:
    async with setting(database) as s:
        ada, grace = people(s, "student")[:2]
        ids = make(
            s,
            Account(None, given_name=ada.given_name, family_name=ada.family_name),
            Account(grace.username, active=False),
        )
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute("UPDATE roster.users SET email = %s WHERE id = %s", [ada.email, ids[0]])
        before = rows(s, ids)
        record = await s.one(STUDENTS)
        assert (record.outcome, record.quarantined) == (Outcome.SUCCEEDED, 0)
        assert rows(s, ids) == before
        assert named(s, ada.sourced_id) == named(s, grace.sourced_id) == 1, "an inactive account has no username"


STUDENT, TEACHER = (("student", "sch_0101"),), (("teacher", "sch_0101"),)


@pytest.mark.parametrize(
    "accounts",
    [
        pytest.param([{"identifier": True}, {"identifier": True}], id="two accounts"),
        pytest.param([{"identifier": True}, {"master_identifier": True}], id="two identifiers, two accounts"),
        pytest.param([{"identifier": True, "master_identifier": "99other"}], id="the other one contradicts"),
        pytest.param([{"identifier": True, "roles": TEACHER}], id="another kind"),
        pytest.param([{"identifier": True, "roles": STUDENT + TEACHER}], id="both kinds"),
        pytest.param([{"identifier": True, "roles": ()}], id="no kind"),
    ],
)
async def test_who_may_be_an_account_but_not_clearly_does_not_come_in(
    database: Database, accounts: list[dict[str, Any]]
) -> None:
    async with setting(database) as s:
        ada = people(s, "student")[0]
        values: dict[str, Any] = {"identifier": ada.identifier, "master_identifier": ada.master_identifier}
        filled: list[dict[str, Any]] = [
            {k: values[k] if v is True else v for k, v in account.items()} for account in accounts
        ]
        ids = make(s, *[Account(**account) for account in filled])
        before = rows(s, ids)
        record = await s.one(STUDENTS)
        assert record.quarantined_by_rule == {"AccountAmbiguous": 1}
        assert s.query(QUARANTINED) == [(ada.sourced_id, "AccountAmbiguous")]
        assert named(s, ada.sourced_id) == 0
        assert rows(s, ids) == before
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute(
                "UPDATE roster.users SET identifier = NULL, user_master_identifier = NULL WHERE id = ANY (%s)",
                [ids],
            )
        record = await s.one(STUDENTS)
        assert (record.quarantined, record.created) == (0, 2), "when it is clear, the person and the role come"
        assert s.query(QUARANTINED) == []
        assert named(s, ada.sourced_id) == 1


async def test_two_records_of_one_person_are_not_one_account(database: Database) -> None:
    """Ed-Fi gives one for each school; either could be it, so neither is, and both come where nobody has their
    id."""
    async with setting(database) as s:
        ada, grace, twin = people(s, "student")[:3]
        for user in (ada, grace):
            s.district.population.put(replace(user, identifier="7", master_identifier=None))
        s.district.population.put(replace(twin, identifier="8", master_identifier=None))
        (id_,) = make(s, Account(identifier="7"))
        record = await s.one(STUDENTS)
        assert s.query(QUARANTINED) == [
            (user, "AccountAmbiguous") for user in sorted([ada.sourced_id, grace.sourced_id])
        ]
        assert sources(s, [id_]) == [None]
        s.district.population.put(replace(grace, identifier="8", master_identifier=None))
        record = await s.one(STUDENTS)
        assert record.quarantined == 0
        assert sources(s, [id_]) == [ada.sourced_id]
        assert named(s, grace.sourced_id) == named(s, twin.sourced_id) == 1


async def test_a_number_that_a_student_and_a_teacher_have_is_each_ones_own(database: Database) -> None:
    async with setting(database) as s:
        ada, charles = people(s, "student")[0], people(s, "teacher")[0]
        for user in (ada, charles):
            s.district.population.put(replace(user, identifier="12", master_identifier=None))
        ids = make(s, Account(identifier="12", roles=TEACHER), Account(identifier="12", roles=STUDENT))
        records = await s.sync(STUDENTS, Category.TEACHER_ASSIGNMENTS)
        assert [record.quarantined for record in records] == [0, 0]
        assert sources(s, ids) == [charles.sourced_id, ada.sourced_id]


async def test_an_account_of_another_district_is_nobody_here(database: Database) -> None:
    async with setting(database) as s:
        add_district(database.admin_url, "shelbyville-usd")
        ada = people(s, "student")[0]
        ids = make(s, Account(ada.username, ada.identifier, roles=()), district_id="shelbyville-usd")
        before = rows(s, ids)
        record = await s.one(STUDENTS)
        assert record.quarantined == 0
        assert rows(s, ids) == before


class TestUsernameTaken:
    async def test_in_capitals_or_not_and_free_again_when_the_account_is_inactive(
        self, database: Database
    ) -> None:
        async with setting(database) as s:
            ada = replace(people(s, "student")[0], username="Ada.Byron")
            s.district.population.put(ada)
            ids = make(s, Account("aDA.byron"))
            before = rows(s, ids)
            record = await s.one(STUDENTS)
            assert record.quarantined_by_rule == {"UsernameTaken": 1}
            assert s.query(QUARANTINED) == [(ada.sourced_id, "UsernameTaken")]
            assert (named(s, ada.sourced_id), rows(s, ids)) == (0, before)
            with psycopg.connect(s.database.admin_url) as connection:
                connection.execute("UPDATE roster.users SET active = false WHERE id = ANY (%s)", [ids])
            record = await s.one(STUDENTS)
            assert (record.quarantined, named(s, ada.sourced_id)) == (0, 1)

    async def test_by_an_account_that_is_another_than_the_persons_own(self, database: Database) -> None:
        async with setting(database) as s:
            ada = people(s, "student")[0]
            ids = make(s, Account("x", ada.identifier), Account(ada.username))
            await s.one(STUDENTS)
            assert s.query(QUARANTINED) == [(ada.sourced_id, "UsernameTaken")]
            assert sources(s, ids) == [None, None]

    async def test_not_from_who_is_known_already(self, database: Database) -> None:
        async with setting(database) as s:
            await s.one(STUDENTS)
            make(s, Account(people(s, "student")[0].username))
            writes, (record,) = await s.writes_of(STUDENTS)
            assert (writes, record.quarantined) == ({}, 0)

    async def test_a_teacher_who_does_not_come_in_brings_no_classes(self, database: Database) -> None:
        async with setting(database) as s:
            population = s.district.population
            taught = {e.user: e.class_ for e in population.enrollments.values() if e.role == "teacher"}
            charles = next(u for u in people(s, "teacher") if u.sourced_id in taught)
            classes = {e.class_ for e in population.enrollments.values() if e.user == charles.sourced_id}
            others = {
                e.class_
                for e in population.enrollments.values()
                if e.role == "teacher" and e.user != charles.sourced_id
            }
            assert classes - others
            make(s, Account(charles.username))
            record = await s.one(Category.TEACHER_ASSIGNMENTS)
            assert record.quarantined_by_rule == {"UsernameTaken": 1}
            assert record.waiting == len(
                [e for e in population.enrollments.values() if e.user == charles.sourced_id]
            )
            assert not s.count(
                "SELECT count(*) FROM roster.classes WHERE sourced_id = ANY (%s)", list(classes - others)
            )


async def test_many_that_are_filled_in_from_the_roster_are_no_mass_change(database: Database) -> None:
    async with setting(database) as s:
        students = people(s, "student")
        make(s, *[Account(f"own.{n}", user.identifier) for n, user in enumerate(students)])
        record = await s.one(STUDENTS)
        assert (record.outcome, record.quarantined) == (Outcome.SUCCEEDED, 0)
        assert s.count("SELECT count(*) FROM roster.users WHERE given_name = 'Made'") == 0
        for user in students:
            s.district.population.put(replace(user, given_name="Everybody"))
        record = await s.one(STUDENTS)
        assert record.reason == "ChangesHeld", "from then on they are"


async def test_a_preview_shows_it_and_writes_nothing(database: Database) -> None:
    async with setting(database) as s:
        ada, grace = people(s, "student")[:2]
        without = await s.sync(dry_run=True)
        ids = make(s, Account("x", ada.identifier), Account(grace.username))
        before = rows(s, ids)
        records = await s.sync(dry_run=True)
        assert s.query("SELECT id FROM roster.users ORDER BY 1") == [(id_,) for id_ in ids]
        assert rows(s, ids) == before
        assert records[0].quarantined_by_rule == {"UsernameTaken": 1}
        assert records[0].total == without[0].total - 1
        refused = [
            e
            for e in s.district.population.enrollments.values()
            if e.user == grace.sourced_id and in_force(e.begin, e.end, TODAY)
        ]
        assert records[2].total == without[2].total - len(refused) < without[2].total


async def test_a_moved_school_leaves_roles_made_by_hand_where_they_are(database: Database) -> None:
    async with setting(database, unlinked=["0104"]) as s:
        await s.sync()
        make(s, Account("own", roles=(("student", "sch_0103"), ("teacher", "sch_0103"))))
        by_hand = roles_by_hand(s)
        s.change(links=s.plan.links | {"0103": "sch_0104"})
        assert (await s.one(STUDENTS)).outcome is Outcome.SUCCEEDED
        assert roles_by_hand(s) == by_hand


async def test_a_run_that_dies_between_the_two_leaves_nobody_twice(database: Database) -> None:
    """Linked and not yet written: the next run finds the person as known."""
    async with setting(database) as s:
        ada = people(s, "student")[0]
        (id_,) = make(s, Account("own", ada.identifier))
        with psycopg.connect(s.database.admin_url) as connection:
            connection.execute("UPDATE roster.users SET sourced_id = %s WHERE id = %s", [ada.sourced_id, id_])
        record = await s.one(STUDENTS)
        assert record.outcome is Outcome.SUCCEEDED
        assert named(s, ada.sourced_id) == 1
        assert s.query("SELECT username FROM roster.users WHERE id = %s", id_) == [(ada.username,)]


async def test_in_additions_only_nothing_is_linked_otherwise(database: Database) -> None:
    async with setting(database, limits=msgspec.structs.replace(LOOSE, additions_only=True)) as s:
        ada = people(s, "student")[0]
        (id_,) = make(s, Account("own", ada.identifier))
        assert (await s.one(STUDENTS)).outcome is Outcome.SUCCEEDED
        assert sources(s, [id_]) == [ada.sourced_id]
