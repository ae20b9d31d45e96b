"""Counting ids without keeping them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from oneroster_operator.oneroster.digests import Digests


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
