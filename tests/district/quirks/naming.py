"""Fields under other names."""

from typing import Any

from tests.district.wire import Payload

_CSV_COLUMNS: dict[str, dict[str, str]] = {
    "org": {"parent": "parentSourcedId"},
    "academicSession": {"parent": "parentSourcedId"},
    "course": {"org": "orgSourcedId", "schoolYear": "schoolYearSourcedId"},
    "class": {"course": "courseSourcedId", "school": "schoolSourcedId", "terms": "termSourcedIds"},
    "user": {"orgs": "orgSourcedIds", "agents": "agentSourcedIds"},
    "enrollment": {"user": "userSourcedId", "class": "classSourcedId", "school": "schoolSourcedId"},
}
"""By object: a reference's field in JSON and its column in a CSV file of OneRoster 1.1."""


def csv_names(kind: str, payload: Payload) -> Payload:
    """References are ids under the names of the CSV files' columns, several of them joined by commas."""
    columns = _CSV_COLUMNS[kind]
    return {
        columns.get(name, name): _ids(value) if name in columns else value
        for name, value in payload.items()
        if name != "children"
    }


def course_orgs(kind: str, payload: Payload) -> Payload:
    """A course's ``org`` is ``orgs``, an array."""
    if kind != "course":
        return payload
    return {name: value for name, value in payload.items() if name != "org"} | {"orgs": [payload["org"]]}


def _ids(value: Any) -> str:
    return ",".join(ref["sourcedId"] for ref in (value if isinstance(value, list) else [value]))
