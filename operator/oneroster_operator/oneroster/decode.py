"""One page of a collection: from the body of an answer to records, and to rejections where one cannot be used.

A page that keeps to the specification is decoded at once, straight into the model. Where that fails its records
are decoded and normalised one by one, so that a bad record costs itself and nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from oneroster_operator.oneroster import normalise, wire
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.errors import Malformed
from oneroster_operator.oneroster.records import (
    AcademicSession,
    Class,
    Collection,
    Enrollment,
    Org,
    Record,
    Rejected,
    User,
)

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises over a body. UnicodeDecodeError holds the body, so none of them may be chained to ours."""
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape in JSON. Group 1 is half a character, as is left where a text was cut in the middle of one."""
_NUL: Final = b"\\u0000"
"""The one character that JSON can hold and PostgreSQL cannot store."""


class _Shape:
    """How a collection looks: as specified (None where that is not our model, or servers name its fields
    otherwise), as servers send it, and the way from there into the model."""

    def __init__(
        self,
        collection: Collection,
        exact: type[Record] | None,
        sent: type[wire.SentRecord],
        to_model: Callable[[Any], Record],
    ) -> None:
        self.key = collection.value
        self.page = None if exact is None else _page_decoder(self.key, exact)
        self.record: msgspec.json.Decoder[wire.SentRecord] = msgspec.json.Decoder(sent)
        self.to_model = to_model


def _page_decoder(key: str, record: type[Record]) -> msgspec.json.Decoder[Any]:
    """Lax, since 1.2 writes booleans as text."""
    array = ("records", list[record], msgspec.field(name=key))  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Page", [array]), strict=False)


_COMMON: Final = (
    _Shape(Collection.ORGS, Org, wire.SentOrg, normalise.org),
    _Shape(Collection.ACADEMIC_SESSIONS, AcademicSession, wire.SentAcademicSession, normalise.academic_session),
    _Shape(Collection.COURSES, None, wire.SentCourse, normalise.course),
    _Shape(Collection.CLASSES, Class, wire.SentClass, normalise.class_),
    _Shape(Collection.ENROLLMENTS, Enrollment, wire.SentEnrollment, normalise.enrollment),
)
_USERS: Final[dict[Version, _Shape]] = {
    "1.1": _Shape(Collection.USERS, None, wire.SentUserV1P1, normalise.user_v1p1),
    "1.2": _Shape(Collection.USERS, User, wire.SentUserV1P2, normalise.user_v1p2),
}
_SHAPES: Final = {version: {shape.key: shape for shape in (*_COMMON, users)} for version, users in _USERS.items()}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a page held; `sourced_ids` has an entry for each row in the server's order, None where it has no id."""

    records: list[Record]
    rejected: list[Rejected]
    sourced_ids: list[str | None]

    def without_first(self) -> "Decoded":
        """The page less its first row."""
        if self.records and self.records[0].sourced_id == self.sourced_ids[0]:
            return Decoded(self.records[1:], self.rejected, self.sourced_ids[1:])
        return Decoded(self.records, self.rejected[1:], self.sourced_ids[1:])


def decode_page(collection: Collection, version: Version, body: bytes, where: str) -> Decoded:
    """The page in `body`; raises `Malformed` where it is no page of this collection. `where` is for messages."""
    shape = _SHAPES[version][collection]
    records = _straight(body, shape)
    if records is not None:
        return Decoded(records, [], [record.sourced_id for record in records])
    rows = [_one(raw, shape) for raw in raw_records(body, shape.key, where)]
    return Decoded(
        records=[row for row in rows if isinstance(row, Record)],
        rejected=[row for row in rows if isinstance(row, Rejected)],
        sourced_ids=[row.sourced_id for row in rows],
    )


def raw_records(body: bytes, key: str, where: str) -> list[msgspec.Raw]:
    """The undecoded records under `key`; raises `Malformed` where there is no such array: never "empty"."""
    envelope = _envelope(body)
    if envelope is None:
        envelope = _envelope(_ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body))
    if envelope is None:
        raise Malformed("InvalidJSON", f"{where} sends JSON that cannot be read: its provider should look at it.")
    try:
        return msgspec.json.decode(envelope[key], type=list[msgspec.Raw])
    except (KeyError, *UNDECODABLE):
        pass
    message = f"{where} sends no array {key!r}, as OneRoster has it: check the endpoint URL, and its provider."
    raise Malformed("UnexpectedShape", message)


def _envelope(body: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return {}
    except UNDECODABLE:
        return None


def _straight(body: bytes, shape: _Shape) -> list[Record] | None:
    if shape.page is None or _NUL in body:
        return None
    try:
        records: list[Record] = shape.page.decode(body).records
    except UNDECODABLE:
        return None
    return records


def _one(raw: msgspec.Raw, shape: _Shape) -> Record | Rejected:
    try:
        record = shape.to_model(shape.record.decode(raw))
    except normalise.RuleBroken as broken:
        return Rejected(_sourced_id(raw), broken.rule)
    except UNDECODABLE:
        return Rejected(_sourced_id(raw), "UnexpectedType")
    if _NUL in bytes(raw) and _NUL in msgspec.json.encode(record):
        return Rejected(_sourced_id(raw), "ControlCharacter")
    return record


def _sourced_id(raw: msgspec.Raw) -> str | None:
    try:
        sourced_id = normalise.text(msgspec.json.decode(raw, type=wire.SentRef).sourced_id)
    except UNDECODABLE:
        return None
    return None if sourced_id is None or "\0" in sourced_id else sourced_id
