"""How a client must authenticate, switch by switch, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from tests.district.consumer import Consumer, consumer_of
from tests.district.district import District
from tests.district.population import Population
from tests.district.running import listening
from tests.district.settings import Login, Settings, SignatureMethod, scope

CORE = scope("1.2", "roster-core.readonly")
ROSTER = scope("1.2", "roster.readonly")
SECRET = "s3cret+/%:&"


@asynccontextmanager
async def asked(login: Login, **settings: Any) -> AsyncIterator[Consumer]:
    population = Population.generate(7, today=date(2026, 11, 24), schools=1, students_per_school=5)
    district = District(population, Settings(login=login, **settings), SECRET)
    async with listening(district, "127.0.0.1", 0, ("localhost",)) as running, consumer_of(running) as asks:
        yield asks


@pytest.mark.parametrize(
    ("accepted", "statuses"),
    [
        ({"HMAC-SHA256"}, [401, 200]),
        ({"HMAC-SHA1"}, [200, 401]),
        ({"HMAC-SHA1", "HMAC-SHA256"}, [200, 200]),
    ],
)
async def test_oauth_1_signatures_of_one_kind_or_both(accepted: Any, statuses: list[int]) -> None:
    methods: tuple[SignatureMethod, ...] = ("HMAC-SHA1", "HMAC-SHA256")
    async with asked(Login(signature_methods=frozenset(accepted)), version="1.1", auth="oauth1") as asks:
        found = []
        for asks.signature_method in methods:
            found.append((await asks.get("orgs", filter="name!='+/%'")).status)
        assert found == statuses


@pytest.mark.parametrize(
    ("client", "statuses"), [("either", [200, 200]), ("basic", [200, 401]), ("body", [401, 200])]
)
async def test_basic_or_body_or_either(client: Any, statuses: list[int]) -> None:
    async with asked(Login(client=client)) as asks:
        assert [(await asks.ask_for_token(basic=basic)).status for basic in (True, False)] == statuses


async def test_basic_wants_id_and_secret_form_encoded_or_as_they_are() -> None:
    async with asked(Login()) as asks:
        assert [(await asks.ask_for_token(encoded=e)).status for e in (True, False)] == [200, 401]
    async with asked(Login(form_encoded=False)) as asks:
        assert [(await asks.ask_for_token(encoded=e)).status for e in (True, False)] == [401, 200]


@pytest.mark.parametrize(
    ("rule", "statuses"), [("optional", [200, 200]), ("required", [400, 200]), ("refused", [200, 400])]
)
async def test_scopes_may_be_due_or_refused(rule: Any, statuses: list[int]) -> None:
    async with asked(Login(scope=rule)) as asks:
        answers = [await asks.ask_for_token(), await asks.ask_for_token({"scope": f"{CORE} {ROSTER}"})]
        assert [answer.status for answer in answers] == statuses
        assert {a.body["error"] for a in answers if a.status == 400} <= {"invalid_scope"}


async def test_where_core_alone_may_be_granted_more_is_refused_or_left_out() -> None:
    core = frozenset({"roster-core.readonly"})
    async with asked(Login(), scopes=core) as asks:
        assert (await asks.ask_for_token({"scope": f"{CORE} {ROSTER}"})).status == 400
        assert (await asks.ask_for_token({"scope": CORE})).body["scope"] == CORE
    async with asked(Login(narrows=True), scopes=core) as asks:
        assert (await asks.ask_for_token({"scope": f"{CORE} {ROSTER}"})).body["scope"] == CORE
        assert (await asks.ask_for_token({"scope": ROSTER})).status == 400
        await asks.ask_for_token({"scope": f"{CORE} {ROSTER}"})
        assert (await asks.get("orgs")).status == 200


@pytest.mark.parametrize(
    "lacks", [{"expires_in"}, {"token_type"}, {"scope"}, {"expires_in", "token_type", "scope"}]
)
async def test_the_token_reply_may_lack_fields(lacks: Any) -> None:
    async with asked(Login(reply_lacks=frozenset(lacks))) as asks:
        reply = (await asks.ask_for_token()).body
        assert reply.keys() == {"access_token", "token_type", "expires_in", "scope"} - lacks
        assert (await asks.get("orgs")).status == 200


async def test_a_token_may_need_the_cookie_that_it_came_with() -> None:
    async with asked(Login(sticky_cookie=True)) as asks:
        assert "node=" in (await asks.ask_for_token()).headers["Set-Cookie"]
        assert (await asks.get("orgs")).status == 200
        asks.forget_cookies()
        assert (await asks.get("orgs")).status == 401
    async with asked(Login()) as asks:
        assert "Set-Cookie" not in (await asks.ask_for_token()).headers


async def test_the_token_endpoint_may_need_its_query() -> None:
    async with asked(Login(), token_path="/campus/oauth2/token", token_query="appName=platform") as asks:
        assert (await asks.ask_for_token()).status == 200
        assert asks.token_url.endswith("/campus/oauth2/token?appName=platform")
        assert (await asks.ask_for_token(url=asks.token_url.partition("?")[0])).status == 400
