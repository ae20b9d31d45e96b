"""The streamed district, the benchmarks' peer, answers as a district does."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.bench.serving import Served, serving
from tests.district.streamed_rows import sourced_id

ROWS = 12_345


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(ROWS, "--page-maximum", "5000") as district:
        yield district


@pytest.fixture(scope="module")
def refusing() -> Iterator[Served]:
    with serving(ROWS, "--refuses-filters") as district:
        yield district


def token(district: Served) -> str:
    with urllib.request.urlopen(district.token_url, b"grant_type=client_credentials") as reply:
        return str(json.load(reply)["access_token"])


def page(district: Served, query: str, *, bearer: str | None = None) -> tuple[int, list[dict[str, Any]]]:
    """`X-Total-Count` and the rows."""
    request = urllib.request.Request(f"{district.base_url}/enrollments?{query}")
    request.add_header("Authorization", f"Bearer {token(district) if bearer is None else bearer}")
    with urllib.request.urlopen(request) as reply:
        return int(reply.headers["X-Total-Count"]), json.load(reply)["enrollments"]


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["sourcedId"].removeprefix("enr-")) for row in rows]


def by_id(least: str, operator: str = ">=") -> str:
    clause = quote(f"sourcedId{operator}'{least}'", safe="")
    return f"sort=sourcedId&orderBy=asc&filter={clause}"


def test_a_row_is_an_enrollment_of_1_2(served: Served) -> None:
    base = served.base_url
    _, [row] = page(served, "limit=1&offset=12044")
    assert row == {
        "sourcedId": "enr-00012044",
        "status": "active",
        "dateLastModified": "2026-08-20T06:30:00.000Z",
        "user": {"href": f"{base}/users/usr-00000044", "sourcedId": "usr-00000044", "type": "user"},
        "class": {"href": f"{base}/classes/cls-00000524", "sourcedId": "cls-00000524", "type": "class"},
        "school": {"href": f"{base}/orgs/org-00000005", "sourcedId": "org-00000005", "type": "org"},
        "role": "student",
        "primary": "false",
        "beginDate": "2026-08-24",
    }
    assert served.row_bytes == len(json.dumps(row, separators=(",", ":"))) + 1


@pytest.mark.parametrize(
    ("offset", "limit", "begin", "end"),
    [
        (0, 3, 0, 3),
        (998, 4, 998, 1_002),
        (999, 1, 999, 1_000),
        (1_000, 2_000, 1_000, 3_000),
        (2_500, 4_999, 2_500, 7_499),
        (ROWS - 2, 100, ROWS - 2, ROWS),
        (ROWS, 100, ROWS, ROWS),
        (ROWS + 7_000, 100, ROWS, ROWS),
        (0, 9_000, 0, 5_000),
    ],
)
def test_a_page_holds_the_rows_from_its_offset_on(
    served: Served, offset: int, limit: int, begin: int, end: int
) -> None:
    total, rows = page(served, f"limit={limit}&offset={offset}&sort=sourcedId&orderBy=asc")
    assert (total, numbers(rows)) == (ROWS, list(range(begin, end)))


def test_a_page_holds_100_rows_by_default(served: Served) -> None:
    assert numbers(page(served, "")[1]) == list(range(100))


@pytest.mark.parametrize(
    ("least", "first"),
    [
        (sourced_id(0), 0),
        (sourced_id(1_000), 1_000),
        (sourced_id(ROWS - 1), ROWS - 1),
        (sourced_id(ROWS), ROWS),
        ("enr-000010", 1_000),
        ("", 0),
        ("zzz", ROWS),
    ],
)
def test_a_filter_by_sourced_id_is_answered_and_counted(served: Served, least: str, first: int) -> None:
    total, rows = page(served, f"limit=5&{by_id(least)}")
    assert (total, numbers(rows)) == (ROWS - first, list(range(first, min(first + 5, ROWS))))
    assert numbers(page(served, f"limit=5&offset=1&{by_id(least)}")[1]) == list(
        range(first + 1, min(first + 6, ROWS))
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (by_id("enr-1", "<"), 400),
        (by_id("enr-1").replace("sourcedId%3E", "role%3E"), 400),
        ("sort=role", 400),
        ("sort=sourcedId&orderBy=desc", 400),
        ("limit=0", 400),
        ("offset=x", 400),
    ],
)
def test_what_it_cannot_do_it_refuses(served: Served, query: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        page(served, query)
    assert refused.value.code == status
    assert json.load(refused.value)["imsx_codeMajor"] == "failure"


def test_it_wants_the_token_that_it_gave(served: Served) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        page(served, "", bearer="another")


def test_filters_can_be_refused(refusing: Served) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        page(refusing, by_id("enr-1"))
    assert page(refusing, "limit=12000")[0] == ROWS
