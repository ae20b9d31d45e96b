"""Another endpoint for a district that has been synced: approved, its rows change over; else nothing happens."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, LiteralString

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.directory import links
from oneroster_operator.platform.holds import hold_rows
from oneroster_operator.platform.identities import identity_of
from oneroster_operator.platform.runs import RunRecord
from tests.district.expected import expected
from tests.platform.databases import Database
from tests.sync.by_hand import people
from tests.sync.holding import holding
from tests.sync.moving import fingerprint, moved
from tests.sync.setting import DISTRICT, LOOSE, STRICT, Setting, held, setting

pytestmark = pytest.mark.database

STUDENTS, TEACHERS, ROSTERS = Category.STUDENTS, Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS
IDENTITIES = "SELECT epoch, url, version FROM roster.identities ORDER BY epoch"
# What a reader of the platform sees: everything but where it comes from.
SEEN = {
    "users": "to_jsonb(seen) - 'sourced_id' - 'former_sourced_id' - 'former_epoch'",
    "user_roles": "to_jsonb(seen)",
    "academic_sessions": "to_jsonb(seen) - 'sourced_id' - 'former_sourced_id' - 'former_epoch'",
    "courses": "to_jsonb(seen) - 'sourced_id' - 'former_sourced_id' - 'former_epoch'",
    "classes": "to_jsonb(seen) - 'sourced_id' - 'former_sourced_id' - 'former_epoch'",
    "enrollments": "to_jsonb(seen) - 'sourced_id' - 'former_sourced_id' - 'former_epoch'",
}


def seen(s: Setting) -> dict[str, list[Any]]:
    return {table: s.query(f"SELECT {row} FROM roster.{table} AS seen ORDER BY id") for table, row in SEEN.items()}


def all_of(records: Iterable[RunRecord]) -> set[tuple[Outcome, str]]:
    return {(record.outcome, record.reason) for record in records}


async def identifiers(s: Setting) -> dict[str, Any]:
    """Which account has which identifier, of who is active."""
    return dict(s.query("SELECT identifier, array_agg(id ORDER BY id) FROM roster.users WHERE active GROUP BY 1"))


async def approve_all(s: Setting) -> list[RunRecord]:
    """Approve what is held, and run."""
    found = [row[0] for row in s.query("SELECT fingerprint FROM roster.holds WHERE state = 'open'")]
    s.change(approvals=tuple(found))
    return await s.sync()


async def test_the_first_run_that_writes_notes_whose_ids_they_are(database: Database) -> None:
    async with setting(database) as s:
        await s.sync(dry_run=True)
        assert s.query(IDENTITIES) == []
        await s.one(STUDENTS)
        assert s.query(IDENTITIES) == [(1, s.plan.endpoint.url, "1.2")]
        writes, _ = await s.writes_of(STUDENTS)
        assert writes == {}
        assert s.query(IDENTITIES) == [(1, s.plan.endpoint.url, "1.2")]


async def test_without_approval_nothing_is_asked_or_written(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        before = holding(database.admin_url)
        old = s.plan.endpoint.url
        async with moved(s, approved=False):
            asked = s.district.district.population.revision
            records = await s.sync()
            assert all_of(records) == {(Outcome.FAILED, "ReconfirmNeeded")}
            message = records[0].message
            new = fingerprint(s.plan.endpoint)
            assert old in message
            assert s.plan.endpoint.url in message
            assert message.endswith(
                f"kubectl annotate onerosterconnection -n districts springfield --overwrite "
                f"oneroster.masteryprep.com/approve={new}"
            )
            assert records[0].records == 0
            assert asked == s.district.district.population.revision
        assert holding(database.admin_url) == before
        assert len(s.query(IDENTITIES)) == 1
        assert all_of(await s.sync()) == {(Outcome.SUCCEEDED, "")}, "back at the former one it goes on"


async def test_an_approval_of_another_endpoint_is_none(database: Database) -> None:
    async with setting(database) as s:
        await s.one(STUDENTS)
        approval = fingerprint(s.plan.endpoint)
        async with moved(s, approved=False):
            s.change(approved_identity=approval)
            assert all_of(await s.sync()) == {(Outcome.FAILED, "ReconfirmNeeded")}


async def test_approved_everybody_who_is_recognised_keeps_the_account(database: Database) -> None:
    async with setting(database) as s:
        await s.sync()
        accounts, at_first = await identifiers(s), seen(s)
        async with moved(s, "ids-hashed") as other:
            records = await s.sync(STUDENTS, Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS)
            assert all_of(records) == {(Outcome.SUCCEEDED, "")}
            assert [(r.created, r.changed, r.removed) for r in records] == [(0, 0, 0)] * 3
            (teachers, rosters) = await s.sync(TEACHERS, ROSTERS)
            assert all_of([teachers, rosters]) == {(Outcome.HELD, "IdsChanged")}
            for record in (teachers, rosters):
                assert "this is an identity migration" in record.message
            assert seen(s) == at_first, "nobody sees a difference yet"
            records = await approve_all(s)
            assert all_of(records) == {(Outcome.SUCCEEDED, "")}
            assert await identifiers(s) == accounts
            assert held(s) == expected(other.shown, list(s.plan.links), "1.2")
            assert not s.count(
                "SELECT count(*) FROM roster.enrollments WHERE ended_at IS NULL AND sourced_id IS NULL"
            )
            s.change(approvals=())
            writes, records = await s.writes_of()
            assert (writes, all_of(records)) == ({}, {(Outcome.SUCCEEDED, "")})
            assert [row[0] for row in s.query(IDENTITIES)] == [1, 2]


async def test_ids_that_are_other_peoples_now_are_not_taken_for_who_had_them(database: Database) -> None:
    """Every student has the id that another had: all stay who they were."""
    async with setting(database) as s:
        await s.one(STUDENTS)
        accounts = await identifiers(s)
        students = people(s, "student")
        population = s.district.population
        for student, other in zip(students, students[1:] + students[:1], strict=True):
            population.put(replace(student, sourced_id=other.sourced_id))
        before = {u.identifier: u.sourced_id for u in people(s, "student")}
        async with moved(s):
            record = await s.one(STUDENTS)
            assert (record.outcome, record.created, record.removed) == (Outcome.SUCCEEDED, 0, 0)
            assert await identifiers(s) == accounts
            assert (
                dict(
                    s.query(
                        "SELECT identifier, sourced_id FROM roster.users WHERE identifier = ANY (%s)", list(before)
                    )
                )
                == before
            )


def without_identifiers(s: Setting) -> None:
    for user in list(s.district.population.users.values()):
        s.district.population.put(replace(user, identifier=None, master_identifier=None))


async def test_where_nobody_is_recognised_the_old_end_when_the_new_come(database: Database) -> None:
    """Usernames are the same, and the accounts before have them until they end in the same step."""
    async with setting(database) as s:
        without_identifiers(s)
        await s.sync()
        at_first = seen(s)
        async with moved(s, "ids-hashed") as other:
            records = await s.sync()
            assert all_of(records) == {(Outcome.HELD, "IdsChanged")}
            assert seen(s) == at_first
            await approve_all(s)
            # Who is in two categories has an account until both have let it go.
            records = await approve_all(s)
            assert {record.quarantined for record in records} == {0}
            assert all_of(records) == {(Outcome.SUCCEEDED, "")}
            assert held(s) == expected(other.shown, list(s.plan.links), "1.2")
            assert s.count("SELECT count(*) FROM roster.users WHERE active") == s.count(
                "SELECT count(DISTINCT username) FROM roster.users WHERE active"
            )
            assert not s.count("SELECT count(*) FROM roster.users WHERE active AND sourced_id IS NULL")
            s.change(approvals=())
            writes, _ = await s.writes_of()
            assert writes == {}


async def test_where_a_few_are_not_recognised_nobody_is_there_twice(database: Database) -> None:
    """Beyond the limits for removals, and far from all: new ones wait with the old."""
    async with setting(database) as s:
        students = people(s, "student")
        for user in students[: len(students) // 3]:
            s.district.population.put(replace(user, identifier=None, master_identifier=None))
        await s.one(STUDENTS)
        usernames = s.query("SELECT username FROM roster.users WHERE active ORDER BY 1")
        async with moved(s, "ids-hashed"):
            record = await s.one(STUDENTS)
            assert (record.outcome, record.reason) == (Outcome.HELD, "RemovalsHeld")
            assert "This is an identity migration" in record.message
            assert s.query("SELECT username FROM roster.users WHERE active ORDER BY 1") == usernames
            s.change(approvals=(record.hold,))
            record = await s.one(STUDENTS)
            assert record.outcome is Outcome.SUCCEEDED
            assert s.query("SELECT username FROM roster.users WHERE active ORDER BY 1") == usernames


async def test_in_additions_only_the_old_stay_and_their_usernames_are_taken(database: Database) -> None:
    async with setting(database) as s:
        without_identifiers(s)
        await s.one(STUDENTS)
        active = s.count("SELECT count(*) FROM roster.users WHERE active")
        async with moved(s, "ids-hashed"):
            s.change(limits=msgspec.structs.replace(LOOSE, additions_only=True))
            record = await s.one(STUDENTS)
            assert record.quarantined_by_rule == {"UsernameTaken": active}
            assert s.count("SELECT count(*) FROM roster.users WHERE active") == active
            s.change(limits=LOOSE)
            record = await s.one(STUDENTS)
            assert (record.quarantined, record.total) == (0, active)
            assert s.count("SELECT count(*) FROM roster.users WHERE active") == active


async def test_a_username_of_somebody_in_another_category_is_taken(database: Database) -> None:
    """The teacher's account does not end in a run of students."""
    async with setting(database) as s:
        charles = people(s, "teacher")[0]
        s.district.population.put(replace(charles, identifier=None))
        await s.sync(STUDENTS, TEACHERS)
        ada = people(s, "student")[0]
        s.district.population.put(
            replace(ada, identifier="new", master_identifier=None, username=charles.username)
        )
        async with moved(s, "ids-hashed"):
            record = await s.one(STUDENTS)
            assert record.quarantined_by_rule == {"UsernameTaken": 1}


