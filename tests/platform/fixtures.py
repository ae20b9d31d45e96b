"""Fixtures for tests marked `database`."""

from collections.abc import Iterator

import pytest

from tests.platform.databases import Database, fresh_database
from tests.platform.postgres import Server, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL for the whole session."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    """A migrated database of the test's own."""
    with fresh_database(postgres) as database:
        yield database
