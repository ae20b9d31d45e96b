"""The token endpoint and bearer tokens, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.district.consumer import Consumer, consumer_of
from tests.district.district import District
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.running import listening
from tests.district.settings import Settings, scope


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def district(settings: Settings, clock: Clock, secret: str = "s3cret") -> AsyncIterator[Consumer]:  # noqa: S107
    population = Population.generate(7, today=date(2026, 11, 24), schools=1, students_per_school=5)
    simulated = District(population, settings, secret, clock)
    async with listening(simulated, "127.0.0.1", 0, ()) as running, consumer_of(running) as consumer:
        yield consumer


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("basic", [True, False])
async def test_a_token_opens_the_roster(version: Version, basic: bool) -> None:
    async with district(Settings(version=version, token_seconds=900), Clock()) as consumer:
        core = scope(version, "roster-core.readonly")
        answer = await consumer.ask_for_token({"scope": core}, basic=basic)
        assert answer.status == 200
        assert answer.body == {
            "access_token": consumer.token,
            "token_type": "bearer",
            "expires_in": 900,
            "scope": core,
        }
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await consumer.get("orgs")).status == 200


async def test_without_a_scope_all_that_the_client_may_have_is_granted() -> None:
    async with district(Settings(), Clock()) as consumer:
        answer = await consumer.ask_for_token()
        assert answer.body["scope"].split() == [
            "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",
            "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly",
        ]


async def test_marks_in_a_secret_are_form_encoded_in_basic_as_rfc_6749_says() -> None:
    async with district(Settings(client_id="a b"), Clock(), secret="+/%:ü &") as consumer:
        assert (await consumer.ask_for_token(basic=True)).status == 200
        assert (await consumer.ask_for_token(basic=False)).status == 200


@pytest.mark.parametrize("basic", [True, False])
async def test_a_wrong_secret_is_invalid_client(basic: bool) -> None:
    async with district(Settings(), Clock()) as consumer:
        answer = await consumer.ask_for_token(basic=basic, client_secret="wrong")
        assert (answer.status, answer.body) == (401, {"error": "invalid_client"})
        assert answer.headers.get("WWW-Authenticate", "").startswith("Basic") is basic


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": scope("1.1", "roster-core.readonly")}, "invalid_scope"),
        ({"scope": scope("1.2", "roster-demographics.readonly")}, "invalid_scope"),
        ({"scope": f"{scope('1.2', 'roster.readonly')} everything"}, "invalid_scope"),
    ],
)
async def test_a_token_endpoint_says_what_is_wrong_with_a_request(form: dict[str, str], error: str) -> None:
    async with district(Settings(), Clock()) as consumer:
        answer = await consumer.ask_for_token(form)
        assert (answer.status, answer.body) == (400, {"error": error})


async def test_without_a_live_token_the_answer_is_401() -> None:
    clock = Clock()
    async with district(Settings(token_seconds=60), clock) as consumer:
        clock.now += timedelta(seconds=59)
        assert (await consumer.get("orgs")).status == 200
        clock.now += timedelta(seconds=1)
        expired = await consumer.get("orgs")
        assert expired.status == 401
        assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]
        consumer.token = None
        missing = await consumer.get("orgs")
        assert missing.status == 401
        assert "error" not in missing.headers["WWW-Authenticate"]


async def test_a_token_for_demographics_alone_does_not_open_the_roster() -> None:
    settings = Settings(scopes=frozenset({"roster-core.readonly", "roster-demographics.readonly"}))
    async with district(settings, Clock()) as consumer:
        await consumer.ask_for_token({"scope": scope("1.2", "roster-demographics.readonly")})
        answer = await consumer.get("orgs")
        assert answer.status == 403
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
