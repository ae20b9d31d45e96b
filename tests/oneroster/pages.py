"""Records as the specification has them, to be spoilt by the tests, and short ways to decode pages of them."""

import json
from typing import Any

from oneroster_operator.oneroster import Collection, Version
from oneroster_operator.oneroster.decode import Decoded, decode_page

Sent = dict[str, Any]

WHERE = "sis.example/v1p2"
MODIFIED = "2026-08-01T12:00:00.000Z"


def reference(kind: str, sourced_id: str) -> Sent:
    return {"href": f"https://sis.example/{kind}s/{sourced_id}", "sourcedId": sourced_id, "type": kind}


ORG: Sent = {
    "sourcedId": "s1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "name": "Lincoln High",
    "type": "school",
    "identifier": "0042",
    "parent": reference("org", "d1"),
    "children": [],
}
ACADEMIC_SESSION: Sent = {
    "sourcedId": "t1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "title": "Fall",
    "type": "term",
    "startDate": "2026-08-15",
    "endDate": "2026-12-20",
    "schoolYear": "2027",
    "parent": reference("academicSession", "y1"),
}
COURSE: Sent = {
    "sourcedId": "k1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "title": "Algebra",
    "courseCode": "A1",
    "schoolYear": reference("academicSession", "y1"),
    "org": reference("org", "d1"),
    "grades": ["09", "10"],
    "subjects": ["Maths"],
}
CLASS: Sent = {
    "sourcedId": "c1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "title": "Algebra, period 3",
    "classCode": "A1-3",
    "classType": "scheduled",
    "location": "R12",
    "course": reference("course", "k1"),
    "school": reference("org", "s1"),
    "terms": [reference("academicSession", "t1")],
    "grades": ["09"],
    "subjects": ["Maths"],
    "periods": ["3"],
}
ENROLLMENT: Sent = {
    "sourcedId": "e1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "user": reference("user", "u1"),
    "class": reference("class", "c1"),
    "school": reference("org", "s1"),
    "role": "teacher",
    "primary": "true",
    "beginDate": "2026-08-15",
    "endDate": "2027-06-01",
}
_PERSON: Sent = {
    "sourcedId": "u1",
    "status": "active",
    "dateLastModified": MODIFIED,
    "enabledUser": "true",
    "username": "ada",
    "givenName": "Ada",
    "middleName": "King",
    "familyName": "Byron",
    "email": "ada@springfield.example",
    "identifier": "4711",
    "grades": ["09"],
}
USER_V1P2: Sent = _PERSON | {
    "preferredFirstName": "Augusta",
    "preferredMiddleName": "K",
    "preferredLastName": "Lovelace",
    "userMasterIdentifier": "m1",
    "roles": [
        {
            "roleType": "primary",
            "role": "student",
            "org": reference("org", "s1"),
            "beginDate": "2026-08-15",
            "endDate": "2027-06-01",
        }
    ],
}
USER_V1P1: Sent = _PERSON | {
    "enabledUser": True,
    "role": "administrator",
    "orgs": [reference("org", "d1"), reference("org", "s1")],
}

_COMMON = {
    Collection.ORGS: ORG,
    Collection.ACADEMIC_SESSIONS: ACADEMIC_SESSION,
    Collection.COURSES: COURSE,
    Collection.CLASSES: CLASS,
    Collection.ENROLLMENTS: ENROLLMENT,
}
GOOD: list[tuple[Collection, Version, Sent]] = [
    *((collection, version, record) for version in ("1.1", "1.2") for collection, record in _COMMON.items()),
    (Collection.USERS, "1.1", USER_V1P1),
    (Collection.USERS, "1.2", USER_V1P2),
]
"""A record of each shape, every field that we keep filled."""


def decoded(collection: Collection, *records: object, version: Version = "1.2") -> Decoded:
    """The page of these records, beside a warning as 1.1 sends it."""
    body = json.dumps({collection.value: records, "statusInfoSet": [{"imsx_severity": "warning"}]}).encode()
    return decode_page(collection, version, body, WHERE)


def one(collection: Collection, record: Sent, version: Version = "1.2") -> Any:
    """What the record becomes."""
    page = decoded(collection, record, version=version)
    assert page.rejected == []
    return page.records[0]


def rule(collection: Collection, record: Sent, version: Version = "1.2") -> str:
    """By which rule the record is rejected."""
    page = decoded(collection, record, version=version)
    assert page.records == []
    return page.rejected[0].rule
