"""What stands around the records of a page: the key they are under, or another one that servers use in its place.

Only names that are known to hold records of the collection are looked under, for other arrays come beside them
(`statusInfoSet`), and a page that has none of them is an error, never empty.
"""

import re
from collections.abc import Sized
from typing import Final

import msgspec

from oneroster_operator.oneroster.errors import Malformed
from oneroster_operator.oneroster.status_info import reported_failure
from oneroster_operator.oneroster.values import HALF_A_CHARACTER, sourced_id
from oneroster_operator.oneroster.wire import UNDECODABLE, Body, SentRef

_OTHER_NAMES: Final = {
    "orgs": ("schools", "org", "school"),
    "academicSessions": ("terms", "gradingPeriods", "academicSession", "term", "gradingPeriod"),
    "courses": ("course",),
    "classes": ("class",),
    "users": ("students", "teachers", "user", "student", "teacher"),
    "enrollments": ("enrollment",),
}
"""The endpoint's own name in place of the collection's, and the keys of single records."""

MOST_ROWS: Final = 100_000
"""Of a page: ten times what is asked for at most."""
MOST_VALUES: Final = 2_000_000
"""Of a page, in rows or not: each takes up to 64 bytes before a row is looked at."""
MOST_OBJECTS: Final = 500_000
"""Of a page, those that are rows and those in them: each takes up to 200 bytes."""

MOST_MENDED: Final = 4 << 20
"""Bytes of a page that is mended: it takes up to a second, in which nothing else goes on."""

_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A text in JSON, up to the end of the body where it has none: so that no part is looked at twice."""
_SPOILT: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
    rb"|([\x00-\x1f]+)",
    re.DOTALL,
)
"""An escape in a text, or what should be one. Group 1 is half a character, as is left where a text was cut in the
middle of one, group 2 control characters."""
_ESCAPED: Final = [f"\\u{code:04x}".encode() for code in range(0x20)]
_HALF: Final = f"\\u{ord(HALF_A_CHARACTER):04x}".encode()
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_Rows = list[msgspec.Raw]
_Envelope = dict[str, msgspec.Raw]


def raw_records(body: Body, key: str, where: str) -> list[msgspec.Raw]:
    """The undecoded records that belong under `key`; raises `Malformed` where there is no array of them.

    A single record is an array of one, an array without an envelope is taken as it is, and a failure that the
    server reports beside an empty array is an error. So is a page of too many: the walk asks for fewer. `where` is
    for messages.
    """
    check_values(body, where)
    body = body.removeprefix(_BYTE_ORDER_MARK)
    sent = _parsed(body)
    if sent is None:
        if len(body) > MOST_MENDED:
            message = f"{where} sends JSON that cannot be read, and too much to be mended: ask for smaller pages."
            raise Malformed("ResponseTooLarge", message)
        body = _TEXT.sub(_mended, body)
        sent = _parsed(body)
    if sent is None:
        raise Malformed("InvalidJSON", f"{where} sends JSON that cannot be read: its provider should look at it.")
    rows = sent if isinstance(sent, list) else _rows(sent, key)
    if not rows:
        failure = reported_failure(body)
        if failure is not None:
            code = f" ({failure})" if failure else ""
            message = f"{where} answers 200 and reports a failure{code}: its provider should look at it."
            raise Malformed("UnexpectedShape", message)
    if rows is None:
        message = f"{where} sends no array '{key}', as OneRoster has it: check the endpoint URL, and its provider."
        raise Malformed("UnexpectedShape", message)
    check_rows(rows, where)
    return rows


def check_values(body: Body, where: str) -> None:
    """Raises `Malformed` where the body has more values than memory should be given to."""
    if len(body) <= 2 * MOST_VALUES:  # a value and its comma take two bytes: most pages need no count
        return
    if body.count(b",") > MOST_VALUES or body.count(b"{") > MOST_OBJECTS:
        message = (
            f"{where} sends more than {MOST_VALUES:,} values or {MOST_OBJECTS:,} objects at once: "
            "ask for smaller pages."
        )
        raise Malformed("ResponseTooLarge", message)


def check_rows(rows: Sized, where: str) -> None:
    """Raises `Malformed` where there are more rows than anyone asks for at once."""
    if len(rows) > MOST_ROWS:
        message = f"{where} sends more than {MOST_ROWS:,} records at once: ask for smaller pages."
        raise Malformed("ResponseTooLarge", message)


def _mended(text: re.Match[bytes]) -> bytes:
    """A text as it can be decoded: a bare control character was meant, and half a character is known as such."""
    return _SPOILT.sub(_escaped, text[0])


def _escaped(found: re.Match[bytes]) -> bytes:
    if found[2]:
        return b"".join(map(_ESCAPED.__getitem__, found[2]))
    return _HALF if found[1] else found[0]


def _parsed(body: Body) -> _Envelope | _Rows | None:
    """None where it is no JSON; an envelope with nothing in it where it is neither object nor array."""
    try:
        return msgspec.json.decode(body, type=_Envelope | _Rows)
    except msgspec.ValidationError:
        return {}
    except UNDECODABLE:
        return None


def _rows(envelope: _Envelope, key: str) -> _Rows | None:
    """What is under `key`, or else under the only other name of the collection; that there is nothing is not
    believed beside rows under another name. An envelope with an id of its own is a record, and what it has under
    such a name are references."""
    filled = [name for name in (key, *_OTHER_NAMES[key]) if bytes(envelope.get(name, b"null")) != b"null"]
    if filled[:1] == [key]:
        rows = _array(envelope[key])
        return None if not rows and any(_array(envelope[name]) for name in filled[1:]) else rows
    if len(filled) == 1 and "sourcedId" not in envelope:
        return _array(envelope[filled[0]])
    return None


def _array(raw: msgspec.Raw) -> _Rows | None:
    try:
        return msgspec.json.decode(raw, type=_Rows)
    except UNDECODABLE:
        return [raw] if raw_sourced_id(raw) is not None else None


def raw_sourced_id(raw: msgspec.Raw) -> str | None:
    """The id of an undecoded record, where it is one and has one."""
    try:
        return sourced_id(msgspec.json.decode(raw, type=SentRef))
    except UNDECODABLE:
        return None
