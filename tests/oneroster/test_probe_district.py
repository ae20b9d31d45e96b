"""Each trouble of a district is told from the others, and told so that its people know what to change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oneroster_operator.oneroster import Verdict, Version
from tests.district.profiles import AERIES, CLASSLINK, EDFI, INFINITE_CAMPUS, POWERSCHOOL, SKYWARD, SYNERGY
from tests.district.records import CANARY
from tests.district.running import RunningDistrict
from tests.district.settings import Settings
from tests.oneroster.probed import POPULATION, probed

PLAIN = Settings()
OAUTH_1 = Settings(version="1.1", auth="oauth1")


def controls(method: str, *arguments: Any) -> Callable[[RunningDistrict], object]:
    def turn(district: RunningDistrict) -> object:
        return getattr(district.controls, method)(*arguments)

    return turn


def hides(*collections: str) -> Callable[[RunningDistrict], object]:
    return lambda district: [district.controls.hide(name) for name in collections]


def refuses(*collections: str) -> Callable[[RunningDistrict], object]:
    return lambda district: [district.controls.refuse(name) for name in collections]


def told(found: Verdict) -> tuple[str, str, str]:
    return found.outcome, found.reason, found.stage


REFUSALS: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "wrong secret": (
        {"settings": PLAIN, "secret": "guessed"},
        "InvalidCredentials",
        "token",
        ["refuses the client id and the client secret", "check both with the district"],
    ),
    "wrong secret of OAuth 1": (
        {"settings": OAUTH_1, "secret": "guessed"},
        "InvalidCredentials",
        "call",
        ["refuses the OAuth 1 signature", "client secret"],
    ),
    "wrong scope": (
        {"settings": PLAIN, "scopes": ("https://scope.example/of/another/service",)},
        "InsufficientScope",
        "token",
        ["invalid_scope", "grant this client the roster scopes"],
    ),
    "no scope of the roster": (
        {"settings": replace(PLAIN, scopes=frozenset({"roster-demographics.readonly"}))},
        "InsufficientScope",
        "call",
        ["wants a scope that we were not granted", "grant the roster scopes"],
    ),
    "clock ahead": (
        {"settings": replace(OAUTH_1, clock_offset=timedelta(minutes=20))},
        "ClockSkew",
        "call",
        ["20 minutes ahead of ours", "should set it"],
    ),
    "clock behind": (
        {"settings": replace(OAUTH_1, clock_offset=timedelta(hours=-2))},
        "ClockSkew",
        "call",
        ["120 minutes behind ours"],
    ),
    "certificate": (
        {"settings": PLAIN, "trusted": False},
        "CertificateNotTrusted",
        "tls",
        ["The certificate of localhost is not trusted", "CA bundle"],
    ),
    "address": (
        {"settings": PLAIN, "allowed_networks": ()},
        "AddressRefused",
        "connection",
        ["localhost leads to a private, loopback", "allowedNetworks"],
    ),
    "login page": (
        {"settings": PLAIN, "before": controls("show_login_page", "roster")},
        "NotJSON",
        "call",
        ["sends a web page in place of JSON", "correct the endpoint URL"],
    ),
    "login page in place of a token": (
        {"settings": PLAIN, "before": controls("show_login_page")},
        "NotJSON",
        "token",
        ["sends a web page in place of JSON", "correct the token URL"],
    ),
    "redirected": (
        {"settings": PLAIN, "before": controls("redirect", "https://sso.example")},
        "Redirected",
        "token",
        ["redirects to sso.example", "correct the token URL"],
    ),
    "orgs not shared": (
        {"settings": PLAIN, "before": refuses("orgs")},
        "Forbidden",
        "call",
        ["/orgs is forbidden to us (403), though /users is shared", "the district should share its orgs"],
    ),
    "orgs not licensed": (
        {"settings": PLAIN, "before": hides("orgs")},
        "NotFound",
        "call",
        ["/orgs is not there (404), though /users is shared", "the district should share its orgs"],
    ),
    "nothing shared": (
        {"settings": PLAIN, "before": refuses("orgs", "users")},
        "Forbidden",
        "call",
        ["/orgs is forbidden to us (403)", "admit our address", "is its OneRoster module licensed and on?"],
    ),
    "module not licensed": (
        {"settings": PLAIN, "before": hides("orgs", "users")},
        "NotFound",
        "call",
        ["/orgs is not there (404)", "its OneRoster module is licensed and on"],
    ),
}


@pytest.mark.parametrize("trouble", REFUSALS)
async def test_a_refusal_says_what_to_change(trouble: str) -> None:
    asked, reason, stage, words = REFUSALS[trouble]
    found = await probed(**asked)
    assert told(found) == ("Refused", reason, stage)
    assert [word for word in words if word not in found.message] == []


OUTAGES: dict[str, tuple[Callable[[RunningDistrict], object], str, str, str]] = {
    "down": (controls("begin_outage"), "DistrictError", "token", "answers 503"),
    "broken": (controls("fail", 500, 9), "DistrictError", "call", "answers 500"),
    "overloaded": (controls("fail", 504, 9), "DistrictError", "call", "answers 504"),
    "no token now": (controls("fail", 502, 9, "token"), "DistrictError", "token", "answers 502"),
    "rate limit": (controls("limit_rate", 0, 3600), "RateLimited", "call", "limits how often we may ask (429)"),
    "rate limit on tokens": (controls("fail", 429, 9, "token"), "RateLimited", "token", "(429)"),
    "answers cut short": (controls("cut", 9), "DistrictUnreachable", "call", "broke off"),
}


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_is_no_refusal(outage: str) -> None:
    before, reason, stage, words = OUTAGES[outage]
    found = await probed(PLAIN, before=before)
    assert told(found) == ("Unreachable", reason, stage)
    assert words in found.message


WRONG_PATHS = [
    (PLAIN, "", "/ims/oneroster/rostering/v1p2"),
    (PLAIN, "/ims/oneroster/rostering/v1p2/orgs", "/ims/oneroster/rostering/v1p2"),
    (PLAIN, "/ims/oneroster/v1p2", "/ims/oneroster/rostering/v1p2"),
    (PLAIN, "/ims/oneroster/v1p2/rostering/v1p2/", "/ims/oneroster/rostering/v1p2"),
    (SKYWARD, "/ims/oneroster/rostering/v1p2", "/ims/oneroster/v1p2"),
    (INFINITE_CAMPUS, "", "/campus/api/ims/oneroster/rostering/v1p2"),
    (INFINITE_CAMPUS, "/campus/springfield.jsp", "/campus/api/ims/oneroster/rostering/v1p2"),
    (AERIES, "", "/aeries/ims/oneroster/v1p1"),
    (AERIES, "/aeries/Login.aspx", "/aeries/ims/oneroster/v1p1"),
    (POWERSCHOOL, "/ws/v1p1", "/ws/v1p1/ims/oneroster/v1p1"),
    (SYNERGY, "/api/oauth2", "/ims/oneroster/v1p1"),
    (EDFI, "/tenant-1/2027", "/tenant-1/2027/ims/oneroster/rostering/v1p2"),
    (CLASSLINK, "/ims/oneroster/v1p1/ims/oneroster/v1p1", "/ims/oneroster/v1p1"),
    (
        replace(CLASSLINK, base_path="/proxy/7%2F1553/ims/oneroster/v1p1"),
        "/proxy/7%2F1553",
        "/proxy/7%2F1553/ims/oneroster/v1p1",
    ),
]


@pytest.mark.parametrize(("settings", "given", "right"), WRONG_PATHS)
async def test_a_wrong_path_is_told_with_the_right_one(settings: Settings, given: str, right: str) -> None:
    found = await probed(settings, path=given)
    assert told(found) == ("Refused", "NotFound", "call")
    host = found.evidence[0].partition("/")[0]
    assert f"{host}{given.rstrip('/')}/orgs is not there (404), but" in found.message
    assert f": give https://{host}{right} as endpoint URL." in found.message
    assert len(found.evidence) <= 10


@pytest.mark.parametrize(
    ("settings", "declared", "path", "words"),
    [
        (Settings(version="1.1"), "1.2", None, ["declare 1.1, or give the address of the 1.2 service"]),
        (PLAIN, "1.1", None, ["declare 1.2, or give the address of the 1.1 service"]),
        (Settings(version="1.1"), "1.2", "", ["/ims/oneroster/v1p1 as endpoint URL and declare version 1.1"]),
        (PLAIN, "1.1", "/ims/oneroster/v1p1", ["/rostering/v1p2 as endpoint URL and declare version 1.2"]),
    ],
)
async def test_the_other_version_is_told(
    settings: Settings, declared: Version, path: str | None, words: list[str]
) -> None:
    found = await probed(settings, version=declared, path=path)
    assert told(found) == ("Refused", "VersionMismatch", "version")
    assert [word for word in words if word not in found.message] == []


async def test_collections_that_are_not_shared_are_named_and_refuse_nothing() -> None:
    found = await probed(PLAIN, before=refuses("enrollments"))
    assert told(found) == ("Accepted", "Accepted", "done")
    assert "/enrollments is forbidden to us (403)" in found.message

    def most(district: RunningDistrict) -> None:
        refuses("users", "classes")(district)
        hides("courses", "enrollments")(district)

    found = await probed(PLAIN, before=most)
    assert told(found) == ("Accepted", "Accepted", "done")
    assert (
        "users (403), courses (404), classes (403), enrollments (404): the district should share" in found.message
    )


async def test_evidence_names_places_and_kinds_and_nothing_that_was_sent() -> None:
    found = await probed(PLAIN, path="/ims/oneroster/rostering/v1p2/orgs/")
    host = found.evidence[0].partition("/")[0]
    assert found.evidence == (
        f"{host}/ims/oneroster/rostering/v1p2/orgs/orgs: 404, JSON",
        f"{host}/ims/oneroster/rostering/v1p2/orgs/users: 404, JSON",
        f"{host}/ims/oneroster/rostering/v1p2/orgs: 200, 1 row of {len(POPULATION.orgs)}",
        f"{host}/ims/oneroster/rostering/v1p2/users: 200, 1 row of {len(POPULATION.users)}",
    )
    found = await probed(PLAIN, before=controls("begin_outage"))
    assert [fact.partition(": ")[2] for fact in found.evidence] == ["DistrictError (token)"]
    assert CANARY not in repr((found, await probed(PLAIN)))


async def test_a_test_asks_little_of_the_district() -> None:
    asked: list[RunningDistrict] = []
    await probed(PLAIN, before=asked.append)
    assert asked[0].district.counts.total() <= 14
    assert max(int(request.query["limit"]) for request in asked[0].district.requests if request.query) == 2


@pytest.mark.parametrize(("path", "status"), [("/oauth/tokens", 404), ("/ims/oneroster/rostering/v1p2/orgs", 405)])
async def test_a_wrong_token_url_is_what_message_and_evidence_name(path: str, status: int) -> None:
    found = await probed(PLAIN, token_path=path)
    assert told(found) == ("Refused", "NotFound", "token")
    assert f"{path} is no token endpoint ({status}): correct the token URL" in found.message
    assert f"{path}: " in found.evidence[0]
