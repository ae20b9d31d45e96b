"""The contestants of the sync's benchmark do the same work, here at a size that measures nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.bench.serving import serving
from tests.bench.sync import Site, site, start_cpu_seconds
from tests.platform.postgres import Server

pytestmark = pytest.mark.database
ENROLLMENTS = 2_000
SAME = (
    "SELECT sourced_id, username, given_name, family_name, email, active FROM roster.users ORDER BY 1",
    (
        "SELECT person.sourced_id, role, school_id FROM roster.user_roles AS held"
        " JOIN roster.users AS person ON person.id = held.user_id ORDER BY 1, 2"
    ),
    "SELECT sourced_id, school_id, title, term_sourced_ids FROM roster.classes ORDER BY 1",
    "SELECT sourced_id, title, subjects FROM roster.courses ORDER BY 1",
    (
        "SELECT held.sourced_id, category, person.sourced_id, class.sourced_id, held.school_id, begin_date"
        " FROM roster.enrollments AS held JOIN roster.users AS person ON person.id = held.user_id"
        " JOIN roster.classes AS class ON class.id = held.class_id ORDER BY 1"
    ),
)


def run(module: str, arguments: list[str]) -> dict[str, float]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    spent: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return spent


def held(where: Site) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(where.database.admin_url) as connection:
        return [connection.execute(statement).fetchall() for statement in SAME]


def test_the_floor_brings_what_the_sync_brings(postgres: Server, tmp_path: Path) -> None:
    with (
        serving(ENROLLMENTS, "--tls-directory", str(tmp_path)) as served,
        site(postgres, served, tmp_path) as synced,
        site(postgres, served, tmp_path) as floored,
    ):
        spent = [run("sync_engine", synced.engine()), run("sync_floor", floored.floor())]
        assert held(synced) == held(floored)
        assert len(held(synced)[-1]) == ENROLLMENTS
        assert all(one > 0 for each in spent for one in each.values())


def test_the_start_is_measured_up_to_the_first_request(postgres: Server, tmp_path: Path) -> None:
    with serving(ENROLLMENTS) as served, site(postgres, served, tmp_path) as where:
        assert 0.05 < start_cpu_seconds(where.database, tmp_path) < 10
