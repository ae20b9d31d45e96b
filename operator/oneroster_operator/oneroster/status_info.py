"""OneRoster's own report of an outcome (imsx_StatusInfo), which 1.1 may send beside the data of a 200, too.

Source: REST bindings of OneRoster 1.1 and 1.2. Servers also send it under another key, or its code minor as plain
text (Ed-Fi); it is read wherever it is found.
"""

from typing import Any, Final

import msgspec

from oneroster_operator.oneroster.wire import UNDECODABLE, Body

_FAILURES: Final = {"failure", "unsupported", "processing"}
"""The last is of a request whose answer is yet to come."""
_CODE_MINORS: Final = (
    "fullsuccess",
    "invalid_sort_field",
    "invalid_filter_field",
    "invalid_selection_field",
    "invalid_blank_selection_field",
    "invaliddata",
    "unauthorisedrequest",
    "unauthorized",
    "forbidden",
    "server_busy",
    "unknownobject",
    "unsupportedoperation",
    "linkfailure",
    "deletefailure",
    "targetreadfailure",
    "internal_server_error",
)


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, word.lower()))


_BY_LETTERS: Final = {_letters(code): code for code in _CODE_MINORS}
"""Since servers send "full success" and "invalid_data" as well."""


class _Field(msgspec.Struct):
    value: str | None = msgspec.field(default=None, name="imsx_codeMinorFieldValue")


class _CodeMinor(msgspec.Struct):
    fields: list[_Field] | _Field | None = msgspec.field(default=None, name="imsx_codeMinorField")


class _StatusInfo(msgspec.Struct):
    major: str | None = msgspec.field(default=None, name="imsx_codeMajor")
    severity: Any = msgspec.field(default=None, name="imsx_severity")
    minor: _CodeMinor | str | None = msgspec.field(default=None, name="imsx_CodeMinor")
    minor_v1p1: _CodeMinor | str | None = msgspec.field(default=None, name="imsx_codeMinor")


class _Body(_StatusInfo):
    """1.2 has the report for the body itself, 1.1 a list of them under a key."""

    listed: list[_StatusInfo] | _StatusInfo | None = msgspec.field(default=None, name="statusInfoSet")
    wrapped: list[_StatusInfo] | _StatusInfo | None = msgspec.field(default=None, name="imsx_statusInfo")


def reported_failure(body: Body) -> str | None:
    """The code minor of the failure that the body reports, "" where that is none of the specification's words;
    None where it reports no failure. Free text is not read."""
    try:
        sent = msgspec.json.decode(body, type=_Body)
    except UNDECODABLE:
        return None
    failures = [one for one in (sent, *_several(sent.listed), *_several(sent.wrapped)) if _is_failure(one)]
    if not failures:
        return None
    return next((code for one in failures for code in _codes(one)), "")


def _is_failure(sent: _StatusInfo) -> bool:
    major = (sent.major or "").lower()
    return major in _FAILURES or (sent.severity == "error" and major != "success")


def _codes(sent: _StatusInfo) -> list[str]:
    minors = [sent.minor, sent.minor_v1p1]
    words = [minor for minor in minors if isinstance(minor, str)]
    words += [
        field.value
        for minor in minors
        if isinstance(minor, _CodeMinor)
        for field in (minor.fields if isinstance(minor.fields, list) else [minor.fields])
        if field is not None and field.value is not None
    ]
    return [_BY_LETTERS[letters] for word in words if (letters := _letters(word)) in _BY_LETTERS]


def _several(sent: list[_StatusInfo] | _StatusInfo | None) -> list[_StatusInfo]:
    if sent is None:
        return []
    return sent if isinstance(sent, list) else [sent]
