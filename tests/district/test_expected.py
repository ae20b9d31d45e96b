"""The district's own account, against a plain reading of the payloads by the rules of the five categories."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

import pytest

from tests.district.expected import Expected, active_schools, expected
from tests.district.fields import Version
from tests.district.listing import collections
from tests.district.population import Population
from tests.district.wire import Payload, References

TODAY = "2026-11-24"


@pytest.fixture(scope="module")
def population() -> Population:
    return Population.generate(7, today=date.fromisoformat(TODAY))


def current(item: Payload) -> bool:
    return bool(item.get("beginDate", TODAY) <= TODAY < item.get("endDate", "9999"))


def roles(user: Payload) -> Iterable[tuple[str, str]]:
    """Role and org of either version's user."""
    if "role" in user:
        return [(user["role"], org["sourcedId"]) for org in user["orgs"]]
    return [(role["role"], role["org"]["sourcedId"]) for role in user["roles"] if current(role)]


def read(population: Population, linked: Collection[str], version: Version) -> Expected:
    def active(name: str) -> list[Payload]:
        collection = collections(version)[name]
        shown = [collection.show(row, References(""), population) for row in collection.rows(population)]
        return [payload for payload in shown if payload["status"] == "active"]

    def per_school(orgs: Iterable[str]) -> dict[str, int]:
        counts = Counter(orgs)
        return {school: counts[school] for school in linked}

    users = active("users")
    enrollments = [enrollment for enrollment in active("enrollments") if current(enrollment)]
    classes = [class_ for class_ in active("classes") if class_["school"]["sourcedId"] in linked]
    parents = {s["sourcedId"]: s.get("parent", {}).get("sourcedId") for s in active("academicSessions")}
    sessions = {term["sourcedId"] for class_ in classes for term in class_["terms"]}
    sessions |= {parents[session] for session in sessions} | {parents[parents[s]] for s in sessions if parents[s]}
    at_school = {"administrator"} if version == "1.1" else {"principal", "siteAdministrator"}
    at_district = {"administrator"} if version == "1.1" else {"districtAdministrator"}
    district_admins = 0
    for user in users:
        held = {org for role, org in roles(user) if role in at_district}
        district_admins += held == {"1"} if version == "1.1" else "1" in held
    return Expected(
        students=per_school(org for user in users for role, org in roles(user) if role == "student"),
        teachers=per_school(org for user in users for role, org in roles(user) if role == "teacher"),
        teacher_enrollments=per_school(e["school"]["sourcedId"] for e in enrollments if e["role"] == "teacher"),
        classes=per_school(class_["school"]["sourcedId"] for class_ in classes),
        student_enrollments=per_school(e["school"]["sourcedId"] for e in enrollments if e["role"] == "student"),
        courses=len({class_["course"]["sourcedId"] for class_ in classes}),
        academic_sessions=len(sessions - {None}),
        school_admins=per_school(org for user in users for role, org in roles(user) if role in at_school),
        district_admins=district_admins,
    )


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("schools", [slice(None), slice(0, 3), slice(3, 4), slice(0, 0)])
def test_agrees_with_the_payloads(population: Population, version: Version, schools: slice) -> None:
    linked = active_schools(population)[schools]
    assert expected(population, linked, version) == read(population, linked, version)


def test_1_1_takes_the_lower_rank_and_cannot_tell_administrators_of_the_district_apart(
    population: Population,
) -> None:
    linked = active_schools(population)
    old, new = (expected(population, linked, version) for version in ("1.1", "1.2"))
    principal = population.users[population.cases.principal_and_district_administrator or ""]
    assert old.school_admins == new.school_admins
    assert old.school_admins[principal.roles[0].org] >= 1
    assert (old.district_admins, new.district_admins) == (4, 3)


def test_the_special_cases_are_counted_by_their_dates_and_status(population: Population) -> None:
    cases, linked = population.cases, active_schools(population)
    before = expected(population, linked, "1.2")
    plain = Population.generate(7, today=population.today)
    for sourced_id in (cases.withdrawn_student, cases.departed_teacher, cases.teacher_who_starts_soon):
        plain.remove(plain.users[sourced_id or ""])
    for sourced_id in (cases.ended_enrollment, cases.future_enrollment):
        plain.remove(plain.enrollments[sourced_id or ""])
    plain.remove(plain.classes[cases.cancelled_class or ""])
    assert expected(plain, linked, "1.2") == before
    plain.remove(plain.users[cases.disabled_student or ""])
    assert sum(expected(plain, linked, "1.2").students.values()) == sum(before.students.values()) - 1


def test_categories_have_the_platforms_names(population: Population) -> None:
    account = expected(population, ["0101"], "1.2").by_category()
    assert list(account) == ["Students", "TeacherAssignments", "ClassRosters", "SchoolAdmins", "DistrictAdmins"]
    assert account["SchoolAdmins"] == {"memberships": {"0101": 1}}
