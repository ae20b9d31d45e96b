"""A school that was linked leaves the sync by a person's word, never by an import."""

from oneroster_operator.api.status import Link
from tests.controller.build import STUDENTS
from tests.controller.world import World, in_use


def links(world: World) -> dict[str, str]:
    return world.plan_of(world.cron_job(STUDENTS)).links


def kinds(world: World) -> dict[str, Link]:
    schools = world.connection.status.schools
    return {item.sourced_id: item.link for item in schools.items} if schools else {}


def without(world: World, *sourced_ids: str) -> World:
    """The district lists these schools no more, and a day has passed."""
    world.outside.orgs = [org for org in world.outside.orgs if org.sourced_id not in sourced_ids]
    world.wait(hours=30)
    return world


def test_one_that_is_listed_no_more_stays_in_the_plan_and_is_told() -> None:
    world = in_use()
    before = links(world)
    gone = next(iter(before))
    without(world, gone)
    assert links(world) == before
    assert kinds(world)[gone] is Link.MISSING
    assert world.says("SchoolsMatched") == "False/SchoolsMissing"
    assert gone in world.message("SchoolsMatched")
    assert world.says("Ready") == "True/Scheduled", "it does not stop the others"
    assert "SchoolsMissing" in world.told


def test_all_of_them_gone_suspend_nothing_and_lose_nothing() -> None:
    world = in_use()
    before = links(world)
    without(world, *before)
    assert links(world) == before
    assert world.says("SchoolsMatched") == "False/SchoolsMissing"


def test_it_comes_back_as_what_it_was() -> None:
    world = in_use()
    before, orgs = links(world), list(world.outside.orgs)
    without(world, *before)
    world.outside.orgs = orgs
    world.wait(hours=30)
    assert links(world) == before
    assert Link.MISSING not in kinds(world).values()
    assert world.says("SchoolsMatched") == "True/AllMatched"


def test_a_person_ends_it() -> None:
    world = in_use()
    gone = next(iter(links(world)))
    without(world, gone)
    ignored = [{"sourcedId": id_, "action": "Ignore"} for id_ in ("0099", gone)]
    world.edit(schools={"assignments": ignored})
    world.finish_preview()
    assert gone not in links(world)
    assert world.says("SchoolsMatched") == "True/AllMatched"


def test_at_another_endpoint_no_link_is_carried_over_and_nothing_runs_until_confirmed_anew() -> None:
    world = in_use()
    old = world.spec["endpoint"]
    world.edit(endpoint=old | {"url": "https://other.example/ims/oneroster/rostering/v1p2"})
    assert world.says("Ready") == "False/ReconfirmNeeded"
    assert world.says("Scheduled") == "False/ReconfirmNeeded"
    assert world.suspended() == {True}
    world.finish_preview()
    assert world.says("Ready") == "False/ReconfirmNeeded"
    world.edit(confirmed=False)
    assert world.says("Ready") == "False/AwaitingConfirmation"
    world.edit(confirmed=True)
    assert world.says("Ready") == "True/Scheduled"
    assert world.suspended() == {False}


def test_back_at_the_confirmed_endpoint_it_goes_on() -> None:
    world = in_use()
    old = world.spec["endpoint"]
    world.edit(endpoint=old | {"url": "https://other.example/ims/oneroster/rostering/v1p2"})
    world.edit(endpoint=old)
    assert world.says("Ready") == "True/Scheduled"
