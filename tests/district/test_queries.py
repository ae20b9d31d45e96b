"""What becomes of sort, filter and fields, switch by switch, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from tests.district.consumer import Answer, Consumer, consumer_of
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import running_district
from tests.district.settings import Queries, Settings

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=2, students_per_school=20)
TEACHERS = {"filter": "roles.role='teacher'"}


@asynccontextmanager
async def asked(version: Version = "1.2", quirks: tuple[str, ...] = (), **queries: Any) -> AsyncIterator[Consumer]:
    settings = Settings(version=version, queries=Queries(**queries), quirks=quirks)
    async with (
        running_district(POPULATION, tls=False, settings=settings) as district,
        consumer_of(district) as asks,
    ):
        yield asks


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200
    return [row["sourcedId"] for row in next(iter(answer.body.values()))]


async def test_sort_may_be_passed_over_or_refused() -> None:
    async with asked(sort="ignored") as asks:
        assert ids(await asks.get("users", sort="familyName")) == ids(await asks.get("users"))
    async with asked(sort="refused") as asks:
        assert (await asks.get("users", sort="familyName")).status == 400
        assert (await asks.get("users")).status == 200


async def test_an_unknown_direction_may_be_taken_for_the_usual_one() -> None:
    async with asked(order_by="ignored") as asks:
        upwards = ids(await asks.get("users", sort="familyName", orderBy="asc"))
        assert ids(await asks.get("users", sort="familyName", orderBy="dsc")) == upwards
    async with asked() as asks:
        assert (await asks.get("users", sort="familyName", orderBy="dsc")).status == 400


async def test_filter_may_be_passed_over_or_refused() -> None:
    async with asked(filter="ignored") as asks:
        assert ids(await asks.get("users", **TEACHERS)) == ids(await asks.get("users"))
    async with asked(filter="refused") as asks:
        assert (await asks.get("users", **TEACHERS)).status == 400


async def test_a_filter_may_be_limited_to_some_fields_of_some_collections() -> None:
    async with asked(filter_fields={"users": frozenset({"status"})}) as asks:
        assert (await asks.get("users", filter="status='active'")).status == 200
        assert (await asks.get("users", **TEACHERS)).status == 400
        assert (await asks.get("teachers", **TEACHERS)).status == 200


@pytest.mark.parametrize(
    ("field", "expression", "same_as"),
    [
        ("roles.role", "roles.role='teacher'", ""),
        ("roles.role", "roles.role='teacher' AND sourcedId>'P'", "sourcedId>'P'"),
        ("roles.role", "roles.role='teacher' OR sourcedId>'P'", ""),
        ("dateLastModified", "dateLastModified>='2099-01-01T00:00:00.000Z'", ""),
    ],
)
async def test_clauses_on_a_field_may_let_everything_through(field: str, expression: str, same_as: str) -> None:
    async with asked(filter_passes_over=frozenset({field})) as asks:
        wanted = await asks.get("users", limit=500, **({"filter": same_as} if same_as else {}))
        assert ids(await asks.get("users", limit=500, filter=expression)) == ids(wanted)
    async with asked() as asks:
        assert ids(await asks.get("users", limit=500, filter=expression)) != ids(wanted)


async def test_a_date_in_a_filter_may_be_taken_for_a_later_one() -> None:
    async with asked() as asks:
        dates = sorted(row["dateLastModified"] for row in (await asks.get("users", limit=500)).body["users"])
        late = await asks.get("users", limit=500, filter=f"dateLastModified>='{dates[0]}'")
        assert len(ids(late)) == len(dates)
    async with asked(filter_moved=timedelta(milliseconds=1)) as asks:
        late = await asks.get("users", limit=500, filter=f"dateLastModified>='{dates[0]}'")
        assert len(ids(late)) == len([date for date in dates if date > dates[0]])


@pytest.mark.parametrize(
    ("order", "quirk", "key"), [("caseless", "ids-mixed-case", str.casefold), ("numeric", "ids-numbers", int)]
)
async def test_ids_may_be_ordered_and_compared_without_regard_to_case_or_as_numbers(
    order: str, quirk: str, key: Any
) -> None:
    async with asked(quirks=(quirk,), sort_order=order, filter_order=order) as asks:
        listed = ids(await asks.get("users", limit=500, sort="sourcedId"))
        assert listed == sorted(listed, key=key)
        assert listed != sorted(listed)
        middle = listed[len(listed) // 2]
        after = ids(await asks.get("users", limit=500, sort="sourcedId", filter=f"sourcedId>='{middle}'"))
        assert after == listed[listed.index(middle) :]
        assert ids(await asks.get("users", filter=f"sourcedId='{middle}'")) == [middle]
        either = f"sourcedId='{middle}' OR familyName='Nobody'"
        assert ids(await asks.get("users", filter=either)) == [middle]


async def test_sort_and_filter_may_disagree_on_the_order() -> None:
    async with asked(quirks=("ids-numbers",), sort_order="numeric") as asks:
        listed = ids(await asks.get("users", limit=500, sort="sourcedId"))
        assert listed == sorted(listed, key=int)
        after = ids(await asks.get("users", limit=500, sort="sourcedId", filter=f"sourcedId>='{listed[9]}'"))
        assert set(after) == {sourced_id for sourced_id in listed if sourced_id >= listed[9]}
        assert after != listed[9:]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_fields_selects_on_pages_and_single_reads(version: Version) -> None:
    async with asked(version) as asks:
        wanted = ["sourcedId", "parent"]
        page = await asks.get("orgs", fields="sourcedId,parent.sourcedId")
        assert [list(org) for org in page.body["orgs"]][1:] == [wanted] * 2
        single = await asks.get("orgs/0101", fields="parent,sourcedId")
        assert list(single.body["org"]) == wanted
        assert (await asks.get("orgs", fields="")).status == 400
        assert (await asks.get("users", fields="sourcedId,metadata")).status == 200


async def test_an_unknown_field_gives_all_with_a_warning_in_1_1_and_400_in_1_2() -> None:
    async with asked("1.1") as asks:
        answer = await asks.get("orgs", fields="sourcedId,colour")
        assert answer.body["orgs"] == (await asks.get("orgs")).body["orgs"]
        (warning,) = answer.body["statusInfoSet"]
        assert (warning["imsx_codeMajor"], warning["imsx_severity"]) == ("success", "warning")
        assert warning["imsx_codeMinor"] == "invalid_selection_field"
    async with asked("1.2") as asks:
        assert (await asks.get("orgs", fields="sourcedId,colour")).status == 400


async def test_fields_may_be_passed_over() -> None:
    async with asked(fields="ignored") as asks:
        assert (await asks.get("orgs", fields="colour")).body == (await asks.get("orgs")).body
