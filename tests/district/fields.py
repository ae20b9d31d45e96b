"""The fields of each version's objects that ``filter`` and ``sort`` may name."""

from typing import Literal

Version = Literal["1.1", "1.2"]

_OBJECT = "sourcedId status dateLastModified"
_ORGS = "name type identifier parent/ children/"
_SESSIONS = "title startDate endDate type parent/ children/ schoolYear"
_COURSES = "title schoolYear/ courseCode grades subjects subjectCodes org/"
_CLASSES = (
    "title classCode classType location grades subjects subjectCodes course/ school/ terms/ periods resources/"
)
_ENROLLMENTS = "user/ class/ school/ role primary beginDate endDate"
_USERS = (
    "username userIds.type userIds.identifier enabledUser givenName familyName middleName identifier email"
    " sms phone agents/ grades password"
)
_USERS_1_1 = "role orgs/"
_USERS_1_2 = (
    "userMasterIdentifier preferredFirstName preferredMiddleName preferredLastName pronouns primaryOrg/"
    " roles.roleType roles.role roles.org/ roles.beginDate roles.endDate"
)


def _expand(*declarations: str) -> frozenset[str]:
    """A name with a slash is a reference: its sourcedId, type and href can be named."""
    names: set[str] = set()
    for word in " ".join((_OBJECT, *declarations)).split():
        if word.endswith("/"):
            names |= {f"{word[:-1]}.{part}" for part in ("sourcedId", "type", "href")}
        else:
            names.add(word)
    return frozenset(names)


ORGS = _expand(_ORGS)
ACADEMIC_SESSIONS = _expand(_SESSIONS)
COURSES = _expand(_COURSES)
CLASSES = _expand(_CLASSES)
ENROLLMENTS = _expand(_ENROLLMENTS)
USERS: dict[Version, frozenset[str]] = {
    "1.1": _expand(_USERS, _USERS_1_1),
    "1.2": _expand(_USERS, _USERS_1_2),
}

DATES = frozenset({"dateLastModified", "startDate", "endDate", "beginDate"})
"""Last part of the names whose values are compared as times rather than as text."""
