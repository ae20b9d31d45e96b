"""No address is connected to but those of the public internet and of the networks that are allowed."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from oneroster_operator.oneroster import Endpoint, OAuth2, OneRosterClient, Refused, Unreachable
from oneroster_operator.oneroster.addresses import CheckedResolver, Networks, may_connect
from oneroster_operator.oneroster.exchange import Connection
from tests.oneroster.odd_servers import LOOPBACK, Pauses, any_token, serving

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "64:ff9b::808:808",
    "2002:808:808::",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.96.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:a9fe:a9fe::",
    "2002:7f00:1::1",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "100::1",
]


class Answers(AbstractResolver):
    """A name service that gives one list of addresses after the other, and the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = [*answers]
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address, family in zip(found, families, strict=True)
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def connecting(answers: Answers | None = None, allowed: Networks = LOOPBACK) -> AsyncIterator[Connection]:
    connection = Connection(
        ca_bundle=None,
        allowed_networks=allowed,
        hosts=Pauses().hosts(),
        clock=lambda: 0.0,
        resolver=(lambda: answers) if answers else lambda: Answers([]),
    )
    try:
        yield connection
    finally:
        await connection.aclose()


async def hang_up(_: web.Request) -> web.Response:
    """Closes afterwards, so that the next request has to connect, and to resolve, anew."""
    return web.Response(text="here", headers={"Connection": "close"})


def port_of(origin: str) -> int:
    port = URL(origin).port
    assert port is not None
    return port


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    assert may_connect(address, ())


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_others_may_not_unless_their_network_is_allowed(address: str) -> None:
    assert not may_connect(address, ())
    assert may_connect(address, (ip_network("0.0.0.0/0"), ip_network("::/0")))


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::"])
def test_an_address_that_stands_for_another_is_judged_as_that_one(address: str) -> None:
    assert may_connect(address, (ip_network("10.1.0.0/16"),))
    assert not may_connect(address, (ip_network("10.2.0.0/16"), ip_network("::/0")))


def test_an_allowed_network_allows_no_other() -> None:
    assert not may_connect("169.254.169.254", (ip_network("10.0.0.0/8"), *LOOPBACK))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"])
async def test_addresses_in_a_url_are_checked_though_nobody_resolves_them(host: str) -> None:
    async with serving(hang_up) as origin, connecting(allowed=()) as connection:
        url = URL(f"http://{host}:{port_of(origin)}/", encoded=True)
        with pytest.raises(Refused) as refused:
            await connection.exchange("GET", url, {}, stage="call")
    assert (refused.value.reason, refused.value.stage) == ("AddressRefused", "connection")
    assert "allowedNetworks" in refused.value.message


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0177.0.0.1", "127.0.0.01"])
async def test_other_spellings_of_an_address_are_refused(host: str) -> None:
    async with serving(hang_up) as origin, connecting() as connection:
        url = URL(f"http://{host}:{port_of(origin)}/", encoded=True)
        with pytest.raises(Refused) as refused:
            await connection.exchange("GET", url, {}, stage="call")
    assert refused.value.reason == "InvalidEndpoint"


async def test_a_spelling_that_only_the_name_service_understands_is_checked_there() -> None:
    connection = Connection(ca_bundle=None, allowed_networks=(), hosts=Pauses().hosts(), clock=lambda: 0.0)
    try:
        with pytest.raises(Refused) as refused:
            await connection.exchange("GET", URL("http://0x7f.0.0.1/"), {}, stage="call")
    finally:
        await connection.aclose()
    assert refused.value.reason == "AddressRefused"


async def test_a_name_that_leads_inside_is_refused_by_name() -> None:
    async with connecting(Answers(["10.96.0.1", "fd00:ec2::254"])) as connection:
        with pytest.raises(Refused) as refused:
            await connection.exchange("GET", URL("https://sis.example/"), {}, stage="call")
    assert refused.value.reason == "AddressRefused"
    assert refused.value.message.startswith("sis.example leads to ")
    assert refused.value.__cause__ is refused.value.__context__ is None


async def test_of_a_names_addresses_only_the_allowed_are_connected_to() -> None:
    found = ["169.254.169.254", "10.0.0.1", "127.0.0.1", "fd00:ec2::254", "8.8.8.8"]
    admitted = await CheckedResolver(Answers(found), LOOPBACK).resolve("sis.example")
    assert [one["host"] for one in admitted] == ["127.0.0.1", "8.8.8.8"]
    async with serving(hang_up) as origin:
        names = Answers(found[:-1])
        async with connecting(names) as connection:
            url = URL(f"http://sis.example:{port_of(origin)}/")
            assert (await connection.exchange("GET", url, {}, stage="call")).body == b"here"


async def test_a_name_that_leads_elsewhere_the_next_time_gets_nobody_in() -> None:
    async with serving(hang_up) as origin:
        names = Answers(["127.0.0.1"], ["127.0.0.2"])
        async with connecting(names, allowed=(ip_network("127.0.0.1/32"),)) as connection:
            url = URL(f"http://sis.example:{port_of(origin)}/")
            assert (await connection.exchange("GET", url, {}, stage="call")).body == b"here"
            with pytest.raises(Refused) as refused:
                await connection.exchange("GET", url, {}, stage="call")
    assert (refused.value.reason, names.asked) == ("AddressRefused", 2)


async def test_a_name_without_addresses_is_an_outage() -> None:
    async with connecting(Answers([])) as connection:
        with pytest.raises(Unreachable) as unreachable:
            await connection.exchange("GET", URL("https://sis.example/"), {}, stage="call")
    assert "cannot be resolved" in unreachable.value.message


@pytest.mark.parametrize("inside", ["endpoint", "token URL"])
async def test_endpoint_and_token_url_are_checked_alike(inside: str) -> None:
    seen: list[str] = []

    async def roster(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return await any_token(request)

    async with serving(roster) as origin:
        elsewhere = origin.replace("127.0.0.1", "127.0.0.2")
        base, token = (elsewhere, origin) if inside == "endpoint" else (origin, elsewhere)
        async with OneRosterClient(
            Endpoint(base, "1.2"),
            OAuth2("id", "secret", f"{token}/token"),
            plain_http=True,
            allowed_networks=(ip_network("127.0.0.1"),),
            hosts=Pauses().hosts(),
        ) as client:
            verdict = await client.probe()
    assert (verdict.outcome, verdict.reason) == ("Refused", "AddressRefused")
    assert seen == (["/token"] if inside == "endpoint" else [])
