"""One measurement in a process of its own: read all enrollments of a streamed district, and nothing else.

`client` is our client, its consumer only counts. `bare` is the least that could do: http.client, one msgspec
decoder into the same records, offsets that advance by what came until nothing comes; it proves nothing and retries
nothing. The clock starts when each has a connection and a token. Prints one line of JSON: rows, seconds,
cpu_seconds, peak_rss_mib.
"""

import argparse
import asyncio
import json
import resource
import time
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from oneroster_operator.oneroster import Collection, Endpoint, Enrollment, OAuth2, OneRosterClient
from oneroster_operator.oneroster.hosts import Hosts


@dataclass(frozen=True, slots=True)
class Spent:
    """On reading `rows`: time, and what this process computed in it."""

    rows: int
    seconds: float
    cpu_seconds: float


class Clock:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def spent(self, rows: int) -> Spent:
        return Spent(rows, time.perf_counter() - self._wall, time.process_time() - self._cpu)


def client(base_url: str, token_url: str, page_size: int) -> Spent:
    """By our client, which has to prove that what it read is all."""
    return asyncio.run(_walked(base_url, token_url, page_size))


async def _walked(base_url: str, token_url: str, page_size: int) -> Spent:
    opened = OneRosterClient(
        Endpoint(base_url, "1.2"),
        OAuth2("bench", "bench", token_url),
        plain_http=True,
        allowed_networks=(ip_network("127.0.0.0/8"),),
        hosts=Hosts(per_minute=1_000_000),
    )
    async with opened as oneroster:
        await oneroster.probe()
        clock = Clock()
        rows = 0
        walk = oneroster.walk(Collection.ENROLLMENTS, page_size=page_size)
        async for page in walk:
            rows += len(page.records)
        spent = clock.spent(rows)
    assert walk.outcome.complete, walk.outcome.proof
    return spent


def bare(base_url: str, token_url: str, page_size: int) -> Spent:
    """By a loop that could hardly be shorter."""
    array = ("records", list[Enrollment], msgspec.field(name="enrollments"))
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(msgspec.defstruct("Page", [array]), strict=False)
    base = urlsplit(base_url)
    connection = HTTPConnection(base.netloc)
    connection.request("POST", urlsplit(token_url).path, "grant_type=client_credentials")
    headers = {"Authorization": f"Bearer {json.load(connection.getresponse())['access_token']}"}
    clock = Clock()
    rows = 0
    while True:
        query = f"limit={page_size}&offset={rows}&sort=sourcedId&orderBy=asc"
        connection.request("GET", f"{base.path}/enrollments?{query}", headers=headers)
        page = decoder.decode(connection.getresponse().read()).records
        if not page:
            return clock.spent(rows)
        rows += len(page)


READERS: Final = {"client": client, "bare": bare}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading", description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("base_url")
    parser.add_argument("token_url")
    parser.add_argument("page_size", type=int)
    options = parser.parse_args()
    spent = READERS[options.reader](options.base_url, options.token_url, options.page_size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    print(json.dumps(asdict(spent) | {"peak_rss_mib": peak}))


if __name__ == "__main__":
    main()
