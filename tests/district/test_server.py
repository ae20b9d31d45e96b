"""What the rostering service answers, asked over HTTP."""

import ssl
import urllib.error
import urllib.request
from datetime import date
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest

from tests.district.consumer import consumer_of
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import district_on_thread, running_district
from tests.district.settings import Auth

VERSIONS: list[Version] = ["1.1", "1.2"]


def population(schools: int = 4, students_per_school: int = 40) -> Population:
    return Population.generate(
        7, today=date(2026, 11, 24), schools=schools, students_per_school=students_per_school
    )


def code_minor(version: Version, body: Any) -> str:
    """Reads an error body as the version in question defines it."""
    if version == "1.1":
        (info,) = body["statusInfoSet"]
        assert (info["imsx_codeMajor"], info["imsx_severity"]) == ("failure", "error")
        return str(info["imsx_codeMinor"])
    assert (body["imsx_codeMajor"], body["imsx_severity"]) == ("failure", "error")
    (field,) = body["imsx_CodeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldName"] == "TargetEndSystem"
    return str(field["imsx_codeMinorFieldValue"])


@pytest.mark.parametrize(("version", "auth"), [("1.1", "oauth1"), ("1.1", "oauth2"), ("1.2", "oauth2")])
async def test_paging_brings_every_record_once_and_states_the_total(version: Version, auth: Auth) -> None:
    async with (
        running_district(population(), version=version, auth=auth) as district,
        consumer_of(district) as asks,
    ):
        found: list[str] = []
        while True:
            page = await asks.get("enrollments", limit=150, offset=len(found), sort="sourcedId", orderBy="asc")
            assert page.total == len(district.population.enrollments)
            if not page.body["enrollments"]:
                break
            found += [enrollment["sourcedId"] for enrollment in page.body["enrollments"]]
        assert found == sorted(district.population.enrollments)
        assert district.district.counts["enrollments"] == -(-len(found) // 150) + 1


async def test_pages_hold_100_by_default_and_never_more_than_the_server_allows() -> None:
    async with running_district(population(), tls=False) as district, consumer_of(district) as asks:
        assert len((await asks.get("users")).body["users"]) == 100
        district.controls.set_page_size(30)
        clamped = await asks.get("users", limit=5_000)
        assert len(clamped.body["users"]) == 30
        assert clamped.total == len(district.population.users)
        district.controls.set_page_size(None)
        assert len((await asks.get("users", limit=5_000)).body["users"]) == clamped.total


async def test_sorts_either_way_by_any_field() -> None:
    async with running_district(population(), tls=False) as district, consumer_of(district) as asks:
        down = await asks.get("users", sort="familyName", orderBy="desc", limit=5_000)
        names = [user["familyName"] for user in down.body["users"]]
        assert names == sorted(names, reverse=True)
        dates = await asks.get("enrollments", sort="beginDate", filter="role='student'", limit=5_000)
        begun = [enrollment.get("beginDate") for enrollment in dates.body["enrollments"]]
        assert begun[-1] is None
        with_date = [day for day in begun if day is not None]
        assert with_date == sorted(with_date)


@pytest.mark.parametrize(
    ("version", "name", "expression", "holds"),
    [
        ("1.1", "users", "role='teacher'", lambda user: user["role"] == "teacher"),
        ("1.1", "users", "orgs.sourcedId='0102'", lambda user: "0102" in [o["sourcedId"] for o in user["orgs"]]),
        ("1.1", "users", "enabledUser='false'", lambda user: user["enabledUser"] is False),
        ("1.2", "users", "roles.role='teacher'", lambda user: "teacher" in [r["role"] for r in user["roles"]]),
        ("1.2", "users", "grades='09' AND email>'M'", lambda u: "09" in u["grades"] and u["email"] > "M"),
        ("1.2", "enrollments", "school.sourcedId='0101'", lambda e: e["school"]["sourcedId"] == "0101"),
        ("1.2", "enrollments", "primary='true' OR role='student'", lambda e: e.get("primary") != "false"),
        ("1.2", "academicSessions", "endDate<='2027-01-01'", lambda s: s["endDate"] <= "2027-01-01"),
        ("1.2", "orgs", "name~'Lincoln'", lambda org: "Lincoln" in org["name"]),
        ("1.2", "classes", "status='active'", lambda class_: class_["status"] == "active"),
    ],
)  # fmt: skip
async def test_filters_select_what_they_say(version: Version, name: str, expression: str, holds: Any) -> None:
    async with (
        running_district(population(), version=version, tls=False) as district,
        consumer_of(district) as asks,
    ):
        everything = (await asks.get(name, limit=9_999)).body[name]
        chosen = await asks.get(name, limit=9_999, filter=expression)
        ids = [item["sourcedId"] for item in chosen.body[name]]
        fitting = [item for item in everything if _fits(holds, item)]
        assert ids == [item["sourcedId"] for item in fitting]
        assert 0 < len(ids) < len(everything)
        assert chosen.total == len(ids)


def _fits(holds: Any, item: Any) -> bool:
    """A field that the object does not have fits no filter here."""
    try:
        return bool(holds(item))
    except KeyError:
        return False


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "query", "status", "minor"),
    [
        ("users", {"filter": "birthDate='2010-01-01'"}, 400, "invalid_filter_field"),
        ("users", {"filter": "status=active"}, 400, "invalid_filter_field"),
        ("users", {"filter": ""}, 400, "invalid_filter_field"),
        ("users", {"limit": "0"}, 400, "invaliddata"),
        ("users", {"limit": "many"}, 400, "invaliddata"),
        ("users", {"offset": "-1"}, 400, "invaliddata"),
        ("users", {"sort": "sourcedId", "orderBy": "up"}, 400, "invalid_selection_field"),
        ("users/nobody", {}, 404, "unknownobject"),
        ("students/P0101-0001", {}, 404, "unknownobject"),
        ("schools/1", {}, 404, "unknownobject"),
        ("schools/0101/classes", {}, 404, "unknownobject"),
        ("lineItems", {}, 404, "unknownobject"),
        ("demographics", {}, 403, "forbidden"),
        ("demographics/S0101-0001", {}, 403, "forbidden"),
    ],
)
async def test_refusals_have_the_bodies_of_their_version(
    version: Version, path: str, query: dict[str, str], status: int, minor: str
) -> None:
    async with (
        running_district(population(1, 5), version=version, tls=False) as district,
        consumer_of(district) as asks,
    ):
        answer = await asks.get(path, **query)
        assert (answer.status, code_minor(version, answer.body)) == (status, minor)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_unknown_sort_gives_the_default_order_with_a_warning_in_1_1(version: Version) -> None:
    async with (
        running_district(population(), version=version, tls=False) as district,
        consumer_of(district) as asks,
    ):
        answer = await asks.get("orgs", sort="colour")
        assert answer.status == HTTPStatus.OK
        assert answer.body["orgs"] == (await asks.get("orgs")).body["orgs"]
        warnings = [info["imsx_codeMinor"] for info in answer.body.get("statusInfoSet", [])]
        assert warnings == (["invalid_sort_field"] if version == "1.1" else [])