async def test_the_preview_shows_what_would_come_and_leaves_no_trace(database: Database) -> None:
    async with setting(database) as s:
        first = await s.sync()
        before, at_first = holding(database.admin_url), seen(s)
        async with moved(s, "ids-hashed", approved=False):
            records = await s.sync(dry_run=True)
            assert {record.outcome for record in records} == {Outcome.SUCCEEDED}
            assert [r.total for r in records] == [r.total for r in first]
            assert [r.new_admins for r in records] == [0] * 5, "who is recognised is no new admin"
        assert (holding(database.admin_url), seen(s)) == (before, at_first)
        assert len(s.query(IDENTITIES)) == 1


async def test_links_of_the_endpoint_before_move_nothing_and_are_not_taken_for_ours(database: Database) -> None:
    """Two schools have changed their ids: by the links of before, everyone would be at the other one."""
    async with setting(database) as s:
        await s.sync()
        at_first = s.per_school("user_roles", "role = 'student' AND ended_at IS NULL")
        swapped = s.plan.links | {"0101": "sch_0102", "0102": "sch_0101"}
        async with moved(s):
            s.change(links=swapped)
            async with await connect(database.operator_url, application="tests") as connection:
                assert await links(connection, DISTRICT) == {k: f"sch_{k}" for k in swapped}
            s.change(links={k: f"sch_{k}" for k in swapped})
            await s.one(STUDENTS)
            async with await connect(database.operator_url, application="tests") as connection:
                assert await links(connection, DISTRICT) == s.plan.links
                identity = await identity_of(connection, DISTRICT)
            assert identity is not None
            assert identity.epoch == 2
            assert s.per_school("user_roles", "role = 'student' AND ended_at IS NULL") == at_first


