"""Names that say the same are equal once normalised; names that differ in a word stay different."""

import pytest

from oneroster_operator.matching.names import normalised


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("Lincoln High School", "LINCOLN HIGH SCHOOL"),
        ("Lincoln High School", "  Lincoln   High\tSchool "),
        ("St. José's K-8 School", "St Joses K 8 School"),
        ("O\u2019Brien Elementary", "O'Brien Elementary"),
        ("Arts & Sciences Academy", "Arts and Sciences Academy"),
        ("Arts&Sciences Academy", "Arts and Sciences Academy"),
        ("P.S. 118 (Maurice A. FitzGerald)", "p s 118 maurice a fitzgerald"),
        ("Straße", "STRASSE"),
        ("\uff2c\uff49\uff4e\uff43\uff4f\uff4c\uff4e", "Lincoln"),
    ],
)
def test_case_accents_punctuation_and_spaces_do_not_count(name: str, same_as: str) -> None:
    assert normalised(name) == normalised(same_as)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lincoln High School", "Lincoln HS"),
        ("Lincoln Elementary", "Lincoln Elementary Annex"),
        ("PS 11", "PS 1 1"),
        ("Школа 5", "Лицей 5"),
        ("第一小学", "第二小学"),
        ("Løgstør", "Lagstor"),
        ("कि", "का"),
    ],
)
def test_a_different_word_or_letter_counts_in_any_script(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("name", ["", "   ", "--", "'", "\u0301"])
def test_a_name_without_a_letter_says_nothing(name: str) -> None:
    assert normalised(name) == ""


def test_normalising_twice_changes_nothing() -> None:
    once = normalised("St. José's  K-8 School & Academy")
    assert once == "st joses k 8 school and academy"
    assert normalised(once) == once
