"""What sets each product's profile apart, over HTTP; the whole of each is for the consumer's own tests."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.district.consumer import Consumer, consumer_of
from tests.district.population import Population
from tests.district.profiles import PROFILES
from tests.district.running import RunningDistrict, running_district
from tests.district.settings import Settings, scope

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=3, students_per_school=60)


@asynccontextmanager
async def like(profile: str) -> AsyncIterator[tuple[Consumer, RunningDistrict]]:
    settings = PROFILES[profile]
    async with running_district(POPULATION, settings=settings) as district, consumer_of(district) as asks:
        if district.token_url is not None:
            await asks.ask_for_token(
                {"scope": scope(settings.version, "roster.readonly")}
                if settings.login.scope == "required"
                else {},
                basic=settings.login.client != "body",
            )
        yield asks, district


@pytest.mark.parametrize(
    ("profile", "base", "token"),
    [
        ("plain", "/ims/oneroster/rostering/v1p2", "/oauth/token"),
        ("classlink", "/ims/oneroster/v1p1", None),
        ("infinite-campus", "/campus/api/ims/oneroster/rostering/v1p2", "/campus/oauth2/token?appName="),
        ("infinite-campus-1.1", "/campus/api/ims/oneroster/v1p1", "/campus/oauth2/token?appName="),
        ("aeries", "/aeries/ims/oneroster/v1p1", "/aeries/token"),
        ("powerschool", "/ws/v1p1/ims/oneroster/v1p1", "/oauth/access_token"),
        ("skyward", "/ims/oneroster/v1p2", "/OAuth/Token"),
        ("synergy", "/ims/oneroster/v1p1", "/api/oauth2/token"),
        ("edfi", "/tenant-1/2027/ims/oneroster/rostering/v1p2", "/tenant-1/2027/oauth/token"),
    ],
)  # fmt: skip
async def test_every_profile_answers_at_its_paths(profile: str, base: str, token: str | None) -> None:
    async with like(profile) as (asks, district):
        assert urlsplit(district.base_url).path == base
        assert token in (district.token_url or "") if token else district.token_url is None
        for collection in district.district.collections:
            answer = await asks.get(collection, limit=100)
            assert answer.status == 200
            assert answer.body[district.district.collections[collection].plural]
        assert set(PROFILES) - {"plain"}


def test_the_plain_profile_is_the_default() -> None:
    assert PROFILES["plain"] == Settings()


async def test_an_escaped_slash_in_the_base_path_stays_escaped() -> None:
    settings = Settings(base_path="/proxy/v1p0/7%2F1553/ims/oneroster/rostering/v1p2")
    async with (
        running_district(POPULATION, tls=False, settings=settings) as district,
        consumer_of(district) as asks,
    ):
        assert "/7%2F1553/" in district.base_url
        assert (await asks.get("orgs")).status == 200
        assert "/7%2F1553/" in (await asks.get("orgs/0101")).body["org"]["parent"]["href"]


async def test_edfi_clamps_to_500_and_tells_no_totals_and_no_links() -> None:
    async with like("edfi") as (asks, district):
        answer = await asks.get("enrollments", limit=5000)
        assert len(answer.body["enrollments"]) == 500 < len(district.shown.enrollments)
        assert {"X-Total-Count", "Link"}.isdisjoint(answer.headers)
        refused = await asks.get("users", limit=0)
        assert (refused.status, refused.body["imsx_codeMinor"]) == (400, "invalid_data")
        assert len(district.shown.users) > len([u for u in POPULATION.users.values() if u.status == "active"])


async def test_aeries_wants_a_scope_and_its_cookie_and_has_org_0() -> None:
    async with like("aeries") as (asks, _):
        org = (await asks.get("orgs")).body["orgs"][0]
        assert (org["sourcedId"], org["parent"]) == ("0", None)
        assert (await asks.get("schools/0101")).body["school"]["parent"]["href"] == "~/ims/oneroster/v1p1/orgs/0"
        asks.forget_cookies()
        assert (await asks.get("orgs")).status == 401
        assert (await asks.ask_for_token()).body == {"error": "invalid_scope"}


async def test_classlink_counts_pages_tells_permissions_and_writes_booleans_as_text() -> None:
    async with like("classlink") as (asks, _):
        answer = await asks.get("students", limit=2, orderBy="dsc")
        assert (answer.headers["x-count"], answer.headers["x-perm-rev"]) == ("2", "1")
        student = answer.body["users"][0]
        assert student["sourcedId"].startswith("7_")
        assert student["enabledUser"] in ("true", "false")
        assert {"password", "sms"} <= student.keys()


async def test_synergy_takes_no_scope_and_no_basic_and_powerschool_nothing_but_basic() -> None:
    async with like("synergy") as (asks, _):
        form = {"scope": scope("1.1", "roster.readonly")}
        assert (await asks.ask_for_token(form, basic=False)).status == 400
        assert (await asks.ask_for_token(basic=True)).status == 401
    async with like("powerschool") as (asks, _):
        assert (await asks.ask_for_token(basic=False)).status == 401
        await asks.ask_for_token()
        assert len((await asks.get("users", limit=5000)).body["users"]) == 100


def test_a_profile_is_served_from_the_shell(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    command = [
        *(sys.executable, "-m", "tests.district", "serve", "--profile", "edfi", "--quirk", "booleans-number"),
        *("--schools", "1", "--students-per-school", "5", "--port", "0", "--control-port", "0"),
        *("--client-secret-file", str(tmp_path / "secret")),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        form = b"grant_type=client_credentials&client_id=learning-platform&client_secret=s3cret"
        with urllib.request.urlopen(ready["tokenUrl"], form) as response:
            token = json.load(response)["access_token"]
        request = urllib.request.Request(f"{ready['baseUrl']}/users", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as response:
            users = json.load(response)["users"]
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert "/tenant-1/2027/" in ready["baseUrl"]
    assert {type(user["enabledUser"]) for user in users} == {int}


def test_the_shell_lists_quirks() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "tests.district", "quirks"], capture_output=True, text=True, check=True
    )
    assert json.loads(listed.stdout)["one-user-per-school"].endswith("(Ed-Fi).")
