"""What can go wrong with an answer, fault by fault, over HTTP."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from tests.district.consumer import Consumer, consumer_of
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import ErrorStyle, RateLimit, Settings

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=2, students_per_school=20)


@asynccontextmanager
async def asked(**settings: Any) -> AsyncIterator[tuple[Consumer, RunningDistrict]]:
    running = running_district(POPULATION, tls=False, settings=Settings(**settings))
    async with running as district, consumer_of(district) as asks:
        yield asks, district


async def test_so_many_requests_fail_and_the_next_does_not() -> None:
    async with asked() as (asks, district):
        district.controls.fail(500, times=2)
        assert [(await asks.get("orgs")).status for _ in range(3)] == [500, 500, 200]
        district.controls.fail(503, where="token")
        assert (await asks.get("orgs")).status == 200
        assert [(await asks.ask_for_token()).status for _ in range(2)] == [503, 200]
        with pytest.raises(ValueError, match="from 400 to 599"):
            district.controls.fail(200)


async def test_too_many_requests_are_answered_with_429_in_seconds_or_as_a_date() -> None:
    async with asked(rate_limit=RateLimit(2, retry_after=7)) as (asks, district):
        answers = [await asks.get("orgs") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 429, 200]
        assert answers[2].headers["Retry-After"] == "7"
        district.controls.limit_rate(1, 60, "date")
        assert (await asks.get("orgs")).status == 200
        until = parsedate_to_datetime((await asks.get("orgs")).headers["Retry-After"])
        assert timedelta(seconds=55) < until - datetime.now(UTC) <= timedelta(seconds=60)
        district.controls.free_rate()
        assert [(await asks.get("orgs")).status for _ in range(3)] == [200, 200, 200]


async def test_answers_may_be_slow() -> None:
    async with asked() as (asks, district):
        district.controls.slow_down(0.2)
        began = time.monotonic()
        assert (await asks.get("orgs")).status == 200
        assert time.monotonic() - began >= 0.2
        district.controls.slow_down(0)


async def test_an_answer_may_end_in_mid_body() -> None:
    async with asked() as (asks, district):
        district.controls.cut()
        with pytest.raises(aiohttp.ClientPayloadError):
            await asks.get("users")
        assert (await asks.get("users")).status == 200


async def test_a_login_page_may_stand_in_for_an_answer() -> None:
    async with asked() as (asks, district):
        district.controls.show_login_page("roster")
        answer = await asks.get("users")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<form" in answer.body
        assert (await asks.ask_for_token()).status == 200
        district.controls.show_login_page("everywhere")
        assert "<form" in (await asks.ask_for_token()).body
        district.controls.hide_login_page()
        await asks.ask_for_token()
        assert (await asks.get("users")).body["users"]


async def test_requests_may_be_sent_to_another_origin() -> None:
    async with asked() as (asks, district):
        district.controls.redirect("https://login.elsewhere.example")
        answer = await asks.get("users", limit=2)
        assert answer.status == 302
        path = "/ims/oneroster/rostering/v1p2/users?limit=2"
        assert answer.headers["Location"] == f"https://login.elsewhere.example{path}"
        district.controls.redirect(None)
        assert (await asks.get("users")).status == 200


async def test_a_collection_may_be_refused_or_not_licensed() -> None:
    async with asked() as (asks, district):
        district.controls.refuse("enrollments")
        district.controls.hide("courses")
        assert (await asks.get("enrollments")).status == 403
        assert (await asks.get("courses")).status == 404
        district.controls.permit("enrollments")
        district.controls.permit("courses")
        assert (await asks.get("enrollments")).status == 200
        assert (await asks.get("courses")).status == 200


async def test_the_permission_revision_goes_up_where_it_is_sent() -> None:
    async with asked(permission_header=True) as (asks, district):
        assert (await asks.get("orgs")).headers["x-perm-rev"] == "1"
        district.controls.change_permissions()
        assert (await asks.get("orgs")).headers["x-perm-rev"] == "2"
    async with asked() as (asks, _):
        assert "x-perm-rev" not in (await asks.get("orgs")).headers


async def test_the_servers_clock_may_be_off_for_everybody_to_see() -> None:
    async with asked(clock_offset=timedelta(minutes=-11)) as (asks, _):
        date_of = parsedate_to_datetime((await asks.get("orgs")).headers["Date"])
        assert timedelta(minutes=10, seconds=55) < datetime.now(UTC) - date_of < timedelta(minutes=11, seconds=5)
    offset = timedelta(minutes=11)
    async with asked(version="1.1", auth="oauth1", clock_offset=offset) as (asks, _):
        refused = await asks.get("orgs")
        assert refused.status == 401
        assert "oauth_timestamp is more than" in refused.body["statusInfoSet"][0]["imsx_description"]


@pytest.mark.parametrize(
    ("version", "style", "body"),
    [
        ("1.2", "plain-string", {"imsx_codeMajor": "failure", "imsx_severity": "error",
                                 "imsx_description": "limit is a whole number from 1, not '0'",
                                 "imsx_codeMinor": "invalid_data"}),
        ("1.1", "wrapped", {"imsx_statusInfo": {"imsx_codeMajor": "failure", "imsx_severity": "error",
                                                "imsx_description": "limit is a whole number from 1, not '0'",
                                                "imsx_codeMinor": "invaliddata"}}),
        ("1.1", "bare", {"imsx_codeMajor": "failure", "imsx_severity": "error",
                         "imsx_description": "limit is a whole number from 1, not '0'",
                         "imsx_codeMinor": "invaliddata"}),
        ("1.2", "text", "Bad Request: limit is a whole number from 1, not '0'"),
        ("1.2", "empty", ""),
    ],
)  # fmt: skip
async def test_refusals_may_have_other_bodies(version: Version, style: ErrorStyle, body: Any) -> None:
    async with asked(version=version, errors=style) as (asks, _):
        answer = await asks.get("orgs", limit=0)
        assert (answer.status, answer.body) == (400, body)
        assert isinstance(body, str) is (not answer.headers["Content-Type"].startswith("application/json"))


async def test_the_status_info_of_1_1_may_stand_beside_data() -> None:
    async with asked(version="1.1", quirks=("status-info-beside",)) as (asks, _):
        body = (await asks.get("orgs")).body
        assert list(body) == ["statusInfoSet", "orgs"]
        (info,) = body["statusInfoSet"]
        assert (info["imsx_codeMajor"], info["imsx_severity"]) == ("success", "status")
        assert json.dumps(body["orgs"])
