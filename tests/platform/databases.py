"""Databases of a test server: empty ones, migrated ones, and what the platform keeps in them itself."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from oneroster_operator.platform.connection import connect
from oneroster_operator.platform.directory import PlatformSchool
from oneroster_operator.platform.migrate import migrate
from oneroster_operator.platform.schema import packaged_migrations
from tests.platform.postgres import Server, set_password

OPERATOR_LOGIN = "oneroster_operator_login"
SYNC_LOGIN = "oneroster_sync_login"
GROUP_ROLES = {OPERATOR_LOGIN: "oneroster_operator", SYNC_LOGIN: "oneroster_sync"}

_BASE = Path(__file__).with_name("base.sql")


@dataclass(frozen=True)
class Database:
    """A database of its own, and how each of the three logins reaches it."""

    name: str
    admin_url: str
    operator_url: str
    sync_url: str


@contextmanager
def fresh_database(server: Server) -> Iterator[Database]:
    """A migrated database with no district in it, copied from a template in milliseconds; dropped on leaving."""
    with _database(server, template=_migrated_template(server)) as database:
        yield database


@contextmanager
def bare_database(server: Server, *, base: bool = True) -> Iterator[Database]:
    """A database that was never migrated, with or without the platform's own tables; dropped on leaving."""
    with _database(server, template="template0") as database:
        if base:
            create_base(database.admin_url)
        yield database


def create_base(url: str) -> None:
    """Create the platform's own tables where they are missing."""
    with psycopg.connect(url) as connection:
        connection.execute(_BASE.read_bytes())


def create_users(url: str, passwords: Mapping[str, str]) -> None:
    """Create or correct the logins named, as members of their group roles, which a migration has made."""
    with psycopg.connect(url) as connection:
        for login, password in passwords.items():
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
            set_password(connection, login, password)
            connection.execute(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(GROUP_ROLES[login]), sql.Identifier(login))
            )


def add_district(url: str, district_id: str, name: str = "", *, granted: bool = True) -> None:
    """Make the platform have a district of this id and name, by default granted to both logins."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO public.districts (id, name) VALUES (%s, %s)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            [district_id, name],
        )
        if granted:
            connection.execute(
                "INSERT INTO roster.district_grants (role, district_id) SELECT unnest(%s::text[]), %s"
                " ON CONFLICT DO NOTHING",
                [list(GROUP_ROLES), district_id],
            )


def add_schools(url: str, district_id: str, schools: Sequence[PlatformSchool]) -> None:
    """Make the platform have these schools in a district that it has."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO public.schools (id, district_id, name, identifier) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET"
            " district_id = excluded.district_id, name = excluded.name, identifier = excluded.identifier",
            [(school.id, district_id, school.name, school.identifier) for school in schools],
        )


@contextmanager
def _database(server: Server, template: str) -> Iterator[Database]:
    name = f"platform_{secrets.token_hex(4)}"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    try:
        yield Database(
            name,
            admin_url=server.admin_url(name),
            operator_url=server.url(name, OPERATOR_LOGIN, server.password),
            sync_url=server.url(name, SYNC_LOGIN, server.password),
        )
    finally:
        with psycopg.connect(server.admin_url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def _migrated_template(server: Server) -> str:
    name = "migrated"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.admin_url(name)
    create_base(url)
    with ThreadPoolExecutor(1) as elsewhere:  # the caller may have a running event loop
        elsewhere.submit(asyncio.run, _migrate(url)).result()
    create_users(url, dict.fromkeys(GROUP_ROLES, server.password))
    return name


async def _migrate(url: str) -> None:
    async with await connect(url, application="tests") as connection:
        await migrate(connection, packaged_migrations(), lambda _: None)
