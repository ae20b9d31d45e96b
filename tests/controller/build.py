"""Connections, schools and reports as the tests of the controller need them."""

import copy
import datetime as dt
from dataclasses import dataclass
from typing import Any

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Endpoint, Limits, Plan
from oneroster_operator.api.report import CategoryReport, Outcome, Report
from oneroster_operator.api.resource import Connection, parse
from oneroster_operator.api.status import ConnectionStatus
from oneroster_operator.controller.apply import as_written
from oneroster_operator.controller.preview import Counted
from oneroster_operator.controller.settings import Settings

NOW = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)
NAMESPACE, NAME, UID = "districts", "springfield", "0b7e5c1e-9d0b-4e6e-8f43-0a4f2f1c7a11"
SETTINGS = Settings(
    image="registry.example/oneroster-operator:0.1.0",
    support="support@platform.example",
    cluster="uid-of-the-cluster",
)

STUDENTS, TEACHERS, ROSTERS = Category.STUDENTS, Category.TEACHER_ASSIGNMENTS, Category.CLASS_ROSTERS
SCHOOL_ADMINS, DISTRICT_ADMINS = Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS

SPEC: dict[str, Any] = {
    "districtId": "springfield-usd",
    "endpoint": {"url": "https://sis.springfield.example/ims/oneroster/rostering/v1p2"},
    "auth": {
        "type": "OAuth2",
        "tokenUrl": "https://sis.springfield.example/oauth/token",
        "secretRef": {"name": "springfield-oneroster"},
    },
    "schedule": {"timeZone": "America/Chicago", "window": {"start": "01:00", "end": "05:00"}},
}

SETTLED: dict[str, Any] = {"categories": ["Students", "ClassRosters"], "confirmed": True}
"""What the spec of a connection that is in use says besides."""


def spec(**changes: Any) -> dict[str, Any]:
    """A spec as it stands in YAML, with these fields at its top."""
    return copy.deepcopy(SPEC) | copy.deepcopy(changes)


def body(
    spec: dict[str, Any],
    *,
    name: str = NAME,
    generation: int = 1,
    annotations: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The object as the API server hands it over."""
    metadata = {
        "namespace": NAMESPACE,
        "name": name,
        "uid": UID,
        "generation": generation,
        "annotations": annotations or {},
    }
    return {"metadata": metadata, "spec": spec, "status": status or {"observedGeneration": -1}}


def connection(
    *,
    name: str = NAME,
    annotations: dict[str, str] | None = None,
    status: ConnectionStatus | None = None,
    **changes: Any,
) -> Connection:
    """A connection whose spec has these fields at its top."""
    written = as_written(status) if status else None
    return parse(body(spec(**changes), name=name, annotations=annotations, status=written))


@dataclass(frozen=True)
class Org:
    """An org as the district lists it."""

    sourced_id: str
    name: str
    type: str = "school"
    identifier: str | None = None
    parent_sourced_id: str | None = None


@dataclass(frozen=True)
class School:
    """A school of the platform."""

    id: str
    name: str
    identifier: str | None = None


def report(*categories: CategoryReport, at: dt.datetime = NOW) -> Report:
    """What a pod left."""
    return Report(started=at, finished=at, categories=categories)


def counted(category: Category, total: int, *, new_admins: int = 0, **school: int) -> Counted:
    """What a dry run found in one category."""
    return Counted(CategoryReport(category, Outcome.SUCCEEDED), total, new_admins, school or {"0042": total})


def plan(name: str = f"{NAMESPACE}/{NAME}", *, run_seconds: int = 3600) -> Plan:
    """Some plan."""
    return Plan(
        connection=name,
        district_id="springfield-usd",
        endpoint=Endpoint(url="https://sis.springfield.example/v1p2", version="1.2", auth_type="OAuth2"),
        links={"0042": "sch_lincoln"},
        categories=(STUDENTS, ROSTERS),
        limits=Limits(max_removed_percent=10, removed_floor=20, max_changed_percent=75, max_new_admins=5),
        time_zone="America/Chicago",
        run_seconds=run_seconds,
        lock_wait_seconds=600,
    )