async def test_rows_of_a_school_that_is_not_linked_any_more_stay(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        kept = {
            table: s.count(
                f"SELECT count(*) FROM roster.{table} WHERE school_id = 'sch_0103' AND ended_at IS NULL"
            )
            for table in ("user_roles", "classes", "enrollments")
        }
        courses = s.count("SELECT count(*) FROM roster.courses WHERE ended_at IS NULL")
        async with moved(s, "ids-hashed"):
            s.change(links={k: v for k, v in s.plan.links.items() if v != "sch_0103"})
            for _ in range(2):
                assert all_of(await s.sync()) == {(Outcome.SUCCEEDED, "")}
            for table, count in kept.items():
                assert count == s.count(
                    f"SELECT count(*) FROM roster.{table} WHERE school_id = 'sch_0103' AND ended_at IS NULL"
                ), table
            assert s.count("SELECT count(*) FROM roster.courses WHERE ended_at IS NULL") >= courses


async def test_holds_and_quarantine_of_the_endpoint_before_are_forgotten(database: Database) -> None:
    async with setting(
        database, limits=msgspec.structs.replace(STRICT, max_removed_percent=1, removed_floor=0)
    ) as s:
        await s.one(STUDENTS)
        for user in people(s, "student")[:20]:
            s.district.population.remove(user)
        record = await s.one(STUDENTS)
        assert record.outcome is Outcome.HELD
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(
                "INSERT INTO roster.quarantine VALUES (%s, 'Students', 'users', 'x', 'UnknownRole', '', now())",
                [DISTRICT],
            )
        async with moved(s, "ids-hashed"):
            s.change(approvals=(record.hold,))
            again = await s.one(STUDENTS)
            assert (again.outcome, again.removed) == (Outcome.HELD, 0), "it was another's approval"
            states = dict(s.query("SELECT fingerprint, state FROM roster.holds"))
            assert states[record.hold] == "cleared"
            assert not s.count("SELECT count(*) FROM roster.hold_rows WHERE fingerprint = %s", record.hold)
            assert not s.count("SELECT count(*) FROM roster.quarantine")


async def test_a_hold_names_who_had_the_ids_and_not_who_has_them_now(database: Database) -> None:
    async with setting(database) as s:
        ada, grace, *_ = people(s, "student")
        await s.one(STUDENTS)
        population = s.district.population
        population.remove(ada)
        population.put(replace(grace, sourced_id=ada.sourced_id))
        population.remove(grace)
        async with moved(s):
            s.change(limits=msgspec.structs.replace(STRICT, max_removed_percent=0, removed_floor=0))
            record = await s.one(STUDENTS)
            async with await connect(database.sync_url, application="tests") as connection:
                rows = [row async for row in hold_rows(connection, DISTRICT, record.hold, names=True)]
        assert [(row[1], row[2], row[4]) for row in rows if row[0] == "user_roles"] == [
            ("end", ada.sourced_id, f"{ada.given_name} {ada.family_name}")
        ]


BROKEN = """
CREATE FUNCTION roster.broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE data_exception; END $$;
CREATE TRIGGER broken {} EXECUTE FUNCTION roster.broken();
"""


@pytest.mark.parametrize(
    ("at", "moves"),
    [
        pytest.param(
            "BEFORE UPDATE OF sourced_id ON roster.users FOR EACH ROW WHEN (NEW.sourced_id IS NULL)", 1, id="move"
        ),
        pytest.param(
            "BEFORE UPDATE OF sourced_id ON roster.users FOR EACH ROW WHEN (NEW.sourced_id IS NOT NULL)",
            2,
            id="link",
        ),
        pytest.param("BEFORE INSERT ON roster.sync_runs", 2, id="merge"),
    ],
)
async def test_what_failed_on_the_way_heals_in_the_next_run(
    database: Database, at: LiteralString, moves: int
) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        accounts, at_first = await identifiers(s), seen(s)
        async with moved(s, "ids-hashed") as other:
            with psycopg.connect(database.admin_url) as connection:
                connection.execute(BROKEN.format(at))
            assert (await s.one(STUDENTS)).outcome is Outcome.FAILED
            assert len(s.query(IDENTITIES)) == moves
            assert seen(s) == at_first
            with psycopg.connect(database.admin_url) as connection:
                connection.execute("DROP FUNCTION roster.broken CASCADE")
            assert all_of(await s.sync()) == {(Outcome.SUCCEEDED, "")}
            assert await identifiers(s) == accounts
            assert held(s) == expected(other.shown, list(s.plan.links), "1.2")


async def test_there_and_back_again(database: Database) -> None:
    async with setting(database, limits=LOOSE) as s:
        await s.sync()
        accounts, back = await identifiers(s), fingerprint(s.plan.endpoint)
        async with moved(s, "ids-hashed"):
            await s.sync()
        assert all_of(await s.sync()) == {(Outcome.FAILED, "ReconfirmNeeded")}
        s.change(approved_identity=back)
        assert all_of(await s.sync()) == {(Outcome.SUCCEEDED, "")}
        assert [row[0] for row in s.query(IDENTITIES)] == [1, 2, 3]
        assert await identifiers(s) == accounts
        assert held(s) == expected(s.district.population, list(s.plan.links), "1.2")
        writes, _ = await s.writes_of()
        assert writes == {}
