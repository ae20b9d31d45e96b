"""Over random servers: a walk has every record that was there throughout, or says that it may not.

What counts can show has a limit, which the servers here keep to: where a server states totals, filters in another
order than it sorts (or keeps no order), and rows come and go at the same time, a row that was skipped and one that
came or went can cancel out in every count. So with totals either the order is odd here or the rows move, not both.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneroster_operator.oneroster import Inconsistent, Refused, Unreachable
from oneroster_operator.oneroster.link_header import NextLink
from tests.oneroster.walked_server import ORDERS, Habit, Server, no_total, received, rows, true_total

FAMILIES: dict[str, Callable[[int], str]] = {
    "numbers": str,
    "padded": lambda number: f"id-{number:05d}",
    "mixed case": lambda number: f"{'aAbBcC'[number % 6]}{number}",
    "hyphens": lambda number: f"{'ab-'[number % 3]}{'a-b'[number // 3 % 3]}{number:03d}",
    "odd characters": lambda number: f"{'_+/ %'[number % 5]}{number:x}",
}
IDS = st.builds(
    lambda family, count, seed: [*map(FAMILIES[family], random.Random(seed).sample(range(300), count))],
    st.sampled_from(sorted(FAMILIES)),
    st.integers(0, 60),
    st.integers(0, 10_000),
)
TOTALS = {
    "none": no_total,
    "true": true_total,
    "of the page": lambda _, page: len(page),
    "too many": lambda count, _: count + 2,
    "too few": lambda count, _: max(0, count - 2),
    "none past the end": lambda count, page: count if page else 0,
}
LINKS = {
    "none": lambda _: NextLink.UNSAID,
    "true": lambda more: NextLink.HERE if more else NextLink.NONE,
    "for ever": lambda _: NextLink.HERE,
    "never next": lambda _: NextLink.NONE,
    "elsewhere": lambda more: NextLink.ELSEWHERE if more else NextLink.NONE,
}


@dataclass(frozen=True)
class Move:
    """A row comes or goes before a certain answer."""

    comes: bool
    where: int


HABITS: tuple[Habit, ...] = ("honoured", "ignored", "refused")
MOVES = st.dictionaries(
    st.integers(0, 30), st.builds(Move, comes=st.booleans(), where=st.integers(0, 60)), max_size=6
)
T = TypeVar("T")


def mostly(usual: T, *odd: T) -> st.SearchStrategy[T]:
    """The usual in three of four servers, so that one that is odd in one way is not odd in every way."""
    return st.sampled_from((*(usual,) * 3 * len(odd), *odd))


@st.composite
def servers(draw: st.DrawFn, *, moves: bool) -> Server:
    sort_order = draw(st.sampled_from(sorted(ORDERS)))
    total = draw(st.one_of(st.just("none"), mostly("true", *sorted(TOTALS))))
    may_be_odd = total == "none" or not moves
    filter_order = draw(mostly(sort_order, *sorted(ORDERS))) if may_be_odd else sort_order
    unstable = not moves and draw(mostly(False, True))
    planned = draw(MOVES) if moves else {}

    def between(server: Server, request: int) -> None:
        move = planned.get(request)
        if move is None:
            return
        if move.comes:
            server.rows.insert(move.where % (len(server.rows) + 1), f"{move.where}-new-{request}")
        elif server.rows:
            server.rows.pop(move.where % len(server.rows))

    return Server(
        rows=[*draw(IDS)],
        clamp=draw(st.integers(2, 12)),
        total=TOTALS[total],
        between=between,
        sort=draw(mostly(*HABITS)),
        sort_order=ORDERS[sort_order],
        filter=draw(mostly(*HABITS)),
        filter_order=ORDERS[filter_order],
        total_of_all=draw(st.booleans()),
        reshuffles=random.Random(draw(st.integers(0, 1000))) if unstable else None,
        refuses_past_end=draw(st.booleans()),
        ignores_offset=draw(mostly(False, True)),
        heavy_above=draw(mostly(1_000_000, 5)),
        fails=draw(mostly(frozenset(), frozenset({3}), frozenset({1, 2, 9}))),
        slow=draw(mostly(frozenset(), frozenset({0}), frozenset({2, 5, 6}))),
        slow_above=draw(mostly(1_000_000, 4)),
        link=LINKS[draw(mostly("none", *sorted(LINKS)))],
    )


async def holds(server: Server, page_size: int) -> None:
    before = set(server.rows)
    walk = server.walk(page_size)
    try:
        found = await received(walk)
    except (Refused, Inconsistent, Unreachable):
        return
    assert walk.outcome.proof
    assert walk.outcome.records == len(set(found))
    if walk.outcome.complete:
        throughout = before & set(server.rows)
        assert throughout <= set(found), f"lost although {walk.outcome.proof}"
        assert len(found) - len(set(found)) == walk.outcome.duplicates


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(PATIENT, max_examples=2500)
@given(server=servers(moves=True), page_size=st.integers(1, 12))
async def test_rows_that_come_and_go_are_never_silently_lost(server: Server, page_size: int) -> None:
    await holds(server, page_size)


@settings(PATIENT, max_examples=2500)
@given(server=servers(moves=False), page_size=st.integers(1, 12))
async def test_odd_orders_and_lying_totals_never_lose_a_row_silently(server: Server, page_size: int) -> None:
    await holds(server, page_size)


@settings(PATIENT, max_examples=500)
@given(
    ids=IDS,
    clamp=st.integers(2, 12),
    page_size=st.integers(1, 12),
    total=st.sampled_from(("none", "true", "none past the end")),
    filters=st.sampled_from(HABITS),
    order=st.sampled_from(sorted(ORDERS)),
)
async def test_a_district_at_rest_is_read_whole_at_the_first_attempt(
    ids: list[str], clamp: int, page_size: int, total: str, filters: Habit, order: str
) -> None:
    server = Server(
        rows=[*ids],
        clamp=clamp,
        total=TOTALS[total],
        filter=filters,
        filter_order=ORDERS[order],
        sort_order=ORDERS[order],
    )
    walk = server.walk(page_size)
    found = await received(walk)
    assert sorted(found) == sorted(ids)
    assert walk.outcome.complete
    assert walk.outcome.duplicates == 0
    assert server.offsets.count(0) <= 2


@settings(PATIENT, max_examples=1000)
@given(
    count=st.integers(13, 40),
    clamp=st.integers(2, 12),
    seed=st.integers(0, 10_000),
    total=st.sampled_from(sorted(TOTALS)),
    sort=st.sampled_from(("ignored", "refused")),
)
async def test_a_server_without_a_stable_order_proves_nothing_but_by_its_total(
    count: int, clamp: int, seed: int, total: str, sort: Habit
) -> None:
    server = Server(
        rows=rows(count),
        clamp=clamp,
        total=TOTALS[total],
        sort=sort,
        reshuffles=random.Random(seed),
    )
    walk = server.walk()
    try:
        found = await received(walk)
    except Inconsistent:
        return
    assert walk.outcome.complete <= (len(set(found)) == count)
