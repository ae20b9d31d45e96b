"""Words that are not in the vocabularies, and texts that should be there and are not."""

from zlib import crc32

from tests.district.quirks.shape import TITLES, each_field
from tests.district.records import CANARY
from tests.district.wire import Payload, metadata

_SPELLINGS = {
    "active": ("Active", "ACTIVE", " active"),
    "tobedeleted": ("toBeDeleted", "To Be Deleted", "inactive"),
}
_OTHER_ROLES = {"aide": "nurse", "counselor": "officeStaff", "guardian": "emergencyContact"}
"""Instead of a role that no category is made of, one of Microsoft SDS's list."""
_VIRTUAL = "Virtual Academy"
_ELEMENTARY = frozenset({"KG", "01", "02", "03", "04", "05"})


def status_spelled(_: str, payload: Payload) -> Payload:
    """``status`` comes in other spellings, and as 1.0's ``inactive``."""
    spellings = _SPELLINGS[payload["status"]]
    return payload | {"status": spellings[crc32(payload["sourcedId"].encode()) % len(spellings)]}


def blank_titles(kind: str, payload: Payload) -> Payload:
    """Required names and titles are blank or null."""
    return payload | {name: None if number % 2 else "" for number, name in enumerate(TITLES[kind])}


def blank_elementary_titles(kind: str, payload: Payload) -> Payload:
    """Classes of elementary grades have no title and ``periods`` is 0 (Aeries)."""
    if kind != "class" or not _ELEMENTARY.intersection(payload.get("grades", ())):
        return payload
    return payload | {"title": "", "periods": "0"}


def blank_class_codes(kind: str, payload: Payload) -> Payload:
    """``classCode`` and ``periods`` are blank (ClassLink)."""
    return payload | {"classCode": "", "periods": ""} if kind == "class" else payload


def blank_usernames(kind: str, payload: Payload) -> Payload:
    """One user in three has the username "" (Ed-Fi)."""
    blank = kind == "user" and crc32(payload["sourcedId"].encode()) % 3 == 0
    return payload | {"username": ""} if blank else payload


def unknown_roles(kind: str, payload: Payload) -> Payload:
    """Aides, counselors and guardians have roles of Microsoft's longer list."""
    return _with_roles(kind, payload, _OTHER_ROLES)


def extension_roles(kind: str, payload: Payload) -> Payload:
    """Aides, counselors and guardians have roles of the district's own, ``ext:...`` as 1.2 allows."""
    return _with_roles(kind, payload, {role: f"ext:{other}" for role, other in _OTHER_ROLES.items()})


def unknown_org_types(kind: str, payload: Payload) -> Payload:
    """A virtual school's type is ``campus``, of Microsoft's longer list."""
    return _with_org_type(kind, payload, "campus")


def extension_org_types(kind: str, payload: Payload) -> Payload:
    """A virtual school's type is ``ext:virtualSchool``, as 1.2 allows."""
    return _with_org_type(kind, payload, "ext:virtualSchool")


def extension_class_types(kind: str, payload: Payload) -> Payload:
    """A homeroom's type is ``ext:advisory``, as 1.2 allows."""
    homeroom = kind == "class" and payload["classType"] == "homeroom"
    return payload | {"classType": "ext:advisory"} if homeroom else payload


def sensitive_metadata(kind: str, payload: Payload) -> Payload:
    """A user's metadata tells of religion, health and home (Genesis)."""
    if kind != "user":
        return payload
    names = ("religion", "medicalConditions", "studentPhoto", "homeAddress")
    told = {name: f"{CANARY}-{name}-{payload['sourcedId']}" for name in names}
    return payload | {"metadata": metadata(payload["sourcedId"]) | told}


def legacy_ids_in_metadata(kind: str, payload: Payload) -> Payload:
    """1.2 tells the sourcedId that 1.1 had in ``metadata`` (Infinite Campus)."""
    if kind != "user":
        return payload
    legacy = {"ic.legacysourceId": f"{CANARY}-legacy-{payload['sourcedId']}"}
    return payload | {"metadata": payload.get("metadata", {}) | legacy}


def _with_roles(kind: str, payload: Payload, other: dict[str, str]) -> Payload:
    if kind != "user":
        return payload
    changed: Payload = each_field(payload, frozenset({"role"}), lambda role: other.get(role, role))
    return changed


def _with_org_type(kind: str, payload: Payload, other: str) -> Payload:
    virtual = kind == "org" and payload["name"].endswith(_VIRTUAL)
    return payload | {"type": other} if virtual else payload
