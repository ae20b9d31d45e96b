"""Confirming accepts the administrators that the preview showed; nothing later accepts more by itself."""

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from tests.controller.build import SCHOOL_ADMINS, STUDENTS, counted
from tests.controller.world import World, applied


def confirmed_with(admins: int) -> World:
    world = applied(
        categories=["Students", "SchoolAdmins"],
        schools={"assignments": [{"sourcedId": "0099", "action": "Ignore"}]},
    )
    world.reconcile()
    world.finish_preview(Outcome.SUCCEEDED, counted(STUDENTS, 100), counted(SCHOOL_ADMINS, admins))
    world.edit(confirmed=True)
    return world


def accepted(world: World, category: Category = SCHOOL_ADMINS) -> int | None:
    return world.plan_of(world.cron_job(category)).accepted_admins.get(category)


def test_they_are_the_previews() -> None:
    assert accepted(confirmed_with(12)) == 12


def test_an_edit_with_a_preview_of_more_accepts_no_more() -> None:
    world = confirmed_with(12)
    world.edit(safety={"maxRemovedPercent": 50})
    world.finish_preview(Outcome.SUCCEEDED, counted(STUDENTS, 100), counted(SCHOOL_ADMINS, 400))
    assert accepted(world) == 12


def test_a_preview_on_request_accepts_no_more() -> None:
    world = confirmed_with(12)
    world.ask("preview", "again")
    world.finish_preview(Outcome.SUCCEEDED, counted(STUDENTS, 100), counted(SCHOOL_ADMINS, 400))
    assert accepted(world) == 12


def test_confirming_anew_accepts_what_is_shown_now() -> None:
    world = confirmed_with(12)
    world.edit(confirmed=False)
    world.ask("preview", "again")
    world.finish_preview(Outcome.SUCCEEDED, counted(STUDENTS, 100), counted(SCHOOL_ADMINS, 15))
    world.edit(confirmed=True)
    assert accepted(world) == 15


def test_confirmed_from_the_first_accepts_none_that_nobody_saw() -> None:
    world = applied(categories=["Students", "SchoolAdmins"], confirmed=True)
    world.reconcile()
    world.finish_preview(Outcome.SUCCEEDED, counted(SCHOOL_ADMINS, 700))
    assert world.says("Ready") == "True/Scheduled"
    assert accepted(world) is None


def test_a_category_that_is_added_after_confirming_brings_none() -> None:
    world = applied(categories=["Students"], schools={"assignments": [{"sourcedId": "0099", "action": "Ignore"}]})
    world.reconcile()
    world.finish_preview()
    world.edit(confirmed=True)
    world.edit(categories=["Students", "SchoolAdmins"])
    world.finish_preview(Outcome.SUCCEEDED, counted(SCHOOL_ADMINS, 700))
    assert accepted(world) is None


def test_a_category_that_leaves_and_comes_back_keeps_its_number() -> None:
    world = confirmed_with(12)
    world.edit(categories=["Students"])
    world.finish_preview()
    world.edit(categories=["Students", "SchoolAdmins"])
    assert accepted(world) == 12
