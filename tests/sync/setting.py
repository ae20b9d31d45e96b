"""A district that runs, a platform that has its schools, and the sync between them."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Endpoint, Limits, Plan
from oneroster_operator.oneroster import Endpoint as ClientEndpoint
from oneroster_operator.oneroster import OAuth1, OAuth2
from oneroster_operator.platform.directory import PlatformSchool
from oneroster_operator.platform.runs import RunRecord
from oneroster_operator.sync.mounted import Access
from oneroster_operator.sync.pipeline import Invocation
from oneroster_operator.sync.reconnect import Reconnecting
from oneroster_operator.sync.run import Run
from tests.district.expected import Expected, active_schools
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district
from tests.platform.databases import Database, add_district, add_schools

DISTRICT = "springfield-usd"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""Where the simulated districts of these tests are."""
TODAY = dt.date(2026, 11, 24)
ROSTER = ("users", "user_roles", "academic_sessions", "courses", "classes", "enrollments", "school_links")
STRICT = Limits(max_removed_percent=10, removed_floor=20, max_changed_percent=75, max_new_admins=5)
LOOSE = Limits(max_removed_percent=100, removed_floor=0, max_changed_percent=100, max_new_admins=10_000)


def noon() -> dt.datetime:
    return dt.datetime.combine(TODAY, dt.time(18), dt.UTC)


@dataclass
class Setting:
    """`plan` is what the next sync is told, `clock` what it takes for the time."""

    district: RunningDistrict
    database: Database
    plan: Plan
    access: Access
    version: Version
    jobs: int = field(default=0)
    clock: Callable[[], dt.datetime] = noon
    reconnecting: Reconnecting = field(default_factory=Reconnecting)

    async def sync(self, *categories: Category, dry_run: bool = False) -> list[RunRecord]:
        """One invocation, as the command makes it; by default of all categories."""
        run = self.run(*categories, dry_run=dry_run)
        await run.work()
        return run.records

    def run(self, *categories: Category, dry_run: bool = False) -> Run:
        self.jobs += 1
        invocation = Invocation(self.plan, f"job-{self.jobs}", dry_run, self.clock)
        zone = ZoneInfo(self.plan.time_zone)
        return Run(invocation, self.access, zone, categories or tuple(Category), self.reconnecting)

    async def one(self, category: Category, *, dry_run: bool = False) -> RunRecord:
        (record,) = await self.sync(category, dry_run=dry_run)
        return record

    def change(self, **fields: Any) -> None:
        """Another plan from now on."""
        self.plan = msgspec.structs.replace(self.plan, **fields)

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.admin_url) as connection:
            return connection.execute(statement, values).fetchall()

    def count(self, statement: str, *values: Any) -> int:
        return int(self.query(statement, *values)[0][0])

    def per_school(self, table: str, condition: str) -> dict[str, int]:
        """Rows by the district's sourcedId of every linked school."""
        counts = dict(
            self.query(f"SELECT school_id, count(*) FROM roster.{table} WHERE {condition} GROUP BY school_id")
        )
        return {sourced_id: counts.get(school_id, 0) for sourced_id, school_id in self.plan.links.items()}

    def written(self) -> dict[str, int]:
        """Rows ever inserted, updated and deleted in each roster table, by PostgreSQL's own account."""
        end = time.monotonic() + 10
        while self.count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oneroster-sync'"):
            assert time.monotonic() < end, "a sync did not end its session"
            time.sleep(0.01)
        counts = dict(
            self.query(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"
                " WHERE schemaname = 'roster'"
            )
        )
        return {table: counts[table] for table in ROSTER}

    async def writes_of(self, *categories: Category) -> tuple[dict[str, int], list[RunRecord]]:
        """Rows that one invocation writes, by table, where there are any; and its records."""
        before = await asyncio.to_thread(self.written)
        records = await self.sync(*categories)
        after = await asyncio.to_thread(self.written)
        return {table: after[table] - before[table] for table in ROSTER if after[table] != before[table]}, records


@asynccontextmanager
async def setting(
    database: Database,
    version: Version = "1.2",
    *,
    population: Population | None = None,
    unlinked: Iterable[str] = (),
    limits: Limits = STRICT,
) -> AsyncIterator[Setting]:
    """A running district, all of whose schools but the `unlinked` are linked to schools of the platform."""
    population = population or Population.generate(7, today=TODAY, schools=4, students_per_school=40)
    add_to_platform(database, population)
    auth: Literal["oauth1", "oauth2"] = "oauth1" if version == "1.1" else "oauth2"
    async with running_district(population, version=version, auth=auth) as district:
        plan = plan_of(
            district,
            links={s: platform_id(s) for s in active_schools(population) if s not in set(unlinked)},
            limits=limits,
            run_seconds=300,
            lock_wait_seconds=30,
            accepted_admins={Category.SCHOOL_ADMINS: 1000, Category.DISTRICT_ADMINS: 1000},
        )
        credentials = (
            OAuth1(district.client_id, district.client_secret)
            if district.token_url is None
            else OAuth2(district.client_id, district.client_secret, district.token_url)
        )
        access = Access(
            ClientEndpoint(district.base_url, version, district.ca_pem), credentials, database.sync_url, LOOPBACK
        )
        yield Setting(district, database, plan, access, version)


def platform_id(sourced_id: str) -> str:
    return f"sch_{sourced_id}"


def add_to_platform(database: Database, population: Population) -> None:
    """The district and its active schools, by the names that the district gives them."""
    schools = [PlatformSchool(platform_id(s), population.orgs[s].name, None) for s in active_schools(population)]
    add_district(database.admin_url, DISTRICT)
    add_schools(database.admin_url, DISTRICT, schools)


def plan_of(district: RunningDistrict, **otherwise: Any) -> Plan:
    """A plan for all categories of a running district, all of whose schools are linked."""
    endpoint = Endpoint(
        url=district.base_url,
        version=district.district.settings.version,
        auth_type="OAuth1" if district.token_url is None else "OAuth2",
        token_url=district.token_url,
        ca_bundle=district.ca_pem,
    )
    usual: dict[str, Any] = {
        "connection": "districts/springfield",
        "district_id": DISTRICT,
        "endpoint": endpoint,
        "links": {s: platform_id(s) for s in active_schools(district.population)},
        "categories": tuple(Category),
        "limits": STRICT,
        "time_zone": "America/Chicago",
        "run_seconds": 60,
        "lock_wait_seconds": 5,
        "district_org": district.population.district.sourced_id,
    }
    return Plan(**usual | otherwise)


def held(of: Setting) -> Expected:
    """What the platform holds, in the district's terms."""
    active = "ended_at IS NULL AND claimed_by @> ARRAY['ClassRosters']"
    return Expected(
        students=of.per_school("user_roles", "role = 'student' AND ended_at IS NULL"),
        teachers=of.per_school("user_roles", "role = 'teacher' AND ended_at IS NULL"),
        teacher_enrollments=of.per_school("enrollments", "role = 'teacher' AND ended_at IS NULL"),
        classes=of.per_school("classes", active),
        student_enrollments=of.per_school("enrollments", "role = 'student' AND ended_at IS NULL"),
        courses=of.count(f"SELECT count(*) FROM roster.courses WHERE {active}"),
        academic_sessions=of.count(f"SELECT count(*) FROM roster.academic_sessions WHERE {active}"),
        school_admins=of.per_school("user_roles", "role = 'schoolAdmin' AND ended_at IS NULL"),
        district_admins=of.count(
            "SELECT count(*) FROM roster.user_roles WHERE role = 'districtAdmin' AND ended_at IS NULL"
        ),
    )
