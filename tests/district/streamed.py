"""Enrollments by the million, faster than a client reads them: the peer for benchmarks.

A 1.2 rostering service with the one collection and a token endpoint, over plain http on loopback, for one process
to serve and another to measure. It holds no rows: all are of one width and differ in the digits of their ids, so
1,000 of them are encoded beforehand, a block of others is a copy with some digits overwritten, and a page is
slices of blocks. Ids grow with the row's number, so a filter by them is answered by bisection.

For the shell: ``python -m tests.district.streamed --rows 1000000``.
"""

import argparse
import json
import secrets
import socket
import socketserver
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from tests.district import filters, query
from tests.district.errors import Refusal, error_body
from tests.district.fields import ENROLLMENTS
from tests.district.payloads_v1p2 import BASE_PATH
from tests.district.wire import References

TOKEN_PATH: Final = "/oauth/token"
BLOCK: Final = 1_000
_OPEN: Final = "~~~~~"
"""In the place of an id's first digits, which are the block's number; the last three count within the block."""
Body = Sequence[bytes | memoryview]


def sourced_id(row: int | str) -> str:
    """Of the enrollment with this number, from 0; text stands for its eight digits."""
    return f"enr-{row:08d}" if isinstance(row, int) else f"enr-{row}"


class Rows:
    """``count`` enrollments, ordered by sourcedId: each with a user and a class of its own, at one school."""

    def __init__(self, count: int, base_url: str) -> None:
        self.count = count
        refer = References(base_url)
        rows = [_encoded(f"{_OPEN}{last:03d}", refer) for last in range(BLOCK)]
        self.width: Final = len(rows[0])
        self._template = b"".join(rows)
        self._open = [place for place, byte in enumerate(rows[0]) if byte == ord(_OPEN[0])]
        self._block = lru_cache(maxsize=16)(self._numbered)

    def json(self, begin: int, end: int) -> Iterator[memoryview]:
        """Pieces that make up rows [begin, end) with commas between them."""
        for number in range(begin // BLOCK, -(-end // BLOCK)):
            start = number * BLOCK
            first, last = max(begin - start, 0), min(end - start, BLOCK)
            comma = 1 if start + last == end else 0
            yield memoryview(self._block(number))[first * self.width : last * self.width - comma]

    def from_id(self, least: str) -> int:
        """The number of the first row whose sourcedId is ``least`` or greater."""
        return bisect_left(range(self.count), least, key=sourced_id)

    def _numbered(self, number: int) -> bytearray:
        block = bytearray(self._template)
        digits = f"{number:0{len(_OPEN)}d}".encode()
        for nth, place in enumerate(self._open):
            at = nth % len(digits)
            block[place :: self.width] = digits[at : at + 1] * BLOCK
        return block


def _encoded(digits: str, refer: References) -> bytes:
    row = {
        "sourcedId": sourced_id(digits),
        "status": "active",
        "dateLastModified": "2026-08-20T06:30:00.000Z",
        "user": refer.user(f"usr-{digits}"),
        "class": refer.class_(f"cls-{digits}"),
        "school": refer.org("org-0101"),
        "role": "student",
        "primary": "false",
        "beginDate": "2026-08-24",
    }
    return json.dumps(row, separators=(",", ":")).encode() + b","


@dataclass(frozen=True, slots=True)
class Manner:
    """``skip_microseconds``: what each row costs that an offset skips, spent computing, as a database does that
    counts its way to an offset; rows skipped by a filter cost nothing, as with an index on sourcedId."""

    page_maximum: int = 50_000
    refuses_filters: bool = False
    skip_microseconds: float = 0.0


class Service(socketserver.ThreadingTCPServer):
    """Listens once made. One thread per connection, which stays open."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, rows: int, manner: Manner, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        origin = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.base_url: Final = origin + BASE_PATH
        self.token_url: Final = origin + TOKEN_PATH
        self._token = secrets.token_urlsafe(16)
        self._rows = Rows(rows, self.base_url)
        self.row_bytes: Final = self._rows.width
        self._manner = manner

    def answer(self, method: str, target: str, authorization: str) -> tuple[int | None, Body]:
        """``X-Total-Count`` and the body of a 200; raises Refusal for anything else. Anyone is given the token."""
        path, _, asked = target.partition("?")
        if (method, path) == ("POST", TOKEN_PATH):
            token = {"access_token": self._token, "token_type": "bearer", "expires_in": 3600}
            return None, [json.dumps(token).encode()]
        if (method, path) != ("GET", f"{BASE_PATH}/enrollments"):
            raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", "only enrollments are here")
        if authorization != f"Bearer {self._token}":
            raise Refusal(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest", "not the token that was given")
        pairs = (pair.partition("=") for pair in asked.split("&") if pair)
        return self._page(query.parse({name: unquote(value) for name, _, value in pairs}, ENROLLMENTS))

    def _page(self, asked: query.Query) -> tuple[int, Body]:
        if asked.descending or asked.sort not in {None, "sourcedId"}:
            raise Refusal(HTTPStatus.BAD_REQUEST, "invalid_selection_field", "sorted by sourcedId, ascending")
        least = self._first_filtered(asked)
        _compute(asked.offset * self._manner.skip_microseconds)
        begin = min(least + asked.offset, self._rows.count)
        end = min(begin + asked.limit, begin + self._manner.page_maximum, self._rows.count)
        return self._rows.count - least, [b'{"enrollments":[', *self._rows.json(begin, end), b"]}"]

    def _first_filtered(self, asked: query.Query) -> int:
        if asked.filter is None:
            return 0
        match asked.filter.clauses:
            case (filters.Clause("sourcedId", ">=", str(least)),) if not self._manner.refuses_filters:
                return self._rows.from_id(least)
        raise Refusal(HTTPStatus.BAD_REQUEST, "invalid_filter_field", "not a filter that is answered here")


def _compute(microseconds: float) -> None:
    until = time.perf_counter() + microseconds / 1e6
    while time.perf_counter() < until:
        pass


class _Connection(socketserver.StreamRequestHandler):
    """HTTP/1.1 as far as clients of this service speak it; http.server takes 0.2 ms longer over a request."""

    server: Service
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(ConnectionError):
            while request := self.rfile.readline().decode("ascii").split():
                headers = self._headers()
                self.rfile.read(int(headers.get("content-length", "0")))
                status, extra = HTTPStatus.OK, ""
                try:
                    total, body = self.server.answer(request[0], request[1], headers.get("authorization", ""))
                    extra = "" if total is None else f"X-Total-Count: {total}\r\n"
                except Refusal as refusal:
                    status, body = refusal.status, [json.dumps(error_body("1.2", refusal)).encode()]
                self._send(status, extra, body)

    def _headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return headers

    def _send(self, status: HTTPStatus, extra: str, body: Body) -> None:
        size = sum(map(len, body))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {size}\r\n{extra}\r\n"
        ).encode()
        connection: socket.socket = self.connection
        sent = connection.sendmsg([head, *body])
        if sent < len(head) + size:  # a signal came between
            connection.sendall(b"".join([head, *body])[sent:])


def main() -> None:
    """Prints one line of JSON (baseUrl, tokenUrl, rowBytes) and answers until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.district.streamed", description=__doc__)
    default = Manner()
    parser.add_argument("--rows", type=int, required=True, help="up to 100,000,000")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page-maximum", type=int, default=default.page_maximum, metavar="ROWS")
    parser.add_argument("--refuses-filters", action="store_true", help="400 for every filter")
    parser.add_argument("--skip-microseconds", type=float, default=0.0, help="per row that an offset skips")
    options = parser.parse_args()
    manner = Manner(options.page_maximum, options.refuses_filters, options.skip_microseconds)
    with Service(options.rows, manner, options.port) as service, suppress(KeyboardInterrupt):
        ready = {"baseUrl": service.base_url, "tokenUrl": service.token_url, "rowBytes": service.row_bytes}
        print(json.dumps(ready), flush=True)
        service.serve_forever()


if __name__ == "__main__":
    main()
