"""Walks by offset over servers that clamp, shift, lie, repeat and refuse: never silently less."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from oneroster_operator.oneroster import Inconsistent, Malformed, Refused, Unreachable, Walk
from oneroster_operator.oneroster.link_header import NextLink
from oneroster_operator.oneroster.page_size import LEAST_LIMIT
from oneroster_operator.oneroster.retry import Retrying
from oneroster_operator.oneroster.tally import FetchedPage, PageRequest
from tests.oneroster.walked_server import Rows, Server, decoded, no_total, patient, received, rows, true_total


async def test_a_server_that_clamps_the_page_is_read_whole() -> None:
    server = Server(rows(2150), clamp=500)
    walk = server.walk(page_size=5000)
    assert await received(walk) == rows(2150)
    assert server.offsets == [0, 499, 998, 1497, 1996, 2149]
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
    assert server.offsets[-2:] == [count - 1, count]


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
    assert walk.outcome.complete
    assert walk.outcome.proof.endswith("X-Total-Count said 1 to 500 and counts something else")
    assert server.offsets.count(0) == 2, "it is read again before its totals are left aside"


async def test_a_server_that_stops_before_its_end_is_told_by_its_total() -> None:
    """Some serve no offset above a bound, and send an empty page there."""

    class Bounded(Server):
        async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
            page = await super().fetch(request, retrying)
            return page if request.offset < 1000 else FetchedPage(decoded([]), page.total)

    walk = Bounded(rows(2150), clamp=500).walk()
    assert await received(walk) == rows(1498)
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
    assert server.offsets.count(0) == 2


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
    assert inconsistent.value.reason == "NoProgress"
    with pytest.raises(RuntimeError):
        _ = walk.outcome


async def test_rows_that_come_round_again_and_again_are_an_error() -> None:
    server = Server(rows(7) * 100, clamp=5, sort="ignored")
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


async def test_an_id_that_comes_again_later_without_totals_proves_nothing() -> None:
    walk = Server(["id-1", "id-2", "id-3", "id-2"], total=no_total, sort="ignored").walk()
    await received(walk)
    assert not walk.outcome.complete
    assert "1 rows came twice" in walk.outcome.proof


@pytest.mark.parametrize("total", [no_total, lambda count, _: count])
async def test_a_record_that_is_listed_twice_in_its_place_shifts_nothing(
    total: Callable[[int, Rows], int | None],
) -> None:
    """As a join gives it; in order, so no row slipped past."""
    walk = Server(["id-1", "id-2", "id-2", "id-3"], total=total, clamp=2).walk()
    await received(walk)
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.duplicates) == (3, 1)


async def test_a_total_that_changes_in_mid_walk_is_not_believed() -> None:
    def append(server: Server, request: int) -> None:
        if request == 2:
            server.rows.append("id-99999")

    server = Server(rows(20), clamp=5, between=append)
    walk = server.walk()
    assert await received(walk) == [*rows(20), "id-99999"]
    assert walk.outcome.complete
    assert server.offsets.count(0) == 2


async def test_rejected_rows_count_towards_the_total_and_move_the_offset() -> None:
    server = Server(["id-1", None, "id-3", "id-4"], clamp=3, sort="ignored")
    walk = server.walk()
    assert await received(walk) == ["id-1", "id-3", "id-4"]
    assert walk.outcome.complete
    assert (walk.outcome.records, walk.outcome.rejected, walk.outcome.total) == (3, 1, 4)
    assert walk.outcome.nameless == 1


async def test_a_server_that_refuses_to_sort_is_asked_without() -> None:
    server = Server(rows(20), clamp=5, sort="refused")
    walk = server.walk()
    assert len(await received(walk)) == 20
    assert walk.outcome.complete


@pytest.mark.parametrize(("count", "complete"), [(5, True), (20, False)])
async def test_without_order_and_totals_only_a_single_page_is_proof(count: int, complete: bool) -> None:
    walk = Server(rows(count), clamp=5, sort="refused", total=no_total).walk()
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
        async def fetch(self, request: PageRequest, retries: Retrying) -> FetchedPage:
            if request.offset == 8:
                return FetchedPage(decoded([]))
            return await super().fetch(request, retries)

    with pytest.raises(Inconsistent) as inconsistent:
        await received(Hiccup(rows(20), clamp=5, total=no_total).walk())
    assert inconsistent.value.reason == "NoProgress"


async def test_a_page_too_heavy_for_the_server_is_halved_until_it_passes() -> None:
    """After it was tried twice, for the first 502 may be a passing one."""
    server = Server(rows(2000), heavy_above=600)
    walk = server.walk(page_size=5000)
    assert await received(walk) == rows(2000)
    assert walk.outcome.complete
    limits = [request.limit for request in server.requests]
    assert limits[:9] == [5000, 5000, 2500, 2500, 1250, 1250, 625, 625, 312]


async def test_a_page_that_fails_once_is_asked_for_again_as_it_was() -> None:
    server = Server(rows(2000), fails=frozenset({2}))
    walk = server.walk(page_size=500)
    assert await received(walk) == rows(2000)
    assert {request.limit for request in server.requests if request.limit > 2} == {500}
    assert walk.outcome.retries == 1


async def test_a_page_too_large_for_us_is_halved_without_a_wait() -> None:
    server = Server(rows(2000), too_large_above=600)
    walk = server.walk(page_size=1000)
    assert await received(walk) == rows(2000)
    assert walk.outcome.complete
    assert walk.outcome.retries == 0


async def test_an_outage_stays_an_outage_however_small_the_page() -> None:
    server = Server(rows(2000), heavy_above=0)
    with pytest.raises(Unreachable):
        await received(server.walk(page_size=1000))
    assert server.requests[-1].limit == LEAST_LIMIT


async def test_a_next_link_to_another_host_is_an_error_that_says_so() -> None:
    server = Server(rows(20), clamp=5, link=lambda more: NextLink.ELSEWHERE if more else NextLink.NONE)
    with pytest.raises(Inconsistent) as inconsistent:
        await received(server.walk())
    assert inconsistent.value.reason == "OffOriginLink"
    assert server.offsets == [0, 0], "nothing more is read, and it is tried twice"


async def test_what_is_shared_with_us_changed_so_the_walk_begins_again() -> None:
    """ClassLink: discard everything and start again when x-perm-rev changes."""

    def change(server: Server, request: int) -> None:
        server.revision = "1" if request < 3 else "2"

    server = Server(rows(20), clamp=5, between=change)
    walk = server.walk()
    assert await received(walk) == rows(20)
    assert walk.outcome.complete
    assert server.offsets.count(0) == 2


async def test_a_server_whose_revision_never_rests_is_an_error() -> None:
    def change(server: Server, request: int) -> None:
        server.revision = str(request)

    with pytest.raises(Inconsistent) as inconsistent:
        await received(Server(rows(20), clamp=5, between=change).walk())
    assert inconsistent.value.reason == "PermissionsChanged"


async def test_links_end_nothing_and_one_at_the_end_is_a_doubt() -> None:
    """One server forgets its links after the first page, another sends one for ever."""
    for link, total, complete in (
        (NextLink.NONE, no_total, True),
        (NextLink.HERE, no_total, False),
        (NextLink.HERE, true_total, True),
    ):
        server = Server(rows(20), clamp=5, total=total, link=lambda _, said=link: said)  # type: ignore[misc]
        walk = server.walk()
        assert await received(walk) == rows(20)
        assert walk.outcome.complete is complete


class Windowed(Server):
    """Lists by offset no more than the first 100 rows, as some search engines do."""

    async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
        if request.offset >= 100:
            return FetchedPage(decoded([]), self.total(len(self.rows), []))
        return await super().fetch(replace(request, limit=min(request.limit, 100 - request.offset)), retrying)


@pytest.mark.parametrize(
    ("total", "complete"), [(no_total, False), (lambda count, _: min(100, count), False), (true_total, True)]
)
async def test_what_came_by_keyset_is_not_made_less_by_offset(
    total: Callable[[int, Rows], int | None], complete: bool
) -> None:
    walk = Windowed(rows(215), clamp=50, filter="honoured", total=total).walk(page_size=50)
    found = await received(walk)
    assert walk.outcome.complete is complete
    assert not complete or found == rows(215)


@pytest.mark.parametrize("habit", ["sort", "filter"])
@pytest.mark.parametrize(
    "failure",
    [
        Refused("RequestRefused", "422", "call"),
        Unreachable("DistrictError", "500", "call"),
        Malformed("UnexpectedShape", "a failure in a 200"),
    ],
)
async def test_whatever_a_server_says_to_a_parameter_it_does_without(habit: str, failure: Exception) -> None:
    class Failing(Server):
        async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
            if request.ordered if habit == "sort" else request.from_id is not None:
                raise failure
            return await super().fetch(request, retrying)

    walk = Failing(rows(215), clamp=50, filter="honoured").walk()
    assert await received(walk) == rows(215)
    assert walk.outcome.complete


async def test_a_tired_server_gets_full_pages_again() -> None:
    server = Server(rows(3000), fails=frozenset({2, 3, 4, 5}))
    walk = server.walk(page_size=100)
    assert await received(walk) == rows(3000)
    limits = [request.limit for request in server.requests]
    assert limits[2:7] == [100, 100, 50, 50, 25]
    assert limits.count(100) > 10


async def test_records_in_an_order_of_their_own_are_proven_by_a_total_alone() -> None:
    """By last change, say: one that is edited jumps to the front while another goes."""
    shuffled = rows(30)
    random.Random(7).shuffle(shuffled)
    for total, complete in ((no_total, False), (true_total, True)):
        walk = Server(shuffled, clamp=10, sort="ignored", total=total).walk()
        assert sorted(map(str, await received(walk))) == rows(30)
        assert walk.outcome.complete is complete


@pytest.mark.parametrize("total", [no_total, true_total])
async def test_pages_that_join_at_a_record_without_an_id_prove_nothing(
    total: Callable[[int, Rows], int | None],
) -> None:
    """While the first two go and two others come, c slips past: the next page begins without an id, too."""

    def move(server: Server, request: int) -> None:
        if request == 1:
            server.rows[:] = [*server.rows[2:], "f", "g"]

    walk = Server(["a", "b", None, "c", None, "d", "e"], clamp=3, total=total, sort="ignored", between=move).walk()
    await received(walk)
    assert not walk.outcome.complete
    assert "without a sourcedId" in walk.outcome.proof


async def test_an_empty_answer_is_asked_for_once_more() -> None:
    class Hiccup(Server):
        async def fetch(self, request: PageRequest, retrying: Retrying) -> FetchedPage:
            page = await super().fetch(request, retrying)
            return FetchedPage(decoded([])) if len(self.requests) == 1 else page

    walk = Hiccup(rows(20), total=no_total).walk()
    assert await received(walk) == rows(20)
    assert walk.outcome.complete


async def test_the_largest_of_totals_that_disagree_is_the_one_to_reach() -> None:
    walk = Server(rows(20), clamp=5, total=lambda count, page: count + 3 if len(page) < 5 else count - 3).walk()
    assert await received(walk) == rows(20)
    assert not walk.outcome.complete


async def test_the_outcome_tells_the_servers_time_when_the_walk_began() -> None:
    walk = Server(rows(20), clamp=5).walk()
    await received(walk)
    assert walk.outcome.server_time == 1.0


async def test_a_total_that_agrees_is_not_believed_where_rows_came_twice() -> None:
    """Thirteen rows were listed, so a total of eleven is wrong, though eleven different ones came."""
    listed = [*rows(11), *rows(2)]
    server = Server(listed, total=lambda _, __: 11, sort="ignored")
    walk = server.walk()
    assert len(set(await received(walk))) == 11
    assert not walk.outcome.complete
