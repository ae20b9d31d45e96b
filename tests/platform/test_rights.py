"""What each of the two logins can and cannot do, shown by trying."""

import psycopg
import pytest

from tests.platform.databases import Database, add_district

pytestmark = pytest.mark.database

PEOPLE_TABLES = ("users", "user_roles", "academic_sessions", "courses", "classes", "enrollments")
ALL_TABLES = (*PEOPLE_TABLES, "school_links", "sync_runs", "schema_migrations")


def refused(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("table", PEOPLE_TABLES)
def test_the_operator_cannot_read_what_belongs_to_people(database: Database, table: str) -> None:
    refused(database.operator_url, f"SELECT FROM roster.{table}")


@pytest.mark.parametrize(
    "table", ["public.districts", "public.schools", "roster.school_links", "roster.sync_runs"]
)
def test_the_operator_reads_schools_links_and_runs_and_writes_none(database: Database, table: str) -> None:
    with psycopg.connect(database.operator_url) as connection:
        connection.execute(f"SELECT * FROM {table}".encode())
    refused(database.operator_url, f"INSERT INTO {table} DEFAULT VALUES")
    refused(database.operator_url, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ALL_TABLES)
def test_the_sync_deletes_nothing(database: Database, table: str) -> None:
    refused(database.sync_url, f"DELETE FROM roster.{table}")
    refused(database.sync_url, f"TRUNCATE roster.{table} CASCADE")


@pytest.mark.parametrize("table", ["districts", "schools"])
def test_the_sync_reads_the_platforms_own_tables_and_writes_none(database: Database, table: str) -> None:
    with psycopg.connect(database.sync_url) as connection:
        connection.execute(f"SELECT * FROM public.{table}".encode())
    refused(database.sync_url, f"INSERT INTO public.{table} (id, name) VALUES ('x', 'x')")
    refused(database.sync_url, f"UPDATE public.{table} SET name = 'x'")
    refused(database.sync_url, f"DELETE FROM public.{table}")


def test_the_sync_changes_no_account_of_a_run_and_no_record_of_a_migration(database: Database) -> None:
    refused(database.sync_url, "UPDATE roster.sync_runs SET outcome = 'Succeeded'")
    refused(database.sync_url, "UPDATE roster.schema_migrations SET checksum = ''")
    refused(database.sync_url, "INSERT INTO roster.schema_migrations VALUES (2, '', '')")
    refused(database.sync_url, "CREATE TABLE roster.mine ()")


def test_the_sync_stages_in_temporary_tables_and_writes_people(database: Database) -> None:
    add_district(database.admin_url, "springfield-usd")
    with psycopg.connect(database.sync_url) as connection:
        connection.execute("CREATE TEMPORARY TABLE staged (sourced_id text)")
        connection.execute(
            "INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)"
            " VALUES ('springfield-usd', 'u1', 'Ada', 'Byron', true, true)"
        )
        written = connection.execute("UPDATE roster.users SET active = false RETURNING sourced_id").fetchall()
        assert written == [("u1",)]


def test_watermarks_are_the_syncs_and_the_operator_needs_none(database: Database) -> None:
    add_district(database.admin_url, "springfield-usd")
    with psycopg.connect(database.sync_url) as connection:
        connection.execute(
            "INSERT INTO roster.watermarks (district_id, category, collection, pulled_at, full_at, inputs)"
            " VALUES ('springfield-usd', 'Students', 'users', now(), now(), '')"
        )
        connection.execute("UPDATE roster.watermarks SET unfit = 'x'")
    refused(database.operator_url, "SELECT FROM roster.watermarks")


def test_no_row_can_point_to_another_districts_person(database: Database) -> None:
    add_district(database.admin_url, "springfield-usd")
    add_district(database.admin_url, "shelbyville-usd")
    with psycopg.connect(database.sync_url) as connection:
        row = connection.execute(
            "INSERT INTO roster.users (district_id, sourced_id, given_name, family_name, enabled, active)"
            " VALUES ('springfield-usd', 'u1', 'Ada', 'Byron', true, true) RETURNING id"
        ).fetchone()
        assert row is not None
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO roster.user_roles (district_id, user_id, role)"
                " VALUES ('shelbyville-usd', %s, 'districtAdmin')",
                [row[0]],
            )
