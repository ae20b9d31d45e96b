"""One page of a collection: from the body of an answer to records, and to rejections where one cannot be used.

A page that keeps to the specification is decoded at once, straight into the model. Where that fails its records
are decoded and normalised one by one, so that a bad record costs itself and nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, cast

import msgspec

from oneroster_operator.oneroster import normalise, wire
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.envelope import raw_records, raw_sourced_id
from oneroster_operator.oneroster.records import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    Rejected,
    User,
)
from oneroster_operator.oneroster.values import RuleBroken, sourced_id
from oneroster_operator.oneroster.wire import UNDECODABLE, Body

__all__ = ["UNDECODABLE", "Decoded", "decode_page", "raw_records"]

_NUL: Final = b"\\u0000"
"""The one character that JSON can hold and PostgreSQL cannot store."""
_HOLDS_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_CSV_NAME: Final = b"SourcedId"
"""In the names of the CSV binding (`schoolSourcedId`) and in none of the REST binding's."""


class _Shape:
    """How a collection looks as specified and as servers send it, and the ways from there into the model.

    `optional` are the references that a record may lack and that servers also send under other names; `strays` is
    what a page holds that has them so.
    """

    def __init__(
        self,
        collection: Collection,
        exact: type[Record],
        sent: type[wire.SentRecord],
        to_model: Callable[[Any], Record],
        *,
        page_to_model: Callable[[list[Any]], list[Any]] | None = None,
        optional: tuple[str, ...] = (),
        strays: tuple[bytes, ...] = (_CSV_NAME,),
    ) -> None:
        self.key = collection.value
        self.page = _page_decoder(self.key, exact)
        self.page_to_model = page_to_model
        self.optional = tuple(attrgetter(name) for name in optional)
        self.strays = strays
        self.record = msgspec.json.Decoder(sent)
        self.to_model = to_model


def _page_decoder(key: str, record: type[Record]) -> msgspec.json.Decoder[Any]:
    """Lax, since 1.2 writes booleans as text."""
    records = ("records", list[record], msgspec.field(name=key))  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Page", [records]), strict=False)


_COMMON: Final = (
    _Shape(Collection.ORGS, Org, wire.SentOrg, normalise.org, optional=("parent",)),
    _Shape(
        Collection.ACADEMIC_SESSIONS,
        AcademicSession,
        wire.SentAcademicSession,
        normalise.academic_session,
        optional=("parent",),
    ),
    _Shape(
        Collection.COURSES,
        Course,
        wire.SentCourse,
        normalise.course,
        optional=("org", "school_year"),
        strays=(_CSV_NAME, b'"orgs"'),
    ),
    _Shape(Collection.CLASSES, Class, wire.SentClass, normalise.class_, optional=("course", "terms")),
    _Shape(Collection.ENROLLMENTS, Enrollment, wire.SentEnrollment, normalise.enrollment, optional=("school",)),
)
_USERS_V1P1: Final = _Shape(
    Collection.USERS,
    wire.UserV1P1,
    wire.SentUserV1P1,
    normalise.user_v1p1,
    page_to_model=normalise.users_v1p1,
)
_USERS_V1P2: Final = _Shape(Collection.USERS, User, wire.SentUserV1P2, normalise.user_v1p2)
_SHAPES: Final[dict[Version, dict[str, _Shape]]] = {
    "1.1": {shape.key: shape for shape in (*_COMMON, _USERS_V1P1)},
    "1.2": {shape.key: shape for shape in (*_COMMON, _USERS_V1P2)},
}
_OTHER_VERSION: Final = {_USERS_V1P1: _USERS_V1P2, _USERS_V1P2: _USERS_V1P1}
"""How a user without roles may have them, on a server that is between the versions. The roles stay the words that
they are, and 1.1's `administrator` is none of 1.2's."""


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


def decode_page(collection: Collection, version: Version, body: Body, where: str) -> Decoded:
    """The page in `body`; raises `Malformed` where it is no page of this collection. `where` is for messages."""
    shape = _SHAPES[version][collection]
    may_hold_nul = b"\\" in body and _NUL in body  # looking for one byte takes a hundredth of the time
    records = None if may_hold_nul else _straight(body, shape)
    if records:
        return Decoded(records, [], [record.sourced_id for record in records])
    rows = [_one(raw, shape) for raw in raw_records(body, shape.key, where)]
    if may_hold_nul:
        rows = [_storable(row) for row in rows]
    return Decoded(
        records=[row for row in rows if isinstance(row, Record)],
        rejected=[row for row in rows if isinstance(row, Rejected)],
        sourced_ids=[row.sourced_id for row in rows],
    )


def _straight(body: Body, shape: _Shape) -> list[Record] | None:
    try:
        records = cast("list[Record]", shape.page.decode(body).records)
    except UNDECODABLE:
        return None
    is_whole = all(all(map(reference, records)) for reference in shape.optional)
    if not is_whole and any(stray in body for stray in shape.strays):
        return None
    return records if shape.page_to_model is None else shape.page_to_model(records)


def _one(raw: msgspec.Raw, shape: _Shape) -> Record | Rejected:
    found = _read(raw, shape)
    if isinstance(found, Rejected) and shape in _OTHER_VERSION and found.rule in {"MissingRole", "MissingOrg"}:
        other = _read(raw, _OTHER_VERSION[shape])
        return found if isinstance(other, Rejected) else other
    return found


def _read(raw: msgspec.Raw, shape: _Shape) -> Record | Rejected:
    try:
        sent = shape.record.decode(raw)
    except UNDECODABLE:
        return Rejected(raw_sourced_id(raw), "UnexpectedType")
    try:
        return shape.to_model(sent)
    except RuleBroken as broken:
        return Rejected(sourced_id(sent), broken.rule)


def _storable(row: Record | Rejected) -> Record | Rejected:
    if not _HOLDS_NUL.search(msgspec.json.encode(row)):
        return row
    named = None if row.sourced_id is None or "\0" in row.sourced_id else row.sourced_id
    return Rejected(named, "ControlCharacter" if isinstance(row, Record) else row.rule)
