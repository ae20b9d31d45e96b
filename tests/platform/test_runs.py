"""Runs: what the sync writes is what the operator reads."""

import datetime as dt

import msgspec
import psycopg
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import CategoryReport, Outcome, Pull
from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.runs import RunRecord, category_report, record_run, runs_of_job
from tests.platform.databases import Database, add_district

RUN = RunRecord(
    district_id="springfield-usd",
    connection="districts/springfield",
    job="springfield-students-29401234",
    category=Category.STUDENTS,
    dry_run=False,
    started_at=dt.datetime(2026, 11, 24, 2, 13, tzinfo=dt.UTC),
    finished_at=dt.datetime(2026, 11, 24, 2, 14, 5, 250_000, tzinfo=dt.UTC),
    outcome=Outcome.HELD,
    reason="TooManyRemoved",
    message="120 removals were held back: approve them.",
    created=1,
    changed=2,
    removed=3,
    unchanged=4,
    withheld=5,
    waiting=6,
    quarantined=7,
    new_admins=8,
    total=9,
    schools={"0042": 5, "0043": 4},
    records=10,
    pages=11,
    retries=12,
    proof="distinct ids equal the stated total",
    quarantined_by_rule={"UnknownRole": 5, "DanglingUser": 2},
    pull=Pull.FULL,
    pull_reason="All of it was last asked for a week ago.",
)


def test_a_run_reports_what_the_pod_would_have_said() -> None:
    assert category_report(RUN) == CategoryReport(
        name=Category.STUDENTS,
        outcome=Outcome.HELD,
        created=1,
        changed=2,
        removed=3,
        withheld=5,
        waiting=6,
        quarantined=7,
        quarantined_by_rule={"UnknownRole": 5, "DanglingUser": 2},
        pull=Pull.FULL,
        pull_reason="All of it was last asked for a week ago.",
        reason="TooManyRemoved",
        message="120 removals were held back: approve them.",
    )


@pytest.mark.database
async def test_the_operator_reads_what_the_sync_recorded(database: Database) -> None:
    add_district(database.admin_url, "springfield-usd")
    admins = msgspec.structs.replace(RUN, category=Category.SCHOOL_ADMINS, outcome=Outcome.SUCCEEDED, schools={})
    other_job = msgspec.structs.replace(RUN, job="springfield-preview-a1b2c3d4e5", dry_run=True)
    async with await connect(database.sync_url, application="tests") as connection:
        for run in (RUN, admins, other_job):
            await record_run(connection, run)
    async with await connect(database.operator_url, application="tests") as connection:
        assert await runs_of_job(connection, "springfield-usd", RUN.job) == [RUN, admins]
        assert await runs_of_job(connection, "springfield-usd", other_job.job) == [other_job]
        assert await runs_of_job(connection, "shelbyville-usd", RUN.job) == []


@pytest.mark.database
def test_a_record_has_a_field_for_every_column(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'roster' AND table_name = 'sync_runs'"
        ).fetchall()
    filled_by_the_database = {"id", "written_at"}
    assert {name for (name,) in rows} == filled_by_the_database | set(RunRecord.__struct_fields__)
