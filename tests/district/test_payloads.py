"""Payloads against what the schemas of OneRoster 1.1 and 1.2 say of each object's fields.

The tables are written from the specification, apart from the code that makes the payloads.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from tests.district.fields import Version
from tests.district.listing import collections
from tests.district.population import Population
from tests.district.records import CANARY
from tests.district.wire import Payload, References

BASE = "https://sis.example/ims"
Check = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def one_of(*values: str) -> Check:
    return lambda value: value in values


def texts(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(text(item) for item in value)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def day(value: Any) -> bool:
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def moment(value: Any) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None and bool(
        datetime.fromisoformat(value)
    )


def reference(kind: str, collection: str) -> Check:
    def check(value: Any) -> bool:
        wanted = {"href": f"{BASE}/{collection}/{value['sourcedId']}", "type": kind}
        return value == wanted | {"sourcedId": value["sourcedId"]} and text(value["sourcedId"])

    return check


def several(check: Check) -> Check:
    return lambda value: isinstance(value, list) and value != [] and all(check(item) for item in value)


def shaped(fields: dict[str, Check]) -> Check:
    return lambda value: complaints(value, fields) == []


def complaints(payload: Payload, fields: dict[str, Check]) -> list[str]:
    """A name with ``*`` is required. Fields that the schema does not have are not allowed."""
    known = {name.rstrip("*"): check for name, check in fields.items()}
    missing = [name for name in fields if name.endswith("*") and name[:-1] not in payload]
    unknown = [name for name in payload if name not in known]
    wrong = [name for name, value in payload.items() if name in known and not known[name](value)]
    return missing + unknown + wrong


ORG, USER = reference("org", "orgs"), reference("user", "users")
SESSION = reference("academicSession", "academicSessions")
COURSE, CLASS = reference("course", "courses"), reference("class", "classes")
TRUE_FALSE = one_of("true", "false")

OBJECT: dict[str, Check] = {
    "sourcedId*": text,
    "status*": one_of("active", "tobedeleted"),
    "dateLastModified*": moment,
    "metadata": lambda value: isinstance(value, dict),
}
ORGS = OBJECT | {
    "name*": text,
    "type*": one_of("department", "district", "local", "national", "school", "state"),
    "identifier*": lambda value: value is None or text(value),
    "parent": ORG,
    "children": several(ORG),
}
SESSIONS = OBJECT | {
    "title*": text,
    "startDate*": day,
    "endDate*": day,
    "type*": one_of("gradingPeriod", "semester", "schoolYear", "term"),
    "parent": SESSION,
    "children": several(SESSION),
    "schoolYear*": lambda value: re.fullmatch(r"\d{4}", value) is not None,
}
COURSES = OBJECT | {
    "title*": text,
    "courseCode*": text,
    "schoolYear": SESSION,
    "org": ORG,
    "grades": texts,
    "subjects": texts,
}
CLASSES = OBJECT | {
    "title*": text,
    "classCode": text,
    "classType": one_of("homeroom", "scheduled"),
    "location": text,
    "grades": texts,
    "subjects": texts,
    "course*": COURSE,
    "school*": ORG,
    "terms*": several(SESSION),
}
ENROLLMENTS = OBJECT | {
    "user*": USER,
    "class*": CLASS,
    "school*": ORG,
    "beginDate": day,
    "endDate": day,
}
USERS = OBJECT | {
    "username*": text,
    "userIds": several(shaped({"type*": text, "identifier*": text})),
    "givenName*": text,
    "familyName*": text,
    "middleName": text,
    "identifier": text,
    "email": text,
    "sms": text,
    "phone": text,
    "password": text,
    "grades": texts,
    "agents": several(USER),
}
ROLE: dict[str, Check] = {
    "roleType*": one_of("primary", "secondary"),
    "role*": one_of(
        "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor", "relative",
        "siteAdministrator", "student", "systemAdministrator", "teacher",
    ),
    "org*": ORG,
    "beginDate": day,
    "endDate": day,
}  # fmt: skip
PROFILE: dict[str, Check] = {
    "profileId*": text,
    "profileType*": text,
    "vendorId*": text,
    "applicationId": text,
    "description": text,
    "credentials": several(shaped({"type*": text, "username*": text, "password": text})),
}
SCHEMAS: dict[Version, dict[str, dict[str, Check]]] = {
    "1.1": {
        "orgs": ORGS,
        "academicSessions": SESSIONS,
        "courses": COURSES,
        "classes": CLASSES | {"periods": text},
        "enrollments": ENROLLMENTS
        | {
            "role*": one_of(
                "administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"
            ),
            "primary": boolean,
        },
        "users": USERS
        | {
            "enabledUser*": boolean,
            "role*": one_of(
                "administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"
            ),
            "orgs*": several(ORG),
        },
    },
    "1.2": {
        "orgs": ORGS,
        "academicSessions": SESSIONS,
        "courses": COURSES,
        "classes": CLASSES | {"periods": texts},
        "enrollments": ENROLLMENTS
        | {"role*": one_of("administrator", "proctor", "student", "teacher"), "primary": TRUE_FALSE},
        "users": USERS
        | {
            "enabledUser*": TRUE_FALSE,
            "userMasterIdentifier": text,
            "preferredFirstName": text,
            "primaryOrg": ORG,
            "roles*": several(shaped(ROLE)),
            "userProfiles": several(shaped(PROFILE)),
        },
    },
}


@pytest.fixture(scope="module")
def population() -> Population:
    return Population.generate(7, today=date(2026, 11, 24))


def payloads(population: Population, version: Version, name: str) -> list[Payload]:
    collection = collections(version)[name]
    return [collection.show(row, References(BASE), population) for row in collection.rows(population)]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("name", ["orgs", "academicSessions", "courses", "classes", "enrollments", "users"])
def test_every_object_has_the_fields_of_its_schema(population: Population, version: Version, name: str) -> None:
    shown = payloads(population, version, name)
    assert shown
    fields = SCHEMAS[version][name]
    assert [(p["sourcedId"], complaints(p, fields)) for p in shown if complaints(p, fields)] == []
    seen = {field for payload in shown for field in payload}
    assert {field.rstrip("*") for field in fields} - seen <= {"metadata"}, "a field that no object shows"
    assert len({payload["sourcedId"] for payload in shown}) == len(shown)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize(
    ("name", "within", "field", "values"),
    [
        ("schools", "orgs", "type", {"school"}),
        ("terms", "academicSessions", "type", {"term"}),
        ("gradingPeriods", "academicSessions", "type", {"gradingPeriod"}),
    ],
)
def test_narrower_collections_are_parts_of_the_core_ones(
    population: Population, version: Version, name: str, within: str, field: str, values: set[str]
) -> None:
    wanted = [payload for payload in payloads(population, version, within) if payload[field] in values]
    assert payloads(population, version, name) == wanted
    assert wanted


@pytest.mark.parametrize("role", ["student", "teacher"])
def test_students_and_teachers_are_the_users_with_that_role(population: Population, role: str) -> None:
    def has_role(payload: Payload) -> bool:
        return role in (payload.get("role"), *(held["role"] for held in payload.get("roles", [])))

    for version in ("1.1", "1.2"):
        wanted = [payload for payload in payloads(population, version, "users") if has_role(payload)]
        assert payloads(population, version, f"{role}s") == wanted


def test_1_1_has_an_account_per_role_and_1_2_a_person_with_roles(population: Population) -> None:
    person = population.cases.teaching_principal
    old = [p for p in payloads(population, "1.1", "users") if p["sourcedId"].startswith(f"{person}")]
    new = [p for p in payloads(population, "1.2", "users") if p["sourcedId"].startswith(f"{person}")]
    assert [(p["sourcedId"], p["role"]) for p in old] == [
        (person, "administrator"),
        (f"{person}-teacher", "teacher"),
    ]
    assert [[held["role"] for held in p["roles"]] for p in new] == [["principal", "teacher"]]
    taught_by = {p["user"]["sourcedId"] for p in payloads(population, "1.1", "enrollments")}
    assert f"{person}-teacher" in taught_by


def test_1_1_shows_a_student_of_two_schools_once_and_leaves_out_roles_that_are_not_current(
    population: Population,
) -> None:
    cases = population.cases
    orgs = {p["sourcedId"]: [org["sourcedId"] for org in p["orgs"]] for p in payloads(population, "1.1", "users")}
    roles = {p["sourcedId"]: p["roles"] for p in payloads(population, "1.2", "users")}
    assert len(orgs[cases.student_at_two_schools or ""]) == 2
    left, joined = roles[cases.transferred_student or ""]
    assert orgs[cases.transferred_student or ""] == [joined["org"]["sourcedId"]]
    assert left["endDate"] == joined["beginDate"]
    assert cases.teacher_who_starts_soon not in orgs
    assert "beginDate" in roles[cases.teacher_who_starts_soon or ""][0]


def test_enrollments_of_1_1_point_at_accounts_that_exist(population: Population) -> None:
    accounts = {payload["sourcedId"]: payload["role"] for payload in payloads(population, "1.1", "users")}
    for payload in payloads(population, "1.1", "enrollments"):
        assert accounts[payload["user"]["sourcedId"]] == payload["role"]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_what_a_consumer_must_drop_carries_a_canary(population: Population, version: Version) -> None:
    users = [payload for payload in payloads(population, version, "users") if "password" in payload]
    assert 0 < len(users) < len(payloads(population, version, "users")) / 2
    for payload in users:
        assert all(payload[field].startswith(f"{CANARY}-{field}-") for field in ("password", "sms", "phone"))
        assert CANARY in str(payload["metadata"])
        if version == "1.2":
            assert payload["userProfiles"][0]["credentials"][0]["password"].startswith(CANARY)
    kept = ("sourcedId", "username", "givenName", "familyName", "identifier", "email")
    assert CANARY not in str([[payload.get(field) for field in kept] for payload in users])
