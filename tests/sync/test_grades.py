import pytest

from oneroster_operator.sync.grades import normalised


@pytest.mark.parametrize(
    ("given", "ceds"),
    [
        ("1", "01"),
        ("01", "01"),
        ("001", "01"),
        ("9", "09"),
        ("12", "12"),
        ("13", "13"),
        ("1st", "01"),
        ("2nd Grade", "02"),
        ("Grade 11", "11"),
        ("Third Grade", "03"),
        ("K", "KG"),
        ("kg", "KG"),
        ("Kindergarten", "KG"),
        ("0", "KG"),
        ("-1", "PK"),
        ("Pre-K", "PK"),
        ("PK", "PK"),
        ("TK", "TK"),
        ("Transitional Kindergarten", "TK"),
        ("Preschool", "PR"),
        ("ungraded", "UG"),
        ("other", "Other"),
        (" 5 ", "05"),
    ],
)
def test_a_grade_is_written_as_ceds_writes_it(given: str, ceds: str) -> None:
    assert normalised([given]) == (ceds,)


@pytest.mark.parametrize("grade", ["14", "99", "A", "Year 3", "1A", "0101"])
def test_a_grade_that_is_not_understood_stays_as_it_is(grade: str) -> None:
    assert normalised([grade]) == (grade,)


def test_each_grade_comes_once_in_the_order_given() -> None:
    assert normalised(["12", "9", "09", "", "  ", "12th"]) == ("12", "09")
