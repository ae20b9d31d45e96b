"""Credentials that are pinned to hosts are shown to no other, neither they nor their tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from yarl import URL

from oneroster_operator.oneroster import Collection, Endpoint, OAuth1, OAuth2, OneRosterClient, Refused, hosts_in
from oneroster_operator.oneroster.exchange import Connection
from tests.oneroster.odd_servers import LOOPBACK, Pauses, any_token, serving


@dataclass
class Pinned:
    """A service at `localhost` and at `127.0.0.1`, the same under two names, and what it was asked."""

    origin: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def client(self, hosts: str, *, endpoint: str, token: str | None) -> OneRosterClient:
        pinned = hosts_in(hosts)
        return OneRosterClient(
            Endpoint(self.origin[endpoint], "1.1" if token is None else "1.2"),
            OAuth1("id", "secret", pinned)
            if token is None
            else OAuth2("id", "secret", f"{self.origin[token]}/token", allowed_hosts=pinned),
            plain_http=True,
            allowed_networks=LOOPBACK,
            hosts=Pauses().hosts(),
        )


@asynccontextmanager
async def pinned() -> AsyncIterator[Pinned]:
    async def roster(request: web.Request) -> web.StreamResponse:
        found.asked.append(request.path)
        return await any_token(request)

    async with serving(roster) as origin:
        found = Pinned({"127.0.0.1": origin, "localhost": origin.replace("127.0.0.1", "localhost")})
        yield found


@pytest.mark.parametrize(
    ("endpoint", "token"), [("localhost", "127.0.0.1"), ("127.0.0.1", "localhost"), ("localhost", None)]
)
async def test_nothing_is_sent_to_another_host(endpoint: str, token: str | None) -> None:
    async with pinned() as service, service.client("127.0.0.1", endpoint=endpoint, token=token) as client:
        verdict = await client.probe()
        with pytest.raises(Refused) as refused:
            await client.organizations()
        with pytest.raises(Refused):
            async for _ in client.walk(Collection.USERS):
                pass
    assert service.asked == [], "not even a token where the rest would be refused"
    assert (verdict.outcome, verdict.reason) == ("Refused", "HostNotAllowed")
    assert refused.value.reason == "HostNotAllowed"
    assert verdict.message.startswith("These credentials may not be sent to localhost, which key allowedHosts")


@pytest.mark.parametrize("hosts", ["127.0.0.1,LocalHost.", "sis.example\n localhost , 127.0.0.1\n"])
async def test_the_hosts_that_are_named_are_asked(hosts: str) -> None:
    async with pinned() as service, service.client(hosts, endpoint="localhost", token="127.0.0.1") as client:
        assert (await client.probe()).reason != "HostNotAllowed"
    assert service.asked[0] == "/token"
    assert len(service.asked) > 1


async def test_a_pin_that_names_nobody_lets_nobody_in() -> None:
    async with pinned() as service, service.client(" ,\n", endpoint="localhost", token="localhost") as client:
        assert (await client.probe()).reason == "HostNotAllowed"
    assert service.asked == []


@pytest.mark.parametrize(
    ("url", "admitted"),
    [
        ("https://sis.example/orgs", True),
        ("https://SIS.example.:8443/orgs", True),
        ("https://schüler.example/orgs", True),
        ("https://xn--schler-5ya.example/orgs", True),
        ("https://sis.example.evil.example/orgs", False),
        ("https://evil.example/sis.example", False),
        ("https://münchen.example/orgs", True),
        ("https://a.sis.example/orgs", False),
        ("https://evil.example?sis.example", False),
    ],
)
def test_a_name_is_the_whole_host(url: str, admitted: bool) -> None:
    connection = Connection(
        ca_bundle=None,
        allowed_networks=(),
        allowed_hosts=hosts_in("sis.example, schüler.example, xn--mnchen-3ya.example"),
        hosts=Pauses().hosts(),
        clock=lambda: 0.0,
    )
    if admitted:
        connection.check_host(URL(url))
    else:
        with pytest.raises(Refused):
            connection.check_host(URL(url))
