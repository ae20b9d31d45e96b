"""A district of records by the million, served faster than a client reads them: the peer for benchmarks.

A 1.2 rostering service with the core collections and a token endpoint on loopback, for one process to serve and
another to measure. Its records are encoded beforehand (`streamed_rows`): a page is slices of blocks.

For the shell: ``python -m tests.district.streamed --enrollments 1000000``.
"""

import argparse
import json
import secrets
import socket
import socketserver
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from tests.district import fields, filters, query
from tests.district.certificates import issue, server_context
from tests.district.errors import Refusal, error_body
from tests.district.payloads_v1p2 import BASE_PATH
from tests.district.streamed_rows import Counts, Rows

TOKEN_PATH: Final = "/oauth/token"
Body = Sequence[bytes | memoryview]


_FIELDS: Final = {
    "enrollments": fields.ENROLLMENTS,
    "users": fields.USERS["1.2"],
    "classes": fields.CLASSES,
    "courses": fields.COURSES,
    "academicSessions": fields.ACADEMIC_SESSIONS,
    "orgs": fields.ORGS,
}
"""By the last part of a collection's path."""


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

    def __init__(self, enrollments: int, manner: Manner, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self._tls = tls
        origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.base_url: Final = origin + BASE_PATH
        self.token_url: Final = origin + TOKEN_PATH
        self._token = secrets.token_urlsafe(16)
        counts = Counts(enrollments)
        self._rows = {collection: Rows(collection, counts, self.base_url) for collection in _FIELDS}
        self.row_bytes: Final = self._rows["enrollments"].width
        self._manner = manner

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; what its handshake takes is its own thread's time."""
        connection, address = super().get_request()
        if self._tls is None:
            return connection, address
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def answer(self, method: str, target: str, authorization: str) -> tuple[int | None, Body]:
        """``X-Total-Count`` and the body of a 200; raises Refusal for anything else. Anyone is given the token."""
        path, _, asked = target.partition("?")
        if (method, path) == ("POST", TOKEN_PATH):
            token = {"access_token": self._token, "token_type": "bearer", "expires_in": 3600}
            return None, [json.dumps(token).encode()]
        rows = self._rows.get(path.removeprefix(f"{BASE_PATH}/"))
        if method != "GET" or rows is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", "only the core collections are here")
        if authorization != f"Bearer {self._token}":
            raise Refusal(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest", "not the token that was given")
        pairs = (pair.partition("=") for pair in asked.split("&") if pair)
        parameters = {name: unquote(value) for name, _, value in pairs}
        return self._page(rows, query.parse(parameters, _FIELDS[rows.collection]))

    def _page(self, rows: Rows, asked: query.Query) -> tuple[int, Body]:
        if asked.descending or asked.sort not in {None, "sourcedId"}:
            raise Refusal(HTTPStatus.BAD_REQUEST, "invalid_selection_field", "sorted by sourcedId, ascending")
        least = self._first_filtered(rows, asked)
        _compute(asked.offset * self._manner.skip_microseconds)
        begin = min(least + asked.offset, rows.count)
        end = min(begin + asked.limit, begin + self._manner.page_maximum, rows.count)
        opening = f'{{"{rows.collection}":['.encode()
        return rows.count - least, [opening, *rows.json(begin, end), b"]}"]

    def _first_filtered(self, rows: Rows, asked: query.Query) -> int:
        if asked.filter is None:
            return 0
        match asked.filter.clauses:
            case (filters.Clause("sourcedId", ">=", str(least)),) if not self._manner.refuses_filters:
                return rows.from_id(least)
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
        sent = 0 if isinstance(connection, ssl.SSLSocket) else connection.sendmsg([head, *body])
        if sent < len(head) + size:  # a signal came between, or it is TLS, which does not gather
            connection.sendall(b"".join([head, *body])[sent:])


def main() -> None:
    """Prints one line of JSON (baseUrl, tokenUrl, rowBytes) and answers until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.district.streamed", description=__doc__)
    default = Manner()
    parser.add_argument("--enrollments", type=int, required=True, help="up to 100,000,000; the rest goes by them")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page-maximum", type=int, default=default.page_maximum, metavar="ROWS")
    parser.add_argument("--refuses-filters", action="store_true", help="400 for every filter")
    parser.add_argument("--skip-microseconds", type=float, default=0.0, help="per row that an offset skips")
    parser.add_argument(
        "--tls-directory", type=Path, metavar="DIR", help="https; the CA is written there as ca.pem"
    )
    options = parser.parse_args()
    manner = Manner(options.page_maximum, options.refuses_filters, options.skip_microseconds)
    tls = None
    if options.tls_directory is not None:
        tls = server_context(issue(["127.0.0.1"]).write(options.tls_directory))
    with Service(options.enrollments, manner, options.port, tls) as service, suppress(KeyboardInterrupt):
        ready = {"baseUrl": service.base_url, "tokenUrl": service.token_url, "rowBytes": service.row_bytes}
        print(json.dumps(ready), flush=True)
        service.serve_forever()


if __name__ == "__main__":
    main()