@pytest.mark.parametrize("version", VERSIONS)
async def test_single_reads_use_the_singular_key(version: Version) -> None:
    async with (
        running_district(population(), version=version, tls=False) as district,
        consumer_of(district) as asks,
    ):
        for path, key in (
            ("orgs/0101", "org"),
            ("schools/0101", "org"),
            ("academicSessions/SY2027", "academicSession"),
            ("terms/SY2027-T1", "academicSession"),
            ("gradingPeriods/SY2027-Q1", "academicSession"),
            ("courses/C-ENG09", "course"),
            ("classes/0101-ENG09-1", "class"),
            ("users/P0101-0001", "user"),
            ("students/S0101%2D0001", "user"),
            ("teachers/T0101-0001", "user"),
            ("enrollments/E0101-0001", "enrollment"),
        ):
            answer = await asks.get(path)
            assert list(answer.body) == [key]
            assert answer.body[key]["sourcedId"] == path.partition("/")[2].replace("%2D", "-")


async def test_references_lead_back_to_this_server() -> None:
    async with running_district(population()) as district, consumer_of(district) as asks:
        enrollment = (await asks.get("enrollments", limit=1)).body["enrollments"][0]
        for field, key in (("user", "user"), ("class", "class"), ("school", "org")):
            href = enrollment[field]["href"]
            assert href.startswith(f"{district.base_url}/")
            found = await asks.get(href.removeprefix(f"{district.base_url}/"))
            assert found.body[key]["sourcedId"] == enrollment[field]["sourcedId"]


async def test_an_empty_selection_is_an_empty_list() -> None:
    async with running_district(population(1, 5), tls=False) as district, consumer_of(district) as asks:
        answer = await asks.get("users", filter="familyName='Nobody'")
        assert (answer.status, answer.body, answer.total) == (200, {"users": []}, 0)
        beyond = await asks.get("users", offset=10_000)
        assert beyond.body == {"users": []}
        assert beyond.total > 0


async def test_another_versions_path_is_not_found_and_writing_is_not_allowed() -> None:
    async with running_district(population(1, 5), tls=False) as district, aiohttp.ClientSession() as session:
        origin = district.base_url.removesuffix("/ims/oneroster/rostering/v1p2")
        async with session.get(f"{origin}/ims/oneroster/v1p1/orgs") as response:
            assert response.status == HTTPStatus.NOT_FOUND
        async with session.put(f"{district.base_url}/users/S0101-0001") as response:
            assert response.status == HTTPStatus.METHOD_NOT_ALLOWED


async def test_who_does_not_know_the_ca_does_not_get_in() -> None:
    async with running_district(population(1, 5)) as district, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError) as refused:
            await session.get(f"{district.base_url}/orgs")
        assert isinstance(refused.value.certificate_error, ssl.SSLCertVerificationError)


def test_a_district_on_a_thread_serves_callers_that_block() -> None:
    with district_on_thread(population(1, 5), tls=False) as district:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{district.base_url}/orgs")
        assert district.controls.begin_outage()
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{district.base_url}/orgs")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{district.base_url}/orgs")


def test_a_failure_to_start_reaches_the_caller_of_the_thread() -> None:
    with (
        pytest.raises(ValueError, match=r"OAuth 1 exists in OneRoster 1\.1 only"),
        district_on_thread(population(1, 5), version="1.2", auth="oauth1"),
    ):
        pass
