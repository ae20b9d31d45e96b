"""Who gets which role from which record; nobody gets more than the record says without doubt."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneroster_operator.oneroster import Ref, Role, Status, User
from oneroster_operator.sync.roles import Grant, Scope, grants, in_force, is_unknown

TODAY = dt.date(2026, 11, 24)
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)
V1P2 = Scope("1.2", {"s1": "sch_1", "s2": "sch_2"}, "d", TODAY)
V1P1 = replace(V1P2, version="1.1")
ALL_ROLES = (
    *("administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal"),
    *("proctor", "relative", "siteAdministrator", "student", "systemAdministrator", "teacher"),
    *("ext:nurse", "officeStaff", "Student", "ADMINISTRATOR", ""),
)


def role(name: str, org: str, begin: dt.date | None = None, end: dt.date | None = None) -> Role:
    return Role(role=name, org=Ref(sourced_id=org), begin_date=begin, end_date=end)


def user(*roles: Role, status: Status = "active", enabled: bool = True) -> User:
    return User(sourced_id="u", status=status, enabled=enabled, given_name="Ada", roles=roles)


def granted(record: User, scope: Scope) -> set[tuple[str, str | None]]:
    return {(grant.role, grant.school_id) for grant in grants(record, scope)}


@pytest.mark.parametrize("scope", [V1P1, V1P2])
@pytest.mark.parametrize("name", ["student", "teacher"])
def test_students_and_teachers_are_what_they_are_at_each_linked_school(scope: Scope, name: str) -> None:
    record = user(role(name, "s1"), role(name, "s2"), role(name, "unlinked"), role(name, "d"))
    assert granted(record, scope) == {(name, "sch_1"), (name, "sch_2")}


@pytest.mark.parametrize("scope", [V1P1, V1P2])
def test_a_deleted_record_grants_nothing(scope: Scope) -> None:
    assert grants(user(role("student", "s1"), status="tobedeleted"), scope) == []


def test_a_disabled_account_keeps_its_roles() -> None:
    assert granted(user(role("student", "s1"), enabled=False), V1P2) == {("student", "sch_1")}


class TestAdministratorsOf1p1:
    def test_one_with_a_school_is_a_school_admin(self) -> None:
        assert granted(user(role("administrator", "s1")), V1P1) == {("schoolAdmin", "sch_1")}

    def test_one_with_the_district_alone_is_a_district_admin(self) -> None:
        assert granted(user(role("administrator", "d")), V1P1) == {("districtAdmin", None)}

    def test_one_with_both_is_the_lower(self) -> None:
        record = user(role("administrator", "d"), role("administrator", "s1"))
        assert granted(record, V1P1) == {("schoolAdmin", "sch_1")}

    def test_one_with_the_district_and_a_school_that_is_not_linked_is_nothing(self) -> None:
        assert grants(user(role("administrator", "d"), role("administrator", "elsewhere")), V1P1) == []

    def test_one_with_another_org_such_as_the_state_is_nothing(self) -> None:
        assert grants(user(role("administrator", "state")), V1P1) == []

    def test_without_a_district_org_nobody_is_a_district_admin(self) -> None:
        assert grants(user(role("administrator", "d")), replace(V1P1, district_org=None)) == []

    @pytest.mark.parametrize("name", ["principal", "siteAdministrator", "districtAdministrator"])
    def test_ranks_of_1p2_are_no_words_of_1p1(self, name: str) -> None:
        assert grants(user(role(name, "s1"), role(name, "d")), V1P1) == []


class TestAdministratorsOf1p2:
    @pytest.mark.parametrize("name", ["principal", "siteAdministrator"])
    def test_principals_and_site_administrators_are_school_admins(self, name: str) -> None:
        record = user(role(name, "s1"), role(name, "unlinked"), role(name, "d"))
        assert granted(record, V1P2) == {("schoolAdmin", "sch_1")}

    def test_a_district_administrator_of_the_district_is_one(self) -> None:
        assert granted(user(role("districtAdministrator", "d")), V1P2) == {("districtAdmin", None)}

    @pytest.mark.parametrize("org", ["s1", "another-district"])
    def test_a_district_administrator_of_anything_else_is_nothing(self, org: str) -> None:
        assert grants(user(role("districtAdministrator", org)), V1P2) == []

    def test_without_a_district_org_nobody_is_a_district_admin(self) -> None:
        assert grants(user(role("districtAdministrator", "d")), replace(V1P2, district_org=None)) == []

    @pytest.mark.parametrize("org", ["s1", "d"])
    def test_system_administrators_get_nothing(self, org: str) -> None:
        assert grants(user(role("systemAdministrator", org)), V1P2) == []

    def test_administrator_is_no_word_of_1p2(self) -> None:
        assert grants(user(role("administrator", "d"), role("administrator", "s1")), V1P2) == []

    def test_someone_may_be_several_things(self) -> None:
        record = user(role("principal", "s1"), role("teacher", "s1"), role("districtAdministrator", "d"))
        assert granted(record, V1P2) == {("schoolAdmin", "sch_1"), ("teacher", "sch_1"), ("districtAdmin", None)}


class TestDates:
    @pytest.mark.parametrize(
        ("begin", "end", "holds"),
        [
            (None, None, True),
            (TODAY, None, True),
            (TOMORROW, None, False),
            (None, TOMORROW, True),
            (None, TODAY, False),
            (YESTERDAY, TODAY, False),
            (TODAY, TOMORROW, True),
            (TODAY, TODAY, False),
        ],
    )
    def test_begin_is_the_first_day_and_end_the_first_after(
        self, begin: dt.date | None, end: dt.date | None, holds: bool
    ) -> None:
        assert in_force(begin, end, TODAY) is holds
        assert bool(grants(user(role("student", "s1", begin, end)), V1P2)) is holds

    def test_two_roles_at_one_school_are_one_that_lasts_as_long_as_either(self) -> None:
        later = TOMORROW + dt.timedelta(days=5)
        record = user(role("principal", "s1", YESTERDAY, TOMORROW), role("siteAdministrator", "s1", TODAY, later))
        assert grants(record, V1P2) == [Grant("schoolAdmin", "sch_1", YESTERDAY, later)]

    def test_an_open_end_stays_open(self) -> None:
        record = user(role("student", "s1", YESTERDAY, None), role("student", "s1", None, TOMORROW))
        assert grants(record, V1P2) == [Grant("student", "sch_1", None, None)]

    def test_an_ended_role_does_not_lengthen_a_current_one(self) -> None:
        record = user(role("student", "s1", None, YESTERDAY), role("student", "s1", YESTERDAY, TOMORROW))
        assert grants(record, V1P2) == [Grant("student", "sch_1", YESTERDAY, TOMORROW)]


def test_two_schools_of_the_district_may_be_one_of_the_platform() -> None:
    scope = replace(V1P2, links={"s1": "sch_1", "s1-annex": "sch_1"})
    assert len(grants(user(role("student", "s1"), role("student", "s1-annex")), scope)) == 1


class TestUnknownRoles:
    @pytest.mark.parametrize("name", ["officeStaff", "Student", ""])
    def test_a_word_of_no_vocabulary_is_unknown(self, name: str) -> None:
        assert is_unknown(user(role(name, "s1")), "1.2")

    @pytest.mark.parametrize("name", ["aide", "guardian", "ext:nurse"])
    def test_a_role_that_grants_nothing_is_not(self, name: str) -> None:
        assert not is_unknown(user(role(name, "s1")), "1.2")

    def test_the_vocabularies_differ(self) -> None:
        assert is_unknown(user(role("administrator", "d")), "1.2")
        assert not is_unknown(user(role("administrator", "d")), "1.1")
        assert is_unknown(user(role("principal", "s1")), "1.1")

    def test_one_known_role_is_enough(self) -> None:
        assert not is_unknown(user(role("officeStaff", "s1"), role("teacher", "s1")), "1.2")


@given(
    st.lists(
        st.tuples(st.sampled_from(ALL_ROLES), st.sampled_from(["s1", "s2", "d", "x"])), min_size=1, max_size=6
    ),
    st.sampled_from([V1P1, V1P2]),
)
def test_a_district_admin_always_has_the_role_for_it_at_the_district(
    pairs: list[tuple[str, str]], scope: Scope
) -> None:
    found = granted(user(*(role(*pair) for pair in pairs)), scope)
    needed = ("administrator" if scope is V1P1 else "districtAdministrator", "d")
    if ("districtAdmin", None) in found:
        assert needed in pairs
    if scope is V1P1:
        assert not (("districtAdmin", None) in found and any(held == "schoolAdmin" for held, _ in found))
    assert {school for _, school in found} <= {"sch_1", "sch_2", None}
    assert len(found) == len(grants(user(*(role(*pair) for pair in pairs)), scope))
