"""Changes to a running district, as a consumer sees them."""

from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest

from tests.district.consumer import Answer, Consumer, consumer_of
from tests.district.expected import active_schools, expected
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district


@pytest.fixture
async def district() -> AsyncIterator[RunningDistrict]:
    population = Population.generate(7, today=date(2026, 11, 24), schools=4, students_per_school=40)
    async with running_district(population, tls=False) as running:
        yield running


@pytest.fixture
async def asks(district: RunningDistrict) -> AsyncIterator[Consumer]:
    async with consumer_of(district) as consumer:
        yield consumer


async def changed_since(asks: Consumer, name: str, moment: datetime) -> set[str]:
    since = await asks.get(name, filter=f"dateLastModified>'{moment.isoformat()}'", limit=9_999)
    (items,) = since.body.values()
    return {item["sourcedId"] for item in items}


def ids(answer: Answer) -> set[str]:
    (items,) = answer.body.values()
    return {item["sourcedId"] for item in items}


async def everything(asks: Consumer, name: str) -> set[str]:
    return ids(await asks.get(name, limit=9_999))


async def test_a_student_who_leaves_is_gone_with_all_enrollments(
    district: RunningDistrict, asks: Consumer
) -> None:
    before = expected(district.population, ["0102"], "1.2")
    line = district.controls.withdraw_student(school="0102")
    after = expected(district.population, ["0102"], "1.2")
    student = line.split()[1]
    assert line == f"student {student} left Lincoln Middle School (0102) (absent)"
    assert after.students["0102"] == before.students["0102"] - 1
    assert after.student_enrollments["0102"] < before.student_enrollments["0102"]
    assert (await asks.get(f"users/{student}")).status == 404
    assert await everything(asks, "users") == set(district.population.users)
    assert (await asks.get("enrollments", filter=f"user.sourcedId='{student}'")).total == 0


async def test_a_student_can_leave_a_tombstone(district: RunningDistrict, asks: Consumer) -> None:
    began = district.district.clock()
    line = district.controls.withdraw_student(student="S0102-0005", leaving="tobedeleted")
    assert line == "student S0102-0005 left Lincoln Middle School (0102) (tobedeleted)"
    assert (await asks.get("users/S0102-0005")).body["user"]["status"] == "tobedeleted"
    theirs = await asks.get("enrollments", filter="user.sourcedId='S0102-0005'")
    assert {item["status"] for item in theirs.body["enrollments"]} == {"tobedeleted"}
    assert await changed_since(asks, "users", began) == {"S0102-0005"}
    assert await changed_since(asks, "enrollments", began) == ids(theirs)


async def test_a_student_who_joins_takes_classes(district: RunningDistrict, asks: Consumer) -> None:
    began = district.district.clock()
    before = expected(district.population, ["0103"], "1.2")
    assert [district.controls.add_student(school="0103").split()[1] for _ in range(2)] == [
        "N0103-0001",
        "N0103-0002",
    ]
    after = expected(district.population, ["0103"], "1.2")
    assert after.students["0103"] == before.students["0103"] + 2
    assert after.student_enrollments["0103"] > before.student_enrollments["0103"]
    assert await changed_since(asks, "users", began) == {"N0103-0001", "N0103-0002"}
    assert await changed_since(asks, "classes", began) == set()


async def test_a_grade_changes_on_one_student_only(district: RunningDistrict, asks: Consumer) -> None:
    began = district.district.clock()
    line = district.controls.change_grade("05", student="S0103-0007")
    assert line.startswith("student S0103-0007 is in grade 05, was in ")
    assert (await asks.get("users/S0103-0007")).body["user"]["grades"] == ["05"]
    assert await changed_since(asks, "users", began) == {"S0103-0007"}


async def test_a_school_is_renamed(district: RunningDistrict, asks: Consumer) -> None:
    began = district.district.clock()
    line = district.controls.rename_school("0101", "Lincoln Preparatory Academy")
    assert line == "school 0101 is called Lincoln Preparatory Academy, was Lincoln High School"
    assert (await asks.get("orgs/0101")).body["org"]["name"] == "Lincoln Preparatory Academy"
    assert await changed_since(asks, "orgs", began) == {"0101"}


