"""What a single value means that a server sent in place of the specified one.

Raises `RuleBroken` where it means nothing. Every value of a district may pass here, so the usual case comes first.
"""

import datetime as dt
from typing import Any, Final, TypeVar

import msgspec

from oneroster_operator.oneroster.records import LONGEST_ID, LONGEST_TEXT, MOST_ENTRIES, Ref, Rule, Status
from oneroster_operator.oneroster.wire import (
    UNDECODABLE,
    Elsewhere,
    Flag,
    Optional,
    Reference,
    References,
    SentRecord,
    SentRef,
    Text,
)

_T = TypeVar("_T")

HALF_A_CHARACTER: Final = "\ufdd0"
"""Stands for each in what was sent: a noncharacter, which Unicode keeps for such uses within a program. In text it
is written out as U+FFFD; an id that holds one is none, for ids that differ in no more than that would be one."""


class RuleBroken(Exception):
    """A record that cannot be used; holds the rule and nothing of the record."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.rule = rule


def required(value: _T | None, rule: Rule) -> _T:
    """The value, which the record cannot do without."""
    if value is None:
        raise RuleBroken(rule)
    return value


def text(sent: Text) -> str | None:
    """Text as it was sent, numbers written out; None where there is none."""
    if sent is None or sent == "":
        return None
    found = _written(sent)
    if len(found) > LONGEST_TEXT:
        raise RuleBroken("TextTooLong")
    return found


def name(sent: Text) -> str:
    """A name or title: cut where it is too long, for it is only shown; empty where there is none."""
    return "" if sent is None else _written(sent)[:LONGEST_TEXT]


def optional_text(sent: Optional) -> str | None:
    """Text that the record can do without; None also where it is no text or too long."""
    if sent is None or sent == "" or isinstance(sent, bool) or not isinstance(sent, str | int):
        return None
    found = _written(sent)
    return found if len(found) <= LONGEST_TEXT else None


def texts(sent: Optional) -> tuple[str, ...]:
    """Several texts, or the only one."""
    if sent is None:
        return ()
    return tuple([found for one in listed(sent) if (found := optional_text(one)) is not None])


def listed(sent: Any) -> list[Any]:
    """Several values, or the only one."""
    if not isinstance(sent, list):
        return [sent]
    if len(sent) > MOST_ENTRIES:
        raise RuleBroken("ListTooLong")
    return sent


def sourced_id(sent: SentRecord | SentRef) -> str | None:
    """The id as it was sent, a number written out; None where there is none."""
    return _whole(sent.sourced_id)


def own_id(sent: SentRecord) -> str:
    """The id of a record."""
    return _bounded(required(sourced_id(sent), "MissingSourcedId"))


def reference(sent: Reference) -> Ref | None:
    """What is referred to, by an object or a bare id, or a list of no more than one of them."""
    if isinstance(sent, list):
        if len(sent) > 1:
            raise RuleBroken("UnexpectedType")
        return reference(sent[0]) if sent else None
    if sent is None:
        return None
    found = sourced_id(sent) if isinstance(sent, SentRef) else _unless_null(sent)
    return None if found is None else Ref(_bounded(found))


def references(sent: References) -> tuple[Ref, ...]:
    """Several references, or the only one."""
    if sent is None:
        return ()
    return tuple([found for one in listed(sent) if (found := reference(one)) is not None])


_REFERENCES: Final[msgspec.json.Decoder[References]] = msgspec.json.Decoder(References)


def reference_elsewhere(sent: Elsewhere) -> Ref | None:
    """What is referred to under another name than the specification's."""
    return None if isinstance(sent, msgspec.UnsetType) else reference(_decoded(sent))


def references_elsewhere(sent: Elsewhere) -> tuple[Ref, ...]:
    """The same of several; the CSV binding, whose names these are, lists ids between commas in one text."""
    if isinstance(sent, msgspec.UnsetType):
        return ()
    found = _decoded(sent)
    return references([one.strip() for one in found.split(",")] if isinstance(found, str) else found)


def _decoded(sent: msgspec.Raw) -> References:
    try:
        return _REFERENCES.decode(sent)
    except UNDECODABLE:
        pass
    raise RuleBroken("UnexpectedType")


def _bounded(found: str) -> str:
    if len(found) > LONGEST_ID:
        raise RuleBroken("SourcedIdTooLong")
    return found


def _written(sent: str | int) -> str:
    found = str(sent)
    return found if found.isascii() else found.replace(HALF_A_CHARACTER, "\ufffd")


def _whole(sent: Text) -> str | None:
    if sent is None or sent == "":
        return None
    found = str(sent)
    return found if found.isascii() or HALF_A_CHARACTER not in found else None


def _unless_null(sent: Text) -> str | None:
    """Some servers write null as text where an object is due."""
    found = _whole(sent)
    return None if found is None or found.lower() == "null" else found


_STATUSES: Final[dict[Text, Status]] = {
    "active": "active",
    "tobedeleted": "tobedeleted",
    "inactive": "tobedeleted",  # 1.0's word, which 1.2 says to read so
}


def status(sent: Text) -> Status:
    """In any spelling: `toBeDeleted`, `To be deleted`."""
    if sent is None or sent == "":
        return "active"
    found = _STATUSES.get(sent)
    if found is None:
        found = _STATUSES.get("".join(filter(str.isalnum, str(sent).lower())))
    return required(found, "UnknownStatus")


_FLAGS: Final[dict[Flag, bool]] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


def flag(sent: Flag, *, default: bool) -> bool:
    """In any spelling: true, 1, "TRUE", "1"."""
    if sent is None or sent == "":
        return default
    found = _FLAGS.get(sent)
    return required(_FLAGS.get(str(sent).strip().lower()) if found is None else found, "InvalidBoolean")


def moment(sent: Optional) -> dt.datetime | None:
    """UTC where no offset is given, as specified; None where it cannot be read, for it decides nothing alone."""
    found = _read(sent)
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


_UP_TO_MICROSECONDS: Final = len("2026-08-01T12:00:00.000000Z")


def _read(sent: Optional) -> dt.datetime | None:
    """As a page decoded at once has it, which rounds what is finer than microseconds and takes seconds since 1970;
    and else any ISO 8601."""
    if sent is None or sent == "":
        return None
    if not isinstance(sent, str) or sent[-1] != "Z" or len(sent) > _UP_TO_MICROSECONDS:
        try:
            return msgspec.convert(sent, dt.datetime, strict=False)
        except msgspec.ValidationError:
            pass
    if not isinstance(sent, str):
        return None
    try:
        return dt.datetime.fromisoformat(sent)
    except ValueError:
        return None


NO_DATE: Final = dt.date.min
"""What .NET writes for null."""
_NO_DATES: Final = {"", "null", NO_DATE.isoformat(), "0000-00-00"}
"""The last is MySQL's."""


def date(sent: Text) -> dt.date | None:
    """A day, also where a time follows it. An end that cannot be read must not become "no end"."""
    given = "" if sent is None else str(sent)
    day, following = given[:10], given[10:11]
    if following not in {"", "T", " "}:
        raise RuleBroken("InvalidDate")
    if day.lower() in _NO_DATES:
        return None
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        pass
    raise RuleBroken("InvalidDate")
