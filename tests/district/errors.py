"""Refusals, and the bodies that each version gives them, or a product."""

from http import HTTPStatus
from typing import Any

from tests.district.fields import Version
from tests.district.wire import Payload


class Refusal(Exception):
    """An answer other than 200. ``code_minor`` is one of the values that both versions list."""

    def __init__(
        self, status: HTTPStatus, code_minor: str, description: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.code_minor = code_minor
        self.description = description
        self.headers = headers or {}


def status_info(version: Version, code_minor: str, description: str, *, warning: bool = False) -> Payload:
    """imsx_StatusInfo: 1.2 nests the minor code, 1.1 has it as a string."""
    info: Payload = {
        "imsx_codeMajor": "success" if warning else "failure",
        "imsx_severity": "warning" if warning else "error",
        "imsx_description": description,
    }
    if version == "1.1":
        return info | {"imsx_codeMinor": code_minor}
    field = {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code_minor}
    return info | {"imsx_CodeMinor": {"imsx_codeMinorField": [field]}}


def error_body(version: Version, refusal: Refusal) -> Payload:
    """1.2: the bare object. 1.1: a ``statusInfoSet``."""
    info = status_info(version, refusal.code_minor, refusal.description)
    return info if version == "1.2" else {"statusInfoSet": [info]}


def styled_body(style: str, version: Version, refusal: Refusal) -> Any:
    """The body in another style than the version's; an object, or a text where it is not even JSON.

    - ``plain-string``: the minor code is the text ``imsx_codeMinor``, in 1.2 too (Ed-Fi);
    - ``wrapped``: under ``imsx_statusInfo`` (Moodle's client looks for it there);
    - ``bare``: 1.1 without its set (as 1.1's OpenAPI file has it);
    - ``text``, ``empty``: no JSON at all.
    """
    match style:
        case "plain-string":
            minor = {"invaliddata": "invalid_data"}.get(refusal.code_minor, refusal.code_minor)
            return status_info("1.1", minor, refusal.description)
        case "wrapped":
            return {"imsx_statusInfo": status_info(version, refusal.code_minor, refusal.description)}
        case "bare":
            return status_info("1.1", refusal.code_minor, refusal.description)
        case "text":
            return f"{refusal.status.phrase}: {refusal.description}"
        case "empty":
            return ""
        case _:
            return error_body(version, refusal)
