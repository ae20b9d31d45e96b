"""Walks by keyset: fast where the server filters and sorts, left where it stops, and never proof alone."""

import pytest

from oneroster_operator.oneroster import Refused, Unreachable
from oneroster_operator.oneroster.paging import Keyset
from oneroster_operator.oneroster.retry import Retrying
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest
from tests.oneroster.walked_server import ORDERS, Server, no_total, received, rows, true_total


async def test_a_server_that_filters_and_sorts_is_read_by_keyset() -> None:
    """By offset come the first page and where the last record stands; and pages 3 and 5 where no total tells."""
    for total, offsets in ((true_total, [0, 2149]), (no_total, [0, 998, 1996, 2149, 2150])):
        server = Server(rows(2150), clamp=500, filter="honoured", total=total)
        walk = server.walk(page_size=5000)
        assert await received(walk) == rows(2150)
        assert walk.outcome.complete
        assert server.offsets == offsets


async def test_the_total_of_a_filtered_page_is_that_of_the_rest_or_of_all() -> None:
    for total_of_all in (False, True):
        server = Server(rows(215), clamp=50, filter="honoured", total_of_all=total_of_all)
        walk = server.walk()
        assert await received(walk) == rows(215)
        assert walk.outcome.complete
        assert walk.outcome.total == 215


async def test_a_server_that_ignores_filters_or_order_is_read_by_offset() -> None:
    for server in (
        Server(rows(215), clamp=50, filter="ignored"),
        Server(rows(215)[::-1], clamp=50, filter="honoured", sort="ignored"),
        Server(rows(215), clamp=50, filter="refused"),
    ):
        walk = server.walk()
        assert sorted(await received(walk)) == rows(215)
        assert walk.outcome.complete
        assert sum(request.from_id is not None for request in server.requests) == 1, "it is asked once"


async def test_what_a_server_can_is_asked_once_for_all_walks() -> None:
    keyset = Keyset()
    server = Server(rows(215), clamp=50, filter="ignored")
    for _ in range(2):
        await received(server.walk(keyset=keyset))
    assert keyset.works is False
    assert sum(request.from_id is not None for request in server.requests) == 1


async def test_a_small_collection_is_not_asked_for_abilities() -> None:
    server = Server(rows(20), filter="honoured")
    await received(server.walk())
    assert all(request.from_id is None for request in server.requests)


async def test_a_filter_that_sorts_9_before_10_skips_rows_and_is_found_out() -> None:
    """Sorted as text 10 comes before 9; by number the filter from 10 on leaves out 9."""
    ids: list[str | None] = [str(number) for number in range(1, 120)]
    for total, walks in ((true_total, 2), (no_total, 1)):
        server = Server(ids, clamp=10, filter="honoured", filter_order=ORDERS["numeric"], total=total)
        walk = server.walk(page_size=10)
        assert sorted(await received(walk)) == sorted(map(str, ids))
        assert walk.outcome.complete
        assert server.offsets.count(0) == walks, "by keyset where a total can tell, and then again by offset"


@pytest.mark.parametrize(
    ("ids", "clamp", "deleted_at"),
    [
        (["1", "10", "11", "2", "20", "3"], 3, 3),
        ([*map(str, range(100, 200)), "11"], 10, 12),
    ],
    ids=["seen at once that ids are of several lengths", "never seen"],
)
async def test_rows_that_keyset_skips_and_others_that_go_do_not_make_up_for_each_other(
    ids: list[str | None], clamp: int, deleted_at: int
) -> None:
    """By number the filter from 11 on leaves out 2, and the one from 109 on 11; one of those before them goes."""
    first = ids[0]

    def delete(server: Server, request: int) -> None:
        if request == deleted_at:
            server.rows.remove(first)

    server = Server(
        [*ids], clamp=clamp, filter="honoured", filter_order=ORDERS["numeric"], total=no_total, between=delete
    )
    walk = server.walk(page_size=clamp)
    found = await received(walk)
    assert walk.outcome.complete
    assert set(map(str, ids[1:])) <= set(found)


async def test_a_filter_that_takes_upper_case_for_lower_is_found_out() -> None:
    ids: list[str | None] = [f"{letter}{number}" for letter in "aBcD" for number in range(10)]
    server = Server(ids, clamp=7, filter="honoured", filter_order=ORDERS["caseless"], total=no_total)
    walk = server.walk(page_size=7)
    assert sorted(await received(walk)) == sorted(map(str, ids))
    assert walk.outcome.complete


async def test_a_server_that_stops_filtering_in_mid_walk_is_read_on_by_offset() -> None:
    def stop(server: Server, request: int) -> None:
        if request == 4:
            server.filter = "ignored"

    server = Server(rows(215), clamp=50, filter="honoured", between=stop)
    walk = server.walk()
    assert await received(walk) == rows(215)
    assert walk.outcome.complete
    assert server.offsets.count(0) == 1, "what had come by keyset is kept"


async def test_a_record_that_goes_while_it_is_the_last_ends_the_keyset() -> None:
    def delete(server: Server, request: int) -> None:
        if request == 2:
            server.rows.remove("id-00049")

    server = Server(rows(215), clamp=50, filter="honoured", between=delete)
    walk = server.walk()
    found = await received(walk)
    assert walk.outcome.complete
    assert set(found) == set(rows(215)) - {"id-00049"}


async def test_a_page_by_offset_that_fails_in_between_costs_neither_keyset_nor_size() -> None:
    class Tired(Server):
        async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
            if request.offset > 100 and request.limit > 2:
                raise Unreachable("Timeout", "too deep", "call", heavy=True)
            return await super().fetch(request, retrying)

    server = Tired(rows(415), clamp=50, filter="honoured", total=no_total)
    walk = server.walk(page_size=50)
    assert await received(walk) == rows(415)
    assert walk.outcome.complete
    assert {request.limit for request in server.requests} == {50, 2}


async def test_where_deep_offsets_are_refused_the_total_proves_what_came_by_keyset() -> None:
    class Shallow(Server):
        async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
            if request.offset > 100:
                raise Refused("BadRequest", "no offset above 100", "call")
            return await super().fetch(request, retrying)

    walk = Shallow(rows(215), clamp=50, filter="honoured").walk()
    assert await received(walk) == rows(215)
    assert walk.outcome.complete
    with pytest.raises(Refused):
        await received(Shallow(rows(215), clamp=50, filter="honoured", total=no_total).walk(page_size=50))
