"""What a run may write without a person, and what the message then tells that person."""

from dataclasses import replace

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Limits
from oneroster_operator.sync.holds import Hold, Part, holds, past_the_limits, withheld_by_mode
from oneroster_operator.sync.tally import Differences, Kind, Peaks, Tally

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
    return msgspec.structs.replace(LIMITS, **fields)


class TestPeak:
    """What is removed in small parts is judged as if it were removed at once."""

    @pytest.mark.parametrize(
        ("peak", "active", "removed", "held"),
        [
            (1000, 1000, 90, False),
            (1000, 910, 82, True),
            (1000, 910, 9, False),
            (1000, 910, 0, False),
            (0, 910, 82, False),
            (900, 1000, 99, False),
            (30, 20, 2, False),
        ],
    )
    def test_the_most_that_there_was_is_what_removals_are_judged_by(
        self, peak: int, active: int, removed: int, held: bool
    ) -> None:
        schools = roles(a=Tally(active - 2, removed=removed), b=Tally(1), c=Tally(1))
        found = replace(schools, peaks=Peaks({Kind.ROLES: peak}))
        assert [hold.reason for hold in judged(found)] == (["RemovalsHeld"] if held else [])

    def test_a_school_is_judged_by_its_own(self) -> None:
        found = replace(
            roles(a=Tally(900), sch_b=Tally(80, removed=5), c=Tally(80, removed=5)),
            peaks=Peaks({Kind.ROLES: 1080}, {Kind.ROLES: {"sch_b": 100, "c": 80, "a": 1000}}),
        )
        hold = only(found)
        assert (hold.reason, hold.count) == ("SchoolRemovalsHeld", 10)
        assert "5 more student memberships of school sch_b would go: 25 of the 100" in hold.message

    def test_the_message_tells_both(self) -> None:
        found = replace(roles(a=Tally(910, removed=82), b=Tally(1)), peaks=Peaks({Kind.ROLES: 1001}))
        assert only(found).message.startswith(
            "Nothing was removed because 82 more student memberships would go: 172 of the 1001 that there were "
            "within 7 days (17.2 %), more than"
        )

    def test_admins_who_are_missing_are_seen_too(self) -> None:
        found = replace(roles(a=Tally(190, removed=12), b=Tally(5)), peaks=Peaks({Kind.ROLES: 205}))
        assert [hold.reason for hold in judged(found, SCHOOL_ADMINS)] == ["RemovalsHeld"]

    @pytest.mark.parametrize(
        ("category", "limits", "removed", "approved", "rebased"),
        [
            (STUDENTS, LIMITS, Tally(removed=5), Tally(), False),
            (STUDENTS, LIMITS, Tally(removed=5, explicit=5), Tally(), False),
            (STUDENTS, LIMITS, Tally(), Tally(removed=500), True),
            (STUDENTS, LIMITS, Tally(), Tally(changed=500), False),
            (STUDENTS, replace_(max_removed_percent=100), Tally(removed=5), Tally(), True),
            (STUDENTS, replace_(max_removed_percent=100), Tally(), Tally(), False),
            (DISTRICT_ADMINS, LIMITS, Tally(removed=1, explicit=1), Tally(), True),
            (DISTRICT_ADMINS, LIMITS, Tally(removed=1), Tally(), False),
        ],
    )
    def test_what_a_person_let_go_is_no_drain(
        self, category: Category, limits: Limits, removed: Tally, approved: Tally, rebased: bool
    ) -> None:
        assert past_the_limits(category, limits, removed, approved) is rebased


