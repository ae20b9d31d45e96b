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
