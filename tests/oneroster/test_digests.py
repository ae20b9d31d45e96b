"""Counting ids without keeping them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from oneroster_operator.oneroster.digests import Digests, shape
from tests.oneroster.walked_server import ORDERS


@given(st.lists(st.lists(st.text(min_size=1, max_size=2))))
def test_as_many_are_distinct_as_in_a_set(parts: list[list[str]]) -> None:
    digests = Digests()
    for part in parts:
        digests.add(part)
    texts = [text for part in parts for text in part]
    assert len(digests) == len(texts)
    assert digests.distinct() == len(set(texts))


@given(st.lists(st.text(min_size=1, max_size=2)))
def test_ids_that_come_again_at_once_are_counted(texts: list[str]) -> None:
    digests = Digests()
    for text in texts:
        digests.add([text])
    assert digests.adjacent == sum(one == other for one, other in pairwise(texts))


@given(st.lists(st.lists(st.text("aAbB-_09", min_size=1, max_size=3), min_size=1, max_size=3), min_size=1))
def test_texts_of_one_shape_are_sorted_alike_in_every_order(parts: list[list[str]]) -> None:
    shapes = {shape(part) for part in parts}
    if None not in shapes and len(shapes) == 1:
        texts = [text for part in parts for text in part]
        assert {tuple(sorted(texts, key=order)) for order in ORDERS.values()} == {tuple(sorted(texts))}


def test_what_is_of_one_shape_and_what_is_not() -> None:
    assert shape(["id-00017", "id-00018"]) is not None
    assert shape(["2c1f-9a00", "9c1f-4b12"]) is not None
    for texts in (["9", "10"], ["a1", "B1"], ["ab-c", "a-bc"], ["a_1", "a-1"], ["\u00e9", "f"], ["aB", "cD"]):
        assert shape(texts) is None
    assert shape(["aa"]) != shape(["BB"])
