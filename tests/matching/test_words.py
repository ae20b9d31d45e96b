"""How alike two words are."""

import pytest

from oneroster_operator.matching.words import alike, joined


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lawndale", "lawndal"),
        ("medgar", "medger"),
        ("northwestern", "northwstrn"),
        ("technolo", "technology"),
        ("intrntl", "international"),
        ("nathaniel", "nathanial"),
    ],
)
def test_what_is_typed_wrong_cut_off_or_shortened_is_almost_equal(one: str, other: str) -> None:
    assert 0.8 <= alike(one, other) < 1
    assert alike(one, other) == alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("east", "west"),
        ("eastern", "western"),
        ("west", "whetstone"),
        ("12", "2"),
        ("12", "13"),
        ("middle", "high"),
        ("academy", "charter"),
        ("lincoln", "madison"),
        ("south", "southridge"),
    ],
)
def test_words_of_different_meaning_are_not_alike_at_all(one: str, other: str) -> None:
    assert alike(one, other) == 0


def test_a_name_that_begins_like_another_is_hardly_alike() -> None:
    assert alike("ridge", "ridgewood") < 0.7


@pytest.mark.parametrize(
    ("word", "words", "likeness"),
    [
        ("longview", ["long", "view"], 1.0),
        ("mlk", ["martin", "luther", "king"], 0.8),
        ("ab", ["alpha", "beta"], 0.7),
        ("mlk", ["martin", "luther"], 0.0),
        ("12", ["1", "2"], 1.0),
    ],
)
def test_one_word_may_stand_for_several(word: str, words: list[str], likeness: float) -> None:
    assert joined(word, words) == likeness