class TestIdsChanged:
    """Who is gone and who is new may be the same people: neither half is written without the other."""

    @pytest.mark.parametrize(
        ("active", "removed", "explicit", "created", "held"),
        [
            (1000, 1000, 0, 1000, True),
            (1000, 760, 0, 760, True),
            (1000, 750, 0, 1000, False),
            (1000, 1000, 0, 380, True),
            (1000, 1000, 0, 370, False),
            (1000, 1000, 300, 1000, False),
            (15, 15, 0, 15, False),
        ],
    )
    def test_nearly_all_gone_and_nearly_as_many_new(
        self, active: int, removed: int, explicit: int, created: int, held: bool
    ) -> None:
        hold = only(roles(a=Tally(active, created, removed=removed, explicit=explicit)))
        assert (hold.reason == "IdsChanged") is held
        assert hold.parts == REMOVALS | ({Part.CREATIONS, Part.CHANGES} if held else set())
        assert hold.count == removed + (created if held else 0)

    def test_of_administrators_few_are_enough(self) -> None:
        hold = only(roles(a=Tally(active=3, removed=3, created=9)), DISTRICT_ADMINS)
        assert hold.parts == {Part.ABSENCES, Part.CREATIONS, Part.CHANGES}
        assert (hold.reason, hold.count) == ("IdsChanged", 12)
        assert only(roles(a=Tally(1, 1, removed=1)), DISTRICT_ADMINS).reason == "CategoryEmptied"

    def test_enrollments_that_wait_for_people_who_are_held_are_new_ones(self) -> None:
        gone = Differences({Kind.ENROLLMENTS: {"a": Tally(700, removed=700)}, Kind.SESSIONS: {None: Tally(6, 6)}})
        assert only(gone, ROSTERS).reason == "CategoryEmptied"
        hold = only(replace(gone, waiting=700), ROSTERS)
        assert (hold.reason, hold.count) == ("IdsChanged", 706)
        assert "700 of 700 enrollments are gone and 700 new ones came" in hold.message

    def test_an_answer_that_is_not_complete_brings_nobody_twice_either(self) -> None:
        found = replace(roles(a=Tally(1000, 1000, removed=1000)), incomplete=("users: too few.",))
        hold = only(found)
        assert (hold.reason, hold.parts) == ("PullIncomplete", REMOVALS | {Part.CREATIONS, Part.CHANGES})

    def test_where_everything_may_go_everything_may_come(self) -> None:
        found = roles(a=Tally(1000, 1000, removed=1000))
        assert judged(found, limits=replace_(max_removed_percent=100)) == []


class TestDecided:
    """Approved rows count as written, discarded ones as not found: the rest faces the limits alone."""

    def test_the_rest_is_judged_by_what_is_left(self) -> None:
        found = roles(a=Tally(active=900), b=Tally(active=100, removed=100))
        left = found.without({Kind.ROLES: {"b": Tally(removed=60)}}, ())
        assert left.tallies[Kind.ROLES]["b"] == Tally(active=40, removed=40)
        assert only(left).reason == "SchoolEmptied"

    def test_what_is_approved_is_no_drain(self) -> None:
        peaks = Peaks({Kind.ROLES: 1000}, {Kind.ROLES: {"a": 500, "b": 500}})
        found = replace(roles(a=Tally(500, removed=402), b=Tally(500)), peaks=peaks)
        left = found.without({Kind.ROLES: {"a": Tally(removed=400)}}, ())
        assert (left.peaks.all[Kind.ROLES], left.peaks.schools[Kind.ROLES]["a"]) == (600, 100)
        assert judged(left) == []

    def test_what_is_discarded_stays_and_counts_as_there(self) -> None:
        found = roles(a=Tally(active=900), b=Tally(active=100, removed=100))
        left = found.without({}, ({Kind.ROLES: {"b": Tally(removed=95)}},))
        assert left.tallies[Kind.ROLES]["b"] == Tally(active=100, removed=5)
        assert judged(left) == []

    def test_approved_admins_count_as_there(self) -> None:
        found = roles(a=Tally(active=4, created=14))
        left = found.without({Kind.ROLES: {"a": Tally(created=8)}}, ())
        hold = only(left, SCHOOL_ADMINS, accepted=17)
        assert hold.count == 6
        assert "6 new ones would join 12" in hold.message
        assert judged(left, SCHOOL_ADMINS, accepted=18) == []


class TestMode:
    def test_normal_withholds_nothing_of_itself(self) -> None:
        assert withheld_by_mode(STUDENTS, LIMITS, Differences({})) == frozenset()

    @pytest.mark.parametrize(
        ("category", "parts"),
        [
            (STUDENTS, {Part.ABSENCES, Part.LOSSES, Part.DISABLED}),
            (ROSTERS, {Part.ABSENCES, Part.LOSSES, Part.DISABLED}),
            (SCHOOL_ADMINS, {Part.ABSENCES}),
        ],
    )
    def test_additions_only_withholds_every_end_but_an_admins_explicit_loss(
        self, category: Category, parts: set[Part]
    ) -> None:
        assert withheld_by_mode(category, replace_(additions_only=True), Differences({})) == parts
