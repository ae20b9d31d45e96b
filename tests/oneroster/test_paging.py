"""Walks over servers that clamp, shift, lie, repeat and refuse: never silently less."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneroster_operator.oneroster import Inconsistent, Org, Patience, Refused, Rejected, Walk
from oneroster_operator.oneroster.decode import Decoded
from oneroster_operator.oneroster.paging import PageRequest
from oneroster_operator.oneroster.retry import Retries
from oneroster_operator.oneroster.tally import FetchedPage
from tests.oneroster.odd_servers import Pauses

Rows = Sequence[str | None]


@dataclass
class Server:
    """Rows by offset, as a server with these habits gives them. `between` runs before each answer."""

    rows: list[str | None]
    clamp: int = 1_000_000
    total: Callable[[int, Rows], int | None] = lambda count, _: count
    between: Callable[["Server", int], None] = lambda _server, _request: None
    refuses_sort: bool = False
    refuses_past_end: bool = False
    ignores_offset: bool = False
    requests: list[PageRequest] = field(default_factory=list)

    async def fetch(self, request: PageRequest, _: Retries) -> FetchedPage:
        self.between(self, len(self.requests))
        self.requests.append(request)
        if self.refuses_sort and request.ordered:
            raise Refused("BadRequest", "no sorting here", "call")
        if self.refuses_past_end and request.offset >= len(self.rows):
            raise Refused("NotFound", "no such offset", "call")
        start = 0 if self.ignores_offset else request.offset
        page = self.rows[start : start + min(request.limit, self.clamp)]
        records = [Org(sourced_id=row) for row in page if row is not None]
        rejected = [Rejected(None, "MissingSourcedId") for row in page if row is None]
        return FetchedPage(Decoded([*records], rejected, page), self.total(len(self.rows), page))

    def walk(self, page_size: int = 1000) -> Walk:
        return Walk(self.fetch, page_size, patient())


def patient() -> Retries:
    return Retries(Patience(), sleep=Pauses(), random=lambda: 0.5)


def rows(count: int) -> list[str | None]:
    return [f"id-{number:05d}" for number in range(count)]


def no_total(_: int, __: Rows) -> None:
    return None


async def received(walk: Walk) -> list[str]:
    """Of the last attempt."""
    found: list[str] = []
    attempt = 1
    async for page in walk:
        if page.attempt != attempt:
            found.clear()
            attempt = page.attempt
        found.extend(record.sourced_id for record in page.records)
    return found


async def test_a_server_that_clamps_the_page_is_read_whole() -> None:
    server = Server(rows(2150), clamp=500)
    walk = server.walk(page_size=5000)
    assert await received(walk) == rows(2150)
    assert [request.offset for request in server.requests] == [0, 499, 998, 1497, 1996, 2149]
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.total, walk.outcome.pages) == (2150, 2150, 6)
    assert walk.outcome.proof == "2,150 distinct records came, as X-Total-Count said throughout"


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
async def test_without_totals_the_last_offset_proves_the_end(count: int) -> None:
    server = Server(rows(count), total=no_total)
    walk = server.walk()
    assert len(await received(walk)) == count
    assert walk.outcome.complete
    assert walk.outcome.total is None
    assert [request.offset for request in server.requests[-2:]] == [count - 1, count]


@pytest.mark.parametrize("total", [no_total, lambda count, _: count])
async def test_a_collection_may_be_empty(total: Callable[[int, Rows], int | None]) -> None:
    walk = Server([], total=total).walk()
    assert await received(walk) == []
    assert walk.outcome.complete
    assert walk.outcome.records == 0


async def test_a_total_that_counts_the_page_does_not_end_the_walk() -> None:
    """Some servers put the page's own count into X-Total-Count."""
    server = Server(rows(2150), clamp=500, total=lambda _, page: len(page))
    walk = server.walk()
    assert await received(walk) == rows(2150)
    assert not walk.outcome.complete


async def test_a_total_of_0_past_the_end_is_not_a_change() -> None:
    """What `count(*) OVER ()` gives where there is no row."""
    walk = Server(rows(5), total=lambda count, page: count if page else 0).walk()
    await received(walk)
    assert walk.outcome.complete


async def test_fewer_records_than_the_total_are_never_complete() -> None:
    server = Server(rows(10), total=lambda count, _: count + 1)
    walk = server.walk()
    await received(walk)
    assert not walk.outcome.complete
    assert "X-Total-Count says 11, but 10 distinct records came" in walk.outcome.proof


