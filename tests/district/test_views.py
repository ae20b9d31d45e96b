"""Who and what a product lists, as the population that its consumer should come to hold."""

from datetime import date

import pytest

from tests.district.consumer import consumer_of
from tests.district.expected import active_schools, expected
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.quirks import viewed
from tests.district.quirks.catalogue import VIEWS
from tests.district.running import running_district
from tests.district.settings import Settings

TODAY = date(2026, 11, 24)
POPULATION = Population.generate(7, today=TODAY, schools=4, students_per_school=40)


def seen(*views: str) -> Population:
    return viewed(views, POPULATION)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_gives_another_population_and_leaves_the_districts_own(view: str) -> None:
    before = list(POPULATION.records())
    after = list(seen(view).records())
    assert after != before
    assert list(POPULATION.records()) == before
    assert seen(view).revision == POPULATION.revision


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_leaves_a_reference_to_what_it_does_not_list(view: str) -> None:
    known = seen(view)
    for user in known.users.values():
        assert {role.org for role in user.roles} <= known.orgs.keys()
        assert set(user.agents) <= known.users.keys()
    for enrollment in known.enrollments.values():
        assert enrollment.user in known.users
        assert enrollment.school in known.orgs
    for class_ in known.classes.values():
        assert set(class_.terms) <= known.academic_sessions.keys()
        assert class_.course in known.courses
    for org in known.orgs.values():
        assert org.parent is None or org.parent in known.orgs


@pytest.mark.parametrize("view", [view for view in VIEWS if view.startswith("ids-")])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_other_ids_are_as_many_and_mean_the_same(view: str, version: Version) -> None:
    known = seen(view)
    assert known.counts() == POPULATION.counts()
    old, new = (expected(p, active_schools(p), version) for p in (POPULATION, known))
    assert [*old.students.values()] == [*new.students.values()]
    assert [*old.teacher_enrollments.values()] == [*new.teacher_enrollments.values()]
    assert (old.courses, old.academic_sessions, old.district_admins) == (
        new.courses,
        new.academic_sessions,
        new.district_admins,
    )


def test_ids_look_as_each_product_makes_them() -> None:
    assert seen("ids-zero-district").district.sourced_id == "0"
    assert "s+0101-0001" in seen("ids-prefixed").users
    assert "7_S0101_0001" in seen("ids-underscored").users
    assert "S+/| %0101-0001" in seen("ids-marked").users
    assert all(len(sourced_id) == 32 for sourced_id in seen("ids-hashed").users)
    numbers = seen("ids-numbers").users
    assert all(sourced_id.isdecimal() for sourced_id in numbers)
    assert sorted(numbers) != sorted(numbers, key=int)
    cases = seen("ids-mixed-case").users
    assert sorted(cases) != sorted(cases, key=str.casefold)


async def test_marks_in_ids_reach_their_objects_by_path_and_by_filter() -> None:
    async with (
        running_district(POPULATION, tls=False, settings=Settings(quirks=("ids-marked",))) as district,
        consumer_of(district) as asks,
    ):
        sourced_id = "S+/| %0101-0001"
        assert (await asks.get("users/S%2B%2F%7C%20%250101-0001")).body["user"]["sourcedId"] == sourced_id
        assert [
            u["sourcedId"] for u in (await asks.get("users", filter=f"sourcedId='{sourced_id}'")).body["users"]
        ] == [sourced_id]
        assert district.controls.withdraw_student(student="S0101-0001")
        assert (await asks.get("users/S%2B%2F%7C%20%250101-0001")).status == 404


def test_one_user_per_school_has_the_roles_and_enrollments_of_that_school() -> None:
    both = POPULATION.cases.student_at_two_schools or ""
    schools = [role.org for role in POPULATION.users[both].roles]
    known = seen("one-user-per-school")
    parts = [user for sourced_id, user in known.users.items() if sourced_id.startswith(f"{both}-")]
    assert [[role.org for role in part.roles] for part in parts] == [[schools[0]], [schools[1]]]
    for part in parts:
        enrolled = {e.school for e in known.enrollments.values() if e.user == part.sourced_id}
        assert enrolled == {part.roles[0].org}


def test_what_is_gone_is_not_listed_where_status_is_always_active() -> None:
    known = seen("without-tombstones")
    assert {record.status for record in known.records()} == {"active"}
    assert len(known.users) < len(POPULATION.users)
    linked = active_schools(POPULATION)
    assert expected(known, linked, "1.2") == expected(POPULATION, linked, "1.2")


def test_people_without_enrollment_or_account_are_not_listed() -> None:
    students = {u for u, user in POPULATION.users.items() if user.roles[0].name == "student"}
    enrolled = {e.user for e in POPULATION.enrollments.values() if e.status == "active"}
    missing = POPULATION.users.keys() - seen("enrolled-students-only").users.keys()
    assert missing
    assert missing <= students
    listed = seen("enrolled-users-only").users
    assert listed.keys() <= enrolled
    assert not any(role.name == "districtAdministrator" for u in listed.values() for role in u.roles[:1])
    gone = POPULATION.users.keys() - seen("enabled-accounts-only").users.keys()
    assert gone == {POPULATION.cases.disabled_student}


def test_all_who_do_not_teach_are_administrators() -> None:
    roles = {role.name for user in seen("staff-as-administrators").users.values() for role in user.roles}
    assert roles.isdisjoint({"aide", "counselor"})
    linked = active_schools(POPULATION)
    many, few = (expected(p, linked, "1.1").school_admins for p in (seen("staff-as-administrators"), POPULATION))
    assert all(many[school] > few[school] for school in linked)


def test_only_this_years_sessions_are_listed() -> None:
    assert {s.school_year for s in seen("current-year-only").academic_sessions.values()} == {2027}


def test_everybody_may_carry_what_must_be_dropped() -> None:
    assert all(user.private for user in seen("everyone-private").users.values())
