"""Where a service may be when the endpoint URL leads to none."""

import pytest
from yarl import URL

from oneroster_operator.oneroster import Version
from oneroster_operator.oneroster.base_urls import MOST, Base, other_bases

ORIGIN = "https://sis.example:8443"
V1P1, V1P2, SKYWARD = "/ims/oneroster/v1p1", "/ims/oneroster/rostering/v1p2", "/ims/oneroster/v1p2"


def others(path: str, declared: Version = "1.2") -> list[Base]:
    return other_bases(URL(ORIGIN + path, encoded=True), declared)


def likeliest(path: str, declared: Version = "1.2") -> str:
    return str(others(path, declared)[0].url).removeprefix(ORIGIN)


@pytest.mark.parametrize(
    ("given", "declared", "first"),
    [
        ("", "1.2", V1P2),
        ("/", "1.1", V1P1),
        (f"{V1P2}/orgs", "1.2", V1P2),
        (f"{V1P2}/Users/", "1.2", V1P2),
        (f"/{V1P1}//", "1.1", V1P1),
        (f"{V1P1}{V1P1}", "1.1", V1P1),
        (f"{SKYWARD}/rostering/v1p2", "1.2", V1P2),
        ("/ims", "1.2", V1P2),
        ("/IMS/OneRoster", "1.2", V1P2),
        ("/ims/oneroster/gradebook/v1p2", "1.2", V1P2),
        (V1P2, "1.2", SKYWARD),
        (SKYWARD, "1.2", V1P2),
        ("/v1p1", "1.1", V1P1),
        ("/learningdata/v1/orgs", "1.1", "/learningdata/v1"),
        ("/proxy/7%2F1553", "1.1", f"/proxy/7%2F1553{V1P1}"),
        ("/tenant-1/2027", "1.2", f"/tenant-1/2027{V1P2}"),
        ("/campus/api/ims/oneroster/v1p1", "1.2", f"/campus/api{V1P2}"),
    ],
)
def test_what_a_person_gave_is_mended_first(given: str, declared: Version, first: str) -> None:
    assert likeliest(given, declared) == first


@pytest.mark.parametrize(
    ("given", "declared", "among"),
    [
        ("/", "1.2", f"/campus/api{V1P2}"),
        ("/campus", "1.2", f"/campus/api{V1P2}"),
        ("/campus/portal/springfield.jsp", "1.2", f"/campus/api{V1P2}"),
        ("/", "1.1", f"/aeries{V1P1}"),
        ("/aeries/Login.aspx", "1.1", f"/aeries{V1P1}"),
        ("/genesis/login", "1.1", f"/genesis{V1P1}"),
        ("/", "1.1", f"/ws/v1p1{V1P1}"),
        ("/ws/v1p1", "1.1", f"/ws/v1p1{V1P1}"),
        ("/district/login", "1.2", V1P2),
    ],
)
def test_the_vendors_prefixes_are_known(given: str, declared: Version, among: str) -> None:
    assert ORIGIN + among in [str(base.url) for base in others(given, declared)]


@pytest.mark.parametrize("given", ["", "/", V1P1, V1P2, "/a/b/c/orgs", "/campus/api", f"{V1P2}/orgs/"])
@pytest.mark.parametrize("declared", ["1.1", "1.2"])
def test_they_are_few_and_none_is_tried_twice_or_of_another_origin(given: str, declared: Version) -> None:
    found = others(given, declared)
    assert 1 < len(found) <= MOST
    urls = [str(base.url) for base in found]
    assert len(set(urls)) == len(urls)
    assert ORIGIN + given.rstrip("/") not in urls
    assert {base.url.origin() for base in found} == {URL(ORIGIN)}
    assert declared in {base.version for base in found}


def test_the_other_version_is_looked_for_where_its_services_are() -> None:
    url = URL(f"{ORIGIN}/campus/api", encoded=True)
    assert Base(url.with_path(f"/campus/api{V1P1}"), "1.1") in other_bases(url, "1.2")
    assert Base(url.with_path(f"/campus/api{V1P2}"), "1.2") in other_bases(url, "1.1")