async def test_a_row_deleted_in_mid_walk_is_noticed_and_the_walk_repeated() -> None:
    def delete(server: Server, request: int) -> None:
        if request == 1:
            server.rows.pop(0)

    server = Server(rows(20), clamp=5, between=delete)
    walk = server.walk()
    assert await received(walk) == rows(20)[1:]
    assert walk.outcome.complete
    assert [request.offset for request in server.requests].count(0) == 2


async def test_a_row_inserted_in_mid_walk_without_totals_is_noticed() -> None:
    def insert(server: Server, request: int) -> None:
        if request == 1:
            server.rows.insert(0, "id-")

    server = Server(rows(20), clamp=5, between=insert, total=no_total)
    walk = server.walk()
    assert await received(walk) == ["id-", *rows(20)]
    assert walk.outcome.complete


async def test_a_district_that_does_not_rest_ends_unproven_and_says_so() -> None:
    def churn(server: Server, request: int) -> None:
        if request in {2, 6}:
            server.rows.insert(0, f"a-{request:05d}")

    server = Server(rows(20), clamp=5, between=churn)
    walk = server.walk()
    await received(walk)
    assert not walk.outcome.complete
    assert walk.outcome.proof.startswith("not proven in 2 walks; in the last, the page at offset 12 did not begin")
    assert walk.outcome.records == 21


async def test_a_server_that_ignores_the_offset_is_an_error_and_not_a_district_of_one_page() -> None:
    walk = Server(rows(20), clamp=5, ignores_offset=True).walk()
    with pytest.raises(Inconsistent) as inconsistent:
        await received(walk)
    assert inconsistent.value.reason == "RepeatedPage"
    with pytest.raises(RuntimeError):
        _ = walk.outcome


async def test_rows_that_come_round_again_and_again_are_an_error() -> None:
    server = Server(rows(7) * 100, clamp=5)
    with pytest.raises(Inconsistent) as inconsistent:
        await received(server.walk())
    assert inconsistent.value.reason == "NoProgress"


async def test_a_server_of_single_rows_is_an_error_and_not_a_district_of_one() -> None:
    for total in (no_total, lambda count, _: count, lambda _, page: len(page)):
        with pytest.raises(Inconsistent) as inconsistent:
            await received(Server(rows(20), clamp=1, total=total).walk())
        assert inconsistent.value.reason == "NoProgress"


async def test_a_deletion_that_an_insertion_makes_up_for_is_noticed() -> None:
    """The total stands still and as many distinct records come, but not the one that slipped past."""

    def swap(server: Server, request: int) -> None:
        if request == 1:
            server.rows.pop(0)
            server.rows.append("id-99999")

    server = Server(rows(20), clamp=5, between=swap)
    walk = server.walk()
    assert await received(walk) == [*rows(20)[1:], "id-99999"]
    assert walk.outcome.complete


async def test_a_collection_that_is_emptied_in_mid_walk_is_empty() -> None:
    def empty(server: Server, request: int) -> None:
        if request == 1:
            server.rows.clear()

    walk = Server(rows(20), clamp=5, between=empty).walk()
    assert await received(walk) == []
    assert walk.outcome.complete
    assert walk.outcome.records == 0


async def test_a_collection_without_end_is_given_up() -> None:
    server = Server(rows(200), clamp=50)
    walk = Walk(server.fetch, 1000, patient(), max_rows=100)
    with pytest.raises(Inconsistent) as inconsistent:
        await received(walk)
    assert inconsistent.value.reason == "EndlessCollection"


async def test_duplicates_are_counted() -> None:
    server = Server([*rows(5), "id-00004", "id-00005"], clamp=5, total=lambda _, __: 6)
    walk = server.walk()
    await received(walk)
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.duplicates) == (6, 1)


async def test_an_id_that_comes_twice_without_totals_proves_nothing() -> None:
    walk = Server(["id-1", "id-2", "id-2", "id-3"], total=no_total).walk()
    await received(walk)
    assert not walk.outcome.complete
    assert "1 rows came twice" in walk.outcome.proof


async def test_a_total_that_changes_in_mid_walk_is_not_believed() -> None:
    def append(server: Server, request: int) -> None:
        if request == 2:
            server.rows.append("id-99999")

    server = Server(rows(20), clamp=5, between=append)
    walk = server.walk()
    assert await received(walk) == [*rows(20), "id-99999"]
    assert walk.outcome.complete
    assert [request.offset for request in server.requests].count(0) == 2


