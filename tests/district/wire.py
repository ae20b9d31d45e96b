"""What both versions' payloads share: timestamps, references, the envelope's keys."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from tests.district.records import CANARY, Record

Payload = dict[str, Any]
"""One OneRoster object as JSON will carry it."""


@lru_cache(maxsize=4096)
def timestamp(moment: datetime) -> str:
    """UTC, ISO 8601 with milliseconds, as both versions' examples write dateLastModified."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class References:
    """GUIDRefs under one base URL."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def _to(self, collection: str, kind: str, sourced_id: str) -> Payload:
        href = f"{self._base_url}/{collection}/{quote(sourced_id, safe='')}"
        return {"href": href, "sourcedId": sourced_id, "type": kind}

    def org(self, sourced_id: str) -> Payload:
        return self._to("orgs", "org", sourced_id)

    def user(self, sourced_id: str) -> Payload:
        return self._to("users", "user", sourced_id)

    def class_(self, sourced_id: str) -> Payload:
        return self._to("classes", "class", sourced_id)

    def course(self, sourced_id: str) -> Payload:
        return self._to("courses", "course", sourced_id)

    def academic_session(self, sourced_id: str) -> Payload:
        return self._to("academicSessions", "academicSession", sourced_id)


def present(payload: Payload) -> Payload:
    """Without the optional fields that have no value: the schemas of both versions know no null."""
    return {name: value for name, value in payload.items() if value is not None and value != []}


def canary(field: str, sourced_id: str) -> str:
    """A value for a field that no consumer may keep, e.g. ``CANARY-password-S0101-0001``."""
    return f"{CANARY}-{field}-{sourced_id}"


def object_fields(record: Record) -> Payload:
    """What every object begins with."""
    return {
        "sourcedId": record.sourced_id,
        "status": record.status,
        "dateLastModified": timestamp(record.modified),
    }


def metadata(sourced_id: str) -> Payload:
    """The free object that every object of both versions may have."""
    return {"district.notes": canary("metadata", sourced_id)}


def private_fields(sourced_id: str) -> Payload:
    """The fields of both versions that a consumer must drop."""
    return {
        "password": canary("password", sourced_id),
        "sms": canary("sms", sourced_id),
        "phone": canary("phone", sourced_id),
        "metadata": metadata(sourced_id),
    }
