"""What a run may write without a person, and what the message then tells that person."""

from dataclasses import replace

import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.sync.holds import Hold, Part, holds
from oneroster_operator.sync.tally import Differences, Kind, Tally

LIMITS = Limits(max_removed_percent=10, removed_floor=20, max_changed_percent=75, max_new_admins=5)
STUDENTS, ROSTERS = Category.STUDENTS, Category.CLASS_ROSTERS
SCHOOL_ADMINS, DISTRICT_ADMINS = Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS
REMOVALS = frozenset({Part.ABSENCES, Part.LOSSES})


def roles(**schools: Tally) -> Differences:
    by_school: dict[str | None, Tally] = {str(school): tally for school, tally in schools.items()}
    return Differences({Kind.ROLES: by_school})


def judged(
    found: Differences, category: Category = STUDENTS, limits: Limits = LIMITS, accepted: int = 0
) -> list[Hold]:
    return list(holds(category, limits, accepted, found))


def only(found: Differences, category: Category = STUDENTS, limits: Limits = LIMITS, accepted: int = 0) -> Hold:
    (hold,) = judged(found, category, limits, accepted)
    return hold


class TestRemovals:
    def test_nothing_to_remove_holds_nothing(self) -> None:
        assert judged(roles(a=Tally(active=100, created=50))) == []

    @pytest.mark.parametrize(
        ("active", "removed", "held"),
        [
            (1000, 100, False),
            (1000, 101, True),
            (100, 20, False),
            (100, 21, True),
            (200, 20, False),
            (210, 21, False),
            (209, 21, True),
        ],
    )
    def test_both_percent_and_floor_have_to_be_passed(self, active: int, removed: int, held: bool) -> None:
        found = roles(
            **{f"s{n}": Tally(active // 10, removed=removed // 10 + (n < removed % 10)) for n in range(10)}
        )
        assert bool(judged(found)) is held

    def test_the_message_tells_how_many_and_which_field_lets_them_through(self) -> None:
        hold = only(roles(a=Tally(active=500, removed=140), b=Tally(active=520)))
        assert hold.parts == REMOVALS
        assert hold.count == 140
        assert hold.reason == "RemovalsHeld"
        assert hold.message == (
            "Nothing was removed because 140 of 1020 student memberships would go (13.7 %), more than "
            "spec.safety.maxRemovedPercent (10) and removedFloor (20) allow: ask the district, and if it is right "
            "raise spec.safety.maxRemovedPercent."
        )

    def test_one_school_of_many_is_seen(self) -> None:
        found = roles(**{f"s{n}": Tally(active=100) for n in range(40)} | {"sch_lincoln": Tally(100, removed=90)})
        hold = only(found)
        assert hold.reason == "SchoolRemovalsHeld"
        assert "of school sch_lincoln" in hold.message

    @pytest.mark.parametrize("kind", [Kind.ROLES, Kind.ENROLLMENTS, Kind.CLASSES])
    @pytest.mark.parametrize(
        ("removed", "explicit", "held"),
        [(14, 0, False), (15, 0, True), (15, 14, True), (15, 15, False)],
    )
    def test_a_school_of_which_nothing_is_left_is_held_whatever_the_floor_unless_its_records_say_so(
        self, kind: Kind, removed: int, explicit: int, held: bool
    ) -> None:
        schools: dict[str | None, Tally] = {
            "a": Tally(active=900),
            "sch_b": Tally(active=15, removed=removed, explicit=explicit),
        }
        found = judged(Differences({kind: schools}))
        assert [(hold.reason, hold.parts, hold.count) for hold in found] == (
            [("SchoolEmptied", REMOVALS, 15)] if held else []
        )

    def test_the_message_of_an_emptied_school_names_it_and_the_way_out(self) -> None:
        hold = only(roles(a=Tally(active=900), sch_b=Tally(active=15, removed=15)))
        assert hold.message == (
            "Nothing was removed because none of 15 student memberships of school sch_b would be left: ask the "
            "district, and if it is right set spec.safety.maxRemovedPercent to 100."
        )

    def test_a_hundred_percent_lets_a_school_be_emptied(self) -> None:
        found = roles(a=Tally(active=900), b=Tally(active=15, removed=15))
        assert judged(found, limits=replace_(max_removed_percent=100)) == []

    def test_the_last_row_of_a_category_is_held_whatever_the_floor(self) -> None:
        hold = only(roles(a=Tally(active=15, removed=15, created=15)))
        assert hold.reason == "CategoryEmptied"
        assert "set spec.safety.maxRemovedPercent to 100" in hold.message

    def test_a_hundred_percent_lets_even_the_last_row_go(self) -> None:
        assert judged(roles(a=Tally(active=15, removed=15)), limits=replace_(max_removed_percent=100)) == []

    def test_every_kind_is_judged_and_all_removals_are_withheld_together(self) -> None:
        found = Differences(
            {
                Kind.ENROLLMENTS: {"a": Tally(active=900, removed=4)},
                Kind.CLASSES: {"a": Tally(active=60, removed=30)},
                Kind.COURSES: {None: Tally(active=40, removed=2)},
            }
        )
        hold = only(found, ROSTERS)
        assert hold.count == 36
        assert "30 of 60 classes" in hold.message

    def test_an_empty_answer_is_no_removal_at_any_limit(self) -> None:
        found = replace(roles(a=Tally(active=5, removed=5)), empty=frozenset({Kind.ROLES}))
        hold = only(found, limits=replace_(max_removed_percent=100, removed_floor=1000))
        assert hold.reason == "EmptyAnswer"
        assert "listed no users at all" in hold.message

    def test_an_empty_collection_of_which_we_have_nothing_matters_not(self) -> None:
        found = Differences(
            {Kind.ENROLLMENTS: {"a": Tally(active=100, removed=1)}, Kind.COURSES: {None: Tally()}},
            empty=frozenset({Kind.COURSES}),
        )
        assert judged(found, ROSTERS) == []

    def test_what_is_not_proven_complete_removes_nothing(self) -> None:
        found = replace(roles(a=Tally(active=100, removed=1)), incomplete=("users: a row was passed over.",))
        hold = only(found)
        assert hold.reason == "PullIncomplete"
        assert hold.parts == REMOVALS
        assert hold.count == 0
        assert hold.message.endswith("users: a row was passed over.")


class TestAdmins:
    def test_no_floor_for_admins_who_are_missing(self) -> None:
        hold = only(roles(a=Tally(active=9, removed=2)), SCHOOL_ADMINS)
        assert hold.parts == {Part.ABSENCES}
        assert "removedFloor" not in hold.message

    @pytest.mark.parametrize(("removed", "held"), [(1, False), (2, True)])
    def test_no_floor_for_those_missing_at_one_school_either(self, removed: int, held: bool) -> None:
        found = roles(**{f"s{n}": Tally(active=4) for n in range(30)} | {"x": Tally(active=10, removed=removed)})
        holds = judged(found, SCHOOL_ADMINS)
        assert [(hold.reason, hold.parts) for hold in holds] == (
            [("SchoolRemovalsHeld", frozenset({Part.ABSENCES}))] if held else []
        )
        assert not any("removedFloor" in hold.message for hold in holds)

    def test_a_school_that_would_have_no_admin_is_held(self) -> None:
        found = roles(**{f"s{n}": Tally(active=4) for n in range(30)} | {"x": Tally(2, removed=2, explicit=1)})
        hold = only(found, SCHOOL_ADMINS, replace_(max_removed_percent=99))
        assert (hold.reason, hold.parts, hold.count) == ("SchoolEmptied", frozenset({Part.ABSENCES}), 1)

    def test_a_school_may_lose_all_its_admins_explicitly(self) -> None:
        found = roles(**{f"s{n}": Tally(active=4) for n in range(30)} | {"x": Tally(4, removed=4, explicit=4)})
        assert judged(found, SCHOOL_ADMINS) == []

    def test_an_explicit_loss_is_never_held(self) -> None:
        assert judged(roles(a=Tally(active=3, removed=2, explicit=2)), DISTRICT_ADMINS) == []

    def test_an_explicit_loss_flows_beside_held_absences(self) -> None:
        hold = only(roles(a=Tally(active=10, removed=5, explicit=2)), DISTRICT_ADMINS)
        assert hold.parts == {Part.ABSENCES}
        assert hold.count == 3

    def test_an_explicit_loss_flows_even_out_of_an_incomplete_answer(self) -> None:
        found = replace(roles(a=Tally(active=10, removed=5, explicit=2)), incomplete=("users: too few.",))
        assert only(found, DISTRICT_ADMINS).parts == {Part.ABSENCES}

    def test_the_last_admin_stays(self) -> None:
        hold = only(roles(a=Tally(active=2, removed=2, explicit=2)), DISTRICT_ADMINS)
        assert hold.parts == {Part.LOSSES}
        assert hold.message.startswith("The last 2 district admin roles would go and were kept")

    def test_the_last_admin_goes_when_another_comes(self) -> None:
        assert judged(roles(a=Tally(active=1, created=1, removed=1, explicit=1)), DISTRICT_ADMINS) == []

    def test_the_last_admin_stays_when_the_other_is_withheld(self) -> None:
        found = roles(a=Tally(active=1, created=9, removed=1, explicit=1))
        assert {part for hold in judged(found, DISTRICT_ADMINS) for part in hold.parts} == {
            Part.NEW_ADMINS,
            Part.LOSSES,
        }

    @pytest.mark.parametrize(
        ("admins", "new", "accepted", "held"),
        [
            (0, 5, 0, False),
            (0, 6, 0, True),
            (0, 12, 12, False),
            (0, 13, 12, True),
            (10, 6, 16, False),
            (10, 6, 15, True),
        ],
    )
    def test_new_admins_beyond_the_limit_and_the_preview_are_held(
        self, admins: int, new: int, accepted: int, held: bool
    ) -> None:
        found = roles(a=Tally(active=admins), b=Tally(created=new))
        assert bool(judged(found, SCHOOL_ADMINS, accepted=accepted)) is held

    def test_the_message_names_limit_and_preview(self) -> None:
        hold = only(roles(a=Tally(active=1, created=9)), SCHOOL_ADMINS, accepted=2)
        assert hold.parts == {Part.NEW_ADMINS}
        assert hold.count == 9
        assert hold.message == (
            "No school admin roles were granted because 9 new ones would join 1, more than "
            "spec.safety.maxNewAdmins (5) allows and than the 2 of the confirmed preview: ask the district, and "
            "if it is right raise spec.safety.maxNewAdmins."
        )

    def test_the_first_sync_of_one_admin_at_each_school_is_what_the_preview_showed(self) -> None:
        found = roles(**{f"s{n}": Tally(created=1) for n in range(11)})
        assert judged(found, SCHOOL_ADMINS, accepted=11) == []
        assert only(found, SCHOOL_ADMINS, accepted=10).reason == "NewAdminsHeld"

    def test_admins_who_spread_over_the_schools_are_new_ones_there(self) -> None:
        hold = only(roles(**{f"s{n}": Tally(active=4, created=36) for n in range(10)}), SCHOOL_ADMINS, accepted=40)
        assert (hold.reason, hold.count) == ("NewAdminsHeld", 360)

    def test_new_students_are_never_held(self) -> None:
        assert judged(roles(a=Tally(created=9000))) == []


class TestChanges:
    @pytest.mark.parametrize(("moved", "held"), [(75, False), (76, True)])
    def test_people_who_become_others_are_held(self, moved: int, held: bool) -> None:
        found = Differences({Kind.USERS: {None: Tally(active=100, changed=100, moved=moved)}})
        assert bool(judged(found)) is held

    def test_all_changes_are_withheld_and_removals_flow(self) -> None:
        found = Differences(
            {
                Kind.USERS: {None: Tally(active=100, changed=100, moved=80)},
                Kind.ROLES: {"a": Tally(active=100, changed=3, removed=2)},
            }
        )
        hold = only(found)
        assert hold.parts == {Part.CHANGES}
        assert hold.count == 103
        assert "80 of 100 people (80 %) would have another name, username or identifier" in hold.message
        assert "spec.safety.maxChangedPercent (75)" in hold.message

    def test_a_summer_in_which_all_change_grade_is_not_held(self) -> None:
        assert judged(Differences({Kind.USERS: {None: Tally(active=5000, changed=5000)}})) == []

    def test_a_few_are_never_held(self) -> None:
        assert judged(Differences({Kind.USERS: {None: Tally(active=20, changed=20, moved=20)}})) == []


def test_removals_come_before_changes() -> None:
    found = Differences(
        {
            Kind.USERS: {None: Tally(active=100, changed=100, moved=100)},
            Kind.ROLES: {"a": Tally(active=100, removed=50)},
        }
    )
    assert [hold.reason for hold in judged(found)] == ["RemovalsHeld", "ChangesHeld"]


def replace_(**fields: int) -> Limits:
    return Limits(
        **{
            "max_removed_percent": LIMITS.max_removed_percent,
            "removed_floor": LIMITS.removed_floor,
            "max_changed_percent": LIMITS.max_changed_percent,
            "max_new_admins": LIMITS.max_new_admins,
        }
        | fields
    )