async def test_a_school_opens_with_people_and_classes(district: RunningDistrict, asks: Consumer) -> None:
    began = district.district.clock()
    courses = dict(district.population.courses)
    line = district.controls.add_school()
    assert line.startswith("school 0105 opened: ")
    opened = expected(district.population, ["0105"], "1.2")
    assert min(opened.students["0105"], opened.teachers["0105"], opened.student_enrollments["0105"]) > 0
    assert await changed_since(asks, "orgs", began) == {"0105", "1"}
    assert courses.items() <= district.population.courses.items()
    children = (await asks.get("orgs/1")).body["org"]["children"]
    assert [child["sourcedId"] for child in children] == ["0101", "0102", "0103", "0104", "0105"]
    assert district.controls.add_school("Night School") == "school 0106 opened: Night School"


@pytest.mark.parametrize("leaving", ["absent", "tobedeleted"])
async def test_a_school_closes(district: RunningDistrict, asks: Consumer, leaving: str) -> None:
    others = ["0101", "0103", "0104"]
    before = expected(district.population, others, "1.2")
    district.controls.close_school("0102", leaving)  # type: ignore[arg-type]
    assert active_schools(district.population) == others
    assert expected(district.population, others, "1.2") == before
    closed = expected(district.population, ["0102"], "1.2")
    assert (closed.students, closed.classes, closed.student_enrollments) == ({"0102": 0},) * 3
    assert (await asks.get("orgs/0102")).status == (404 if leaving == "absent" else 200)
    left = {
        role.org for user in district.population.users.values() for role in user.roles if user.status == "active"
    }
    assert "0102" not in left


async def test_each_change_is_later_than_the_one_before(district: RunningDistrict, asks: Consumer) -> None:
    moments = []
    for name in ("A", "B", "C"):
        district.controls.rename_school("0101", name)
        moments.append((await asks.get("orgs/0101")).body["org"]["dateLastModified"])
    assert moments == sorted(set(moments))


async def test_a_change_during_a_walk_shows_on_its_next_page(district: RunningDistrict, asks: Consumer) -> None:
    first = await asks.get("users", sort="sourcedId", limit=10)
    district.controls.withdraw_student()
    second = await asks.get("users", sort="sourcedId", limit=10, offset=10)
    assert second.total == first.total - 1


async def test_a_rotated_secret_ends_tokens_too(district: RunningDistrict, asks: Consumer) -> None:
    old = district.client_secret
    assert district.controls.rotate_secret() == "secret rotated, tokens withdrawn"
    assert district.client_secret != old
    assert (await asks.get("orgs")).status == 401
    assert (await asks.ask_for_token(client_secret=old)).body == {"error": "invalid_client"}
    assert (await asks.ask_for_token()).status == 200
    assert (await asks.get("orgs")).status == 200


async def test_an_outage_hits_tokens_and_data_until_it_ends(district: RunningDistrict, asks: Consumer) -> None:
    token = asks.token
    district.controls.begin_outage()
    assert (await asks.get("orgs")).status == 503
    assert (await asks.ask_for_token()).status == 503
    district.controls.end_outage()
    asks.token = token
    assert (await asks.get("orgs")).status == 200


async def test_one_collection_can_be_refused(district: RunningDistrict, asks: Consumer) -> None:
    district.controls.refuse("enrollments")
    assert (await asks.get("enrollments")).status == 403
    assert (await asks.get("enrollments/E0101-0001")).status == 403
    assert (await asks.get("users")).status == 200
    district.controls.permit("enrollments")
    assert (await asks.get("enrollments")).status == 200


def test_what_is_not_there_cannot_be_changed(district: RunningDistrict) -> None:
    controls = district.controls
    with pytest.raises(LookupError, match="no school has the sourcedId 1"):
        controls.rename_school("1", "Anything")
    with pytest.raises(LookupError, match="nobody has the sourcedId nobody"):
        controls.withdraw_student(student="nobody")
    with pytest.raises(LookupError, match="no ordinary student at school 0199"):
        controls.add_student("0199")
    with pytest.raises(LookupError, match="no collection lineItems"):
        controls.refuse("lineItems")
    with pytest.raises(ValueError, match="at least 1 record"):
        controls.set_page_size(0)


async def test_requests_are_counted_and_remembered(district: RunningDistrict, asks: Consumer) -> None:
    await asks.get("users", limit=5, filter="familyName='O''Brien'")
    await asks.get("users/S0101-0001")
    await asks.get("users", limit=0)
    assert district.district.counts == {"token": 1, "users": 2, "users/{sourcedId}": 1}
    asked = [(request.endpoint, request.query, request.status) for request in district.district.requests]
    assert asked[1:] == [
        ("users", {"limit": "5", "filter": "familyName='O''Brien'"}, 200),
        ("users/{sourcedId}", {}, 200),
        ("users", {"limit": "0"}, 400),
    ]
    district.controls.forget_requests()
    assert (len(district.district.requests), district.district.counts) == (0, {})
