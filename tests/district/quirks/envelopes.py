"""What stands around the objects of an answer."""

from typing import Any

from tests.district.errors import status_info
from tests.district.wire import Payload

Envelope = Payload | list[Any]
"""An answer's body: an object, or the bare array that some products send."""
_PARTS = {"orgs": "schools", "users": "students", "academicSessions": "terms"}
_SINGLES = {
    "orgs": "org",
    "academicSessions": "academicSession",
    "courses": "course",
    "classes": "class",
    "users": "user",
    "enrollments": "enrollment",
}


def bare_arrays(_: str, envelope: Envelope) -> Envelope:
    """A collection's body is the array itself."""
    rows = [value for value in envelope.values() if isinstance(value, list)] if isinstance(envelope, dict) else []
    return rows[0] if len(rows) == 1 else envelope


def named_after_path(collection: str, envelope: Envelope) -> Envelope:
    """The array stands under the last part of the path, say ``students`` where ``users`` is due."""
    if not isinstance(envelope, dict):
        return envelope
    return {
        collection if isinstance(value, list) and name != "statusInfoSet" else name: value
        for name, value in envelope.items()
    }


def named_after_parts(_: str, envelope: Envelope) -> Envelope:
    """A collection stands under the name of a part of it: users under ``students``, orgs under ``schools``."""
    if not isinstance(envelope, dict):
        return envelope
    return {_PARTS.get(name, name): value for name, value in envelope.items()}


def single_record_pages(_: str, envelope: Envelope) -> Envelope:
    """A page of one record is that record under the single key, a school's under ``school`` (Aeries)."""
    if not isinstance(envelope, dict):
        return envelope
    one = {name: value[0] for name, value in envelope.items() if name in _SINGLES and len(value) == 1}
    return {
        _single(name, one[name]) if name in one else name: one.get(name, value) for name, value in envelope.items()
    }


def _single(plural: str, record: Payload) -> str:
    return "school" if record.get("type") == "school" else _SINGLES[plural]


def single_org_as_school(collection: str, envelope: Envelope) -> Envelope:
    """A single school stands under ``school`` where ``org`` is due (Aeries)."""
    if not isinstance(envelope, dict) or collection != "schools" or "org" not in envelope:
        return envelope
    return {"school" if name == "org" else name: value for name, value in envelope.items()}


def status_info_beside(_: str, envelope: Envelope) -> Envelope:
    """1.1's ``statusInfoSet`` comes with every answer that succeeds."""
    if not isinstance(envelope, dict) or "statusInfoSet" in envelope:
        return envelope
    success = status_info("1.1", "fullsuccess", "", warning=True) | {"imsx_severity": "status"}
    return {"statusInfoSet": [success]} | envelope
