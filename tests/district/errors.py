"""Refusals, and the bodies that each version gives them."""

from http import HTTPStatus

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