async def test_rejected_rows_count_towards_the_total_and_move_the_offset() -> None:
    server = Server(["id-1", None, "id-3"], clamp=2)
    walk = server.walk()
    assert await received(walk) == ["id-1", "id-3"]
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.rejected, walk.outcome.total) == (2, 1, 3)
    assert walk.outcome.nameless == 1


async def test_a_server_that_refuses_to_sort_is_asked_without() -> None:
    server = Server(rows(20), clamp=5, refuses_sort=True)
    walk = server.walk()
    assert len(await received(walk)) == 20
    assert walk.outcome.complete


@pytest.mark.parametrize(("count", "complete"), [(5, True), (20, False)])
async def test_without_order_and_totals_only_a_single_page_is_proof(count: int, complete: bool) -> None:
    walk = Server(rows(count), clamp=5, refuses_sort=True, total=no_total).walk()
    assert len(await received(walk)) == count
    assert walk.outcome.complete is complete


async def test_a_server_that_refuses_offsets_past_the_end_has_come_to_it() -> None:
    walk = Server(rows(20), clamp=5, refuses_past_end=True).walk()
    assert len(await received(walk)) == 20
    assert walk.outcome.complete


async def test_a_refusal_in_mid_walk_is_no_end() -> None:
    def refuse(_: Server, request: int) -> None:
        if request == 2:
            raise Refused("NotFound", "no such offset", "call")

    with pytest.raises(Refused):
        await received(Server(rows(20), clamp=5, between=refuse).walk())


async def test_an_empty_page_in_the_middle_is_no_end() -> None:
    class Hiccup(Server):
        async def fetch(self, request: PageRequest, retries: Retries) -> FetchedPage:
            if request.offset == 8:
                return FetchedPage(Decoded([], [], []), None)
            return await super().fetch(request, retries)

    with pytest.raises(Inconsistent) as inconsistent:
        await received(Hiccup(rows(20), clamp=5, total=no_total).walk())
    assert inconsistent.value.reason == "NoProgress"


@settings(max_examples=300, deadline=None)
@given(
    count=st.integers(0, 40),
    clamp=st.integers(2, 12),
    limit=st.integers(1, 12),
    total=st.sampled_from(
        [no_total, lambda count, _: count, lambda _, page: len(page), lambda count, _: count + 2]
    ),
    churn=st.dictionaries(
        st.integers(0, 20), st.tuples(st.sampled_from(["insert", "delete"]), st.integers(0, 40)), max_size=6
    ),
    refuses_sort=st.booleans(),
    refuses_past_end=st.booleans(),
)
async def test_a_walk_that_is_complete_has_every_record_that_was_there_throughout(
    count: int,
    clamp: int,
    limit: int,
    total: Callable[[int, Rows], int | None],
    churn: dict[int, tuple[str, int]],
    refuses_sort: bool,
    refuses_past_end: bool,
) -> None:
    def change(server: Server, request: int) -> None:
        kind, where = churn.get(request, ("", 0))
        if kind == "insert":
            server.rows.insert(where % (len(server.rows) + 1), f"new-{request}")
        elif kind == "delete" and server.rows:
            server.rows.pop(where % len(server.rows))

    server = Server(
        rows(count),
        clamp=clamp,
        total=total,
        between=change,
        refuses_sort=refuses_sort,
        refuses_past_end=refuses_past_end,
    )
    walk = server.walk(page_size=limit)
    try:
        found = await received(walk)
    except (Refused, Inconsistent):
        return
    throughout = set(rows(count)) & set(server.rows)
    if walk.outcome.complete:
        assert throughout <= set(found)
        assert walk.outcome.records == len(set(found))


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(0, 40),
    clamp=st.integers(2, 12),
    limit=st.integers(1, 12),
    total=st.sampled_from([no_total, lambda count, _: count, lambda count, page: count if page else 0]),
    refuses_past_end=st.booleans(),
)
async def test_a_district_at_rest_is_read_whole_at_the_first_attempt(
    count: int, clamp: int, limit: int, total: Callable[[int, Rows], int | None], refuses_past_end: bool
) -> None:
    server = Server(rows(count), clamp=clamp, total=total, refuses_past_end=refuses_past_end and count > 0)
    walk = server.walk(page_size=limit)
    assert await received(walk) == rows(count)
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.duplicates) == (count, 0)
    assert [request.offset for request in server.requests].count(0) <= 2
