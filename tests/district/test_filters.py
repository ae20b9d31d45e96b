"""The filter grammar, and what each clause lets through."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tests.district.filters import Clause, Filter, FilterError, Value, parse

FIELDS = frozenset({"sourcedId", "familyName", "grades", "roles.role", "school.sourcedId", "dateLastModified"})
RECORD: dict[str, Sequence[Value]] = {
    "sourcedId": ["S-10"],
    "familyName": ["O'Brien"],
    "grades": [],
    "roles.role": ["student", "teacher"],
    "school.sourcedId": ["0042"],
    "dateLastModified": [datetime(2026, 11, 1, 12, tzinfo=UTC)],
}


def matches(expression: str) -> bool:
    return parse(expression, FIELDS).matches(RECORD.__getitem__)


@pytest.mark.parametrize(
    "expression",
    [
        "sourcedId='S-10'",
        "sourcedId!='S-11'",
        "sourcedId>='S-10'",
        "sourcedId>'S-1'",
        "sourcedId<'S-2'",
        "sourcedId<='S-10'",
        "familyName~'Bri'",
        "familyName='O''Brien'",
        "roles.role='teacher'",
        "roles.role!='aide'",
        "school.sourcedId='0042' AND roles.role='student'",
        "sourcedId='nobody' OR roles.role='teacher'",
        "grades!='09'",
        "dateLastModified>'2026-11-01T11:59:59.999Z'",
        "dateLastModified>='2026-11-01T07:00:00-05:00'",
        "dateLastModified<'2026-11-02'",
        "familyName!='this AND that'",
    ],
)
def test_lets_the_record_through(expression: str) -> None:
    assert matches(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "sourcedId='s-10'",
        "sourcedId!='S-10'",
        "sourcedId>'S-10'",
        "sourcedId<'S-10'",
        "familyName~'bri'",
        "roles.role!='student'",
        "roles.role='principal'",
        "school.sourcedId='0042' AND roles.role='aide'",
        "sourcedId='nobody' OR roles.role='aide'",
        "grades='09'",
        "grades>='00'",
        "dateLastModified>'2026-11-01T12:00:00Z'",
    ],
)
def test_holds_the_record_back(expression: str) -> None:
    assert not matches(expression)


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "expected <field>"),
        ("sourcedId", "expected <field>"),
        ("sourcedId=S-10", "expected <field>"),
        ('sourcedId="S-10"', "expected <field>"),
        ("sourcedId=='S-10'", "expected <field>"),
        ("sourcedId = 'S-10'", "expected <field>"),
        ("sourcedId='S-10", "expected <field>"),
        ("(sourcedId='S-10')", "expected <field>"),
        ("birthDate='2010-01-01'", "no field birthDate"),
        ("sourcedId='a' and sourcedId='b'", "expected ' AND '"),
        ("sourcedId='a' XOR sourcedId='b'", "expected ' AND '"),
        ("sourcedId='a' AND ", "expected <field>"),
        ("sourcedId='a' AND sourcedId='b' AND sourcedId='c'", "at most two"),
        ("sourcedId='a' OR sourcedId='b' AND sourcedId='c'", "at most two"),
        ("dateLastModified>'yesterday'", "not a date"),
        ("dateLastModified~'2026'", "~ is for text"),
    ],
)
def test_refuses_what_the_grammar_does_not_have(expression: str, complaint: str) -> None:
    with pytest.raises(FilterError, match=complaint.replace("(", r"\(")):
        parse(expression, FIELDS)


def test_a_parsed_filter_is_a_value() -> None:
    assert parse("sourcedId>'S-1' OR grades~'0'", FIELDS) == Filter(
        (Clause("sourcedId", ">", "S-1"), Clause("grades", "~", "0")), any_suffices=True
    )
