"""What pages hold and what their headers say, switch by switch, over HTTP."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.district.consumer import Answer, Consumer, consumer_of
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Paging, Settings

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=2, students_per_school=20)
COURSES = len(POPULATION.courses)


@asynccontextmanager
async def asked(**paging: Any) -> AsyncIterator[tuple[Consumer, RunningDistrict]]:
    settings = Settings(paging=Paging(**paging))
    async with (
        running_district(POPULATION, tls=False, settings=settings) as district,
        consumer_of(district) as asks,
    ):
        yield asks, district


def links(answer: Answer) -> dict[str, dict[str, list[str]]]:
    """The query of each link by its relation."""
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("Link", ""))
    return {relation: parse_qs(urlsplit(url).query) for url, relation in found}


def ids(answer: Answer) -> list[str]:
    return [row["sourcedId"] for row in next(iter(answer.body.values()))]


async def test_limits_are_clamped_and_a_page_without_limit_has_the_default() -> None:
    async with asked(maximum=7, default_limit=3) as (asks, _):
        assert len(ids(await asks.get("users"))) == 3
        assert len(ids(await asks.get("users", limit=500))) == 7
        assert len(ids(await asks.get("users", limit=5))) == 5


@pytest.mark.parametrize(
    ("paging", "totals"),
    [
        ({}, [str(COURSES), str(COURSES)]),
        ({"total": "absent"}, [None, None]),
        ({"total": "page"}, ["4", "2"]),
        ({"total": "remaining"}, [str(COURSES), str(COURSES - 4)]),
        ({"total_error": -3}, [str(COURSES - 3), str(COURSES - 3)]),
        ({"total_error": 2}, [str(COURSES + 2), str(COURSES + 2)]),
    ],
)
async def test_the_total_is_right_or_absent_or_wrong(paging: Any, totals: list[str | None]) -> None:
    async with asked(**paging) as (asks, _):
        first, second = await asks.get("courses", limit=4), await asks.get("courses", limit=2, offset=4)
        assert [page.headers.get("X-Total-Count") for page in (first, second)] == totals
        assert "x-count" not in first.headers
        assert "Link" not in first.headers


async def test_x_count_tells_the_pages_own_count() -> None:
    async with asked(count_header=True) as (asks, _):
        answer = await asks.get("courses", limit=4)
        assert (answer.headers["x-count"], answer.total) == ("4", COURSES)


async def test_links_lead_through_the_whole_collection_and_keep_the_rest_of_the_query() -> None:
    async with asked(links="present", maximum=3) as (asks, district):
        query: dict[str, Any] = {"filter": "status='active'", "limit": 50}
        found: list[str] = []
        while True:
            answer = await asks.get("courses", **query)
            found += ids(answer)
            assert f"<{district.base_url}/courses?filter=status%3D%27active%27&limit=" in answer.headers["Link"]
            if "next" not in links(answer):
                break
            query = {name: values[0] for name, values in links(answer)["next"].items()}
        assert found == ids(await _everything())


async def _everything() -> Answer:
    async with asked() as (asks, _):
        return await asks.get("courses", limit=5000, filter="status='active'")


async def test_the_last_link_has_another_limit_as_in_the_specifications_example() -> None:
    async with asked(links="present") as (asks, _):
        size = next(n for n in range(2, COURSES) if COURSES % n)
        answer = await asks.get("courses", limit=size)
        assert links(answer) == {
            "next": {"limit": [str(size)], "offset": [str(size)]},
            "last": {"limit": [str(COURSES % size)], "offset": [str(COURSES - COURSES % size)]},
            "first": {"limit": [str(size)], "offset": ["0"]},
        }
        end = await asks.get("courses", limit=size, offset=COURSES - 1)
        assert links(end).keys() == {"last", "first", "prev"}


async def test_next_may_lead_elsewhere_or_never_end() -> None:
    async with asked(links="foreign") as (asks, _):
        answer = await asks.get("courses", limit=4)
        assert "<https://roster.elsewhere.example/ims/oneroster/rostering/v1p2/courses?" in answer.headers["Link"]
    async with asked(links="repeated") as (asks, _):
        pages = [(await asks.get("courses", limit=4, offset=offset)).headers["Link"] for offset in (0, 4, COURSES)]
        assert len(set(pages)) == 1
        assert 'rel="next"' in pages[0]


@pytest.mark.parametrize("status", [400, 404])
async def test_an_offset_past_the_end_may_be_refused(status: Any) -> None:
    async with asked(beyond_end=status) as (asks, _):
        assert (await asks.get("courses", offset=COURSES - 1)).status == 200
        assert (await asks.get("courses", offset=COURSES)).status == status
        assert (await asks.get("courses", filter="title='nothing'")).body == {"courses": []}


async def test_rows_may_come_in_another_order_each_time_unless_sorted() -> None:
    async with asked(reshuffled=True) as (asks, _):
        one, two = ids(await asks.get("users", limit=500)), ids(await asks.get("users", limit=500))
        assert one != two
        assert sorted(one) == sorted(two)
        ordered = ids(await asks.get("users", limit=500, sort="sourcedId"))
        assert ordered == sorted(one)


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_pages_may_be_too_heavy(status: Any) -> None:
    async with asked(heavy_above=10, heavy_status=status) as (asks, district):
        assert (await asks.get("users", limit=11)).status == status
        assert (await asks.get("users", limit=10)).status == 200
        district.controls.set_heavy(4)
        assert (await asks.get("users", limit=10)).status == 502
        district.controls.set_heavy(None)
        assert (await asks.get("users", limit=500)).status == 200
