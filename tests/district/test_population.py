"""The population: deterministic, consistent, and with every special case in it."""

import re
import subprocess
import sys
from datetime import date

import pytest

from tests.district.curriculum import GRADES
from tests.district.names import NAMESAKES
from tests.district.population import Population
from tests.district.records import AnyRecord, in_force

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def population() -> Population:
    return Population.generate(7, today=TODAY)


def everything(population: Population) -> list[AnyRecord]:
    return [
        *population.orgs.values(),
        *population.academic_sessions.values(),
        *population.courses.values(),
        *population.classes.values(),
        *population.users.values(),
        *population.enrollments.values(),
    ]


def test_the_same_seed_gives_the_same_records_in_another_process() -> None:
    program = (
        "import hashlib; from datetime import date;"
        "from tests.district.test_population import everything, Population;"
        "p = Population.generate(3, today=date(2026, 11, 24), schools=4, students_per_school=20);"
        "print(hashlib.sha256(repr(everything(p)).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_gives_another_district(population: Population) -> None:
    other = Population.generate(8, today=TODAY)
    assert [school.name for school in other.schools] != [school.name for school in population.schools]


def test_names_of_schools_do_not_depend_on_how_many_schools_or_students_there_are(population: Population) -> None:
    larger = Population.generate(7, today=TODAY, schools=30, students_per_school=0)
    assert larger.schools[:12] == population.schools


@pytest.mark.parametrize("today", [date(2026, 7, 1), date(2026, 12, 31), date(2027, 2, 28), date(2027, 6, 30)])
def test_any_day_lies_within_the_school_year_and_leaves_most_enrollments_in_force(today: date) -> None:
    population = Population.generate(7, today=today, schools=3)
    calendar = population.origin.calendar
    assert in_force(calendar.year.begin, calendar.year.end, today)
    assert sum(in_force(half.begin, half.end, today) for half in calendar.semesters) == 1
    current = [e for e in population.enrollments.values() if in_force(e.begin, e.end, today)]
    assert len(current) > 0.75 * len(population.enrollments)


def test_schools_have_levels_like_a_district_and_identifiers_like_nces(population: Population) -> None:
    assert {school.level for school in population.schools} == set(GRADES)
    assert re.fullmatch(r"\d{7}", population.district.identifier or "")
    identifiers = [school.identifier for school in population.schools]
    assert identifiers.count(None) == 2
    assert all(re.fullmatch(r"\d{12}", identifier) for identifier in identifiers if identifier)
    high, middle, elementary = (school.name for school in population.schools[:3])
    stem = high.removesuffix(" High School")
    assert stem in NAMESAKES
    assert (middle, elementary) == (f"{stem} Middle School", f"{stem} Elementary School")


def test_names_of_1800_schools_are_all_different() -> None:
    population = Population.generate(1, today=TODAY, schools=1_800, students_per_school=0)
    assert len({school.name for school in population.schools}) == 1_800


def test_every_reference_leads_somewhere(population: Population) -> None:
    for class_ in population.classes.values():
        assert class_.course in population.courses
        assert population.orgs[class_.school].type == "school"
        assert class_.terms
        assert all(term in population.academic_sessions for term in class_.terms)
    for user in population.users.values():
        assert all(role.org in population.orgs for role in user.roles)
        assert all(agent in population.users for agent in user.agents)
    for enrollment in population.enrollments.values():
        holder = population.users[enrollment.user]
        assert any((role.name, role.org) == (enrollment.role, enrollment.school) for role in holder.roles)
        assert population.classes[enrollment.class_].school == enrollment.school
    for course in population.courses.values():
        assert course.org in population.orgs
        assert course.school_year in population.academic_sessions


def test_each_class_has_one_primary_teacher_and_each_role_one_primary_per_org(population: Population) -> None:
    primary = [e.class_ for e in population.enrollments.values() if e.primary]
    assert sorted(primary) == sorted(population.classes)
    assert any(e.primary is False for e in population.enrollments.values())
    for user in population.users.values():
        primary_at = [role.org for role in user.roles if role.primary]
        assert sorted(primary_at) == sorted({role.org for role in user.roles})


def test_usernames_identifiers_and_addresses_belong_to_one_person(population: Population) -> None:
    users = population.users.values()
    for values in (
        [user.username for user in users],
        [user.identifier for user in users if user.identifier],
        [user.email for user in users if user.email],
    ):
        assert len(set(values)) == len(values)


def test_text_has_accents_and_apostrophes(population: Population) -> None:
    names = "".join(user.family_name for user in population.users.values())
    assert "'" in names
    assert not names.isascii()


def test_special_cases_are_what_they_say(population: Population) -> None:
    cases, users, enrollments = population.cases, population.users, population.enrollments

    def roles(sourced_id: str | None) -> list[str]:
        return [role.name for role in users[sourced_id or ""].roles]

    ended = enrollments[cases.ended_enrollment or ""]
    assert ended.end is not None
    assert ended.end < TODAY
    future = enrollments[cases.future_enrollment or ""]
    assert future.begin is not None
    assert future.begin > TODAY
    assert not users[cases.disabled_student or ""].enabled
    assert users[cases.withdrawn_student or ""].status == "tobedeleted"
    assert {e.status for e in enrollments.values() if e.user == cases.withdrawn_student} == {"tobedeleted"}
    assert users[cases.departed_teacher or ""].status == "tobedeleted"
    starts = users[cases.teacher_who_starts_soon or ""].roles[0].begin
    assert starts is not None
    assert starts > TODAY
    assert population.classes[cases.cancelled_class or ""].status == "tobedeleted"
    assert {e.status for e in enrollments.values() if e.class_ == cases.cancelled_class} == {"tobedeleted"}
    assert roles(cases.teaching_principal) == ["principal", "teacher"]
    assert roles(cases.principal_and_district_administrator) == ["principal", "districtAdministrator"]
    assert roles(cases.student_at_two_schools) == ["student", "student"]
    left, joined = users[cases.transferred_student or ""].roles
    assert (left.end, joined.end) == (joined.begin, None)


@pytest.mark.parametrize(("schools", "students"), [(0, 60), (1, 60), (2, 5), (12, 0)])
def test_small_districts_are_possible(schools: int, students: int) -> None:
    population = Population.generate(1, today=TODAY, schools=schools, students_per_school=students)
    assert len(population.schools) == schools
