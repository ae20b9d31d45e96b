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
from oneroster_operator.oneroster.envelope import check_rows, check_values, raw_records, raw_sourced_id
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
from oneroster_operator.oneroster.values import NO_DATE, RuleBroken, sourced_id
from oneroster_operator.oneroster.wire import UNDECODABLE, Body

_NUL: Final = b"\\u0000"
"""The one character that JSON can hold and PostgreSQL cannot store."""
_HOLDS_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_CSV_NAME: Final = b"SourcedId"
"""In the names of the CSV binding (`schoolSourcedId`) and in none of the REST binding's."""


def _undated(page: list[Any]) -> list[Any]:
    """Those that have a date that is none: found so in a fifth of the time that a search of the body takes."""
    return [one for one in page if one.end_date == NO_DATE or one.begin_date == NO_DATE]


class _Shape:
    """How a collection looks as specified and as servers send it, and the ways from there into the model.

    `optional` are the references that a record may lack and that servers also send under other names; `strays` is
    what a page holds that has them so. `undated` finds records that have a date which is none.
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
        undated: Callable[[list[Any]], list[Any]] = lambda _: [],
    ) -> None:
        self.key = collection.value
        self.page = _page_decoder(self.key, exact)
        self.page_to_model = page_to_model
        self.optional = tuple(attrgetter(name) for name in optional)
        self.strays = strays
        self.undated = undated
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
        undated=lambda page: [one for one in page if one.end_date == NO_DATE or one.start_date == NO_DATE],
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
    _Shape(
        Collection.ENROLLMENTS,
        Enrollment,
        wire.SentEnrollment,
        normalise.enrollment,
        optional=("school",),
        undated=_undated,
    ),
)
_USERS_V1P1: Final = _Shape(
    Collection.USERS,
    wire.UserV1P1,
    wire.SentUserV1P1,
    normalise.user_v1p1,
    page_to_model=normalise.users_v1p1,
)
_USERS_V1P2: Final = _Shape(
    Collection.USERS,
    User,
    wire.SentUserV1P2,
    normalise.user_v1p2,
    undated=lambda page: _undated([role for user in page for role in user.roles]),
)
_SHAPES: Final[dict[Version, dict[str, _Shape]]] = {
    "1.1": {shape.key: shape for shape in (*_COMMON, _USERS_V1P1)},
    "1.2": {shape.key: shape for shape in (*_COMMON, _USERS_V1P2)},
}
_OTHER_WAY: Final = {
    _USERS_V1P1: (("role", "orgs", "org_sourced_ids"), _USERS_V1P2),
    _USERS_V1P2: (("roles",), _USERS_V1P1),
}
"""How a user may have roles on a server that is between the versions, where nothing at all is sent in the declared
version's way: what is sent there and of no use is not made up for by what stands beside it, which may be more.
The roles stay the words that they are, and 1.1's `administrator` is none of 1.2's."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a page held; `sourced_ids` has an entry for each row in the server's order, None where it has no id.

    `rejected_at` says which of them are rejected; those without an id are.
    """

    records: list[Record]
    rejected: list[Rejected]
    sourced_ids: list[str | None]
    rejected_at: tuple[int, ...] = ()

    def without_first(self) -> "Decoded":
        """The page less its first row."""
        is_rejected = self.sourced_ids[0] is None or self.rejected_at[:1] == (0,)
        return Decoded(
            self.records[0 if is_rejected else 1 :],
            self.rejected[1 if is_rejected else 0 :],
            self.sourced_ids[1:],
            tuple(at - 1 for at in self.rejected_at if at),
        )


def decode_page(collection: Collection, version: Version, body: Body, where: str) -> Decoded:
    """The page in `body`; raises `Malformed` where it is no page of this collection. `where` is for messages."""
    shape = _SHAPES[version][collection]
    check_values(body, where)
    may_hold_nul = b"\\" in body and _NUL in body  # looking for one byte takes a hundredth of the time
    records = None if may_hold_nul else _straight(body, shape)
    if records:
        check_rows(records, where)
        return Decoded(records, [], [record.sourced_id for record in records])
    rows = [_one(raw, shape) for raw in raw_records(body, shape.key, where)]
    if may_hold_nul or b"\0" in body:
        rows = [_storable(row) for row in rows]
    return Decoded(
        records=[row for row in rows if isinstance(row, Record)],
        rejected=[row for row in rows if isinstance(row, Rejected)],
        sourced_ids=[row.sourced_id for row in rows],
        rejected_at=tuple(at for at, row in enumerate(rows) if isinstance(row, Rejected)),
    )


def _straight(body: Body, shape: _Shape) -> list[Record] | None:
    try:
        records = cast("list[Record]", shape.page.decode(body).records)
    except UNDECODABLE:
        return None
    is_whole = all(all(map(reference, records)) for reference in shape.optional)
    if not is_whole and any(stray in body for stray in shape.strays):
        return None
    if shape.page_to_model is not None:
        return shape.page_to_model(records)
    return None if shape.undated(records) else records


def _one(raw: msgspec.Raw, shape: _Shape) -> Record | Rejected:
    found = _read(raw, shape)
    if isinstance(found, Rejected) and found.rule == "MissingRole" and shape in _OTHER_WAY:
        own, other_shape = _OTHER_WAY[shape]
        sent = msgspec.json.decode(raw, type=wire.SentWays)
        if all(getattr(sent, name) is msgspec.UNSET for name in own):
            other = _read(raw, other_shape)
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
