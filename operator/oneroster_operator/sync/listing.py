"""Lists on standard output, row by row as they come, for a spreadsheet or for a program."""

import csv
import json
from collections.abc import Sequence
from typing import Literal, TextIO

Format = Literal["csv", "json"]


class Listing:
    """Rows of text under the same columns: CSV with a line of their names, or one JSON array of objects.

    A missing value is empty in CSV (RFC 4180) and null in JSON.
    """

    def __init__(self, out: TextIO, columns: Sequence[str], form: Format) -> None:
        self._out = out
        self._columns = columns
        self._csv = csv.writer(out) if form == "csv" else None
        self._before = "[\n"
        if self._csv:
            self._csv.writerow(columns)

    def add(self, values: Sequence[str | None]) -> None:
        """Write a row, a value for each column."""
        if self._csv:
            self._csv.writerow(values)
            return
        row = dict(zip(self._columns, values, strict=True))
        self._out.write(self._before + json.dumps(row, ensure_ascii=False))
        self._before = ",\n"

    def end(self) -> None:
        """Write what is to follow the last row."""
        if not self._csv:
            self._out.write("[]\n" if self._before == "[\n" else "\n]\n")
        self._out.flush()
