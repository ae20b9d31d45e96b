"""Values in other types and spellings than the specification's."""

from collections.abc import Callable
from typing import Any

from tests.district.quirks.shape import (
    ARRAYS,
    BOOLEANS,
    DAYS,
    OPTIONAL_ARRAYS,
    OPTIONAL_TEXTS,
    REFERENCES,
    each_field,
    each_reference,
)
from tests.district.wire import Payload


def _booleans(payload: Payload, spell: Callable[[bool], Any]) -> Payload:
    changed: Payload = each_field(payload, BOOLEANS, lambda value: spell(value in (True, "true")))
    return changed


def booleans_native(_: str, payload: Payload) -> Payload:
    """Booleans are true and false, also in 1.2, which wants text."""
    return _booleans(payload, bool)


def booleans_text(_: str, payload: Payload) -> Payload:
    """Booleans are "true" and "false", also in 1.1 (ClassLink)."""
    return _booleans(payload, lambda value: str(value).lower())


def booleans_upper(_: str, payload: Payload) -> Payload:
    """Booleans are "TRUE" and "FALSE"."""
    return _booleans(payload, lambda value: str(value).upper())


def booleans_number(_: str, payload: Payload) -> Payload:
    """Booleans are 1 and 0."""
    return _booleans(payload, int)


def booleans_digit(_: str, payload: Payload) -> Payload:
    """Booleans are "1" and "0"."""
    return _booleans(payload, lambda value: str(int(value)))


def null_arrays(kind: str, payload: Payload) -> Payload:
    """Arrays without items are null rather than absent."""
    return dict.fromkeys(OPTIONAL_ARRAYS[kind]) | payload


def null_references(kind: str, payload: Payload) -> Payload:
    """References that lead nowhere are null rather than absent."""
    return dict.fromkeys(REFERENCES[kind]) | payload


def null_texts(kind: str, payload: Payload) -> Payload:
    """Optional texts and metadata without a value are null rather than absent (Aeries)."""
    return dict.fromkeys((*OPTIONAL_TEXTS[kind], "metadata")) | payload


def single_for_array(kind: str, payload: Payload) -> Payload:
    """An array of one item is that item."""
    ones = {
        name: value[0] for name in ARRAYS[kind] if isinstance(value := payload.get(name), list) and len(value) == 1
    }
    return payload | ones


def blank_dates(kind: str, payload: Payload) -> Payload:
    """Dates that are not set are "" rather than absent."""
    if kind == "enrollment":
        return {"beginDate": "", "endDate": ""} | payload
    if "roles" in payload:
        return payload | {"roles": [{"beginDate": "", "endDate": ""} | role for role in payload["roles"]]}
    return payload


def dates_with_time(_: str, payload: Payload) -> Payload:
    """A date is followed by a time."""
    changed: Payload = each_field(payload, DAYS, lambda day: f"{day}T00:00:00.000Z" if day else day)
    return changed


def moments_without_time(_: str, payload: Payload) -> Payload:
    """dateLastModified is a date."""
    return payload | {"dateLastModified": payload["dateLastModified"][:10]}


def _number(payload: Payload) -> Payload:
    """Only what comes back as the same text: no leading zero."""
    sourced_id = payload.get("sourcedId")
    if not isinstance(sourced_id, str) or not sourced_id.isdecimal() or str(int(sourced_id)) != sourced_id:
        return payload
    return payload | {"sourcedId": int(sourced_id)}


def number_ids(_: str, payload: Payload) -> Payload:
    """A sourcedId of digits alone is a number."""
    changed: Payload = each_reference(payload, _number)
    return _number(changed)
