"""Lists for spreadsheets and programs: what is written can be read back."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneroster_operator.sync.listing import Format, Listing

COLUMNS = ("sourcedId", "schoolId")
ROWS = st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.text("0aé\"',\n;") | st.none()))


def written(rows: list[tuple[str, str | None]], form: Format) -> str:
    out = io.StringIO(newline="")
    listing = Listing(out, COLUMNS, form)
    for row in rows:
        listing.add(row)
    listing.end()
    return out.getvalue()


@settings(deadline=None)
@given(ROWS)
def test_json_is_one_array_of_objects(rows: list[tuple[str, str | None]]) -> None:
    assert json.loads(written(rows, "json")) == [dict(zip(COLUMNS, row, strict=True)) for row in rows]


@settings(deadline=None)
@given(ROWS)
def test_csv_has_a_line_of_names_and_nothing_for_what_is_missing(rows: list[tuple[str, str | None]]) -> None:
    read = list(csv.reader(io.StringIO(written(rows, "csv"), newline="")))
    assert read == [list(COLUMNS), *([value or "" for value in row] for row in rows)]


@pytest.mark.parametrize(("form", "text"), [("csv", "sourcedId,schoolId\r\n"), ("json", "[]\n")])
def test_an_empty_list_is_one(form: Format, text: str) -> None:
    assert written([], form) == text
