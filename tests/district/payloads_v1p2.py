"""Records as OneRoster 1.2 shows them (1EdTech's OpenAPI file of the rostering service).

1.2 writes booleans as the strings "true" and "false", gives people ``roles[]``, and requires a class's course
and terms.
"""

from tests.district.population import Population
from tests.district.records import AcademicSession, Class, Course, Enrollment, Org, Role, User
from tests.district.wire import Payload, References, canary, metadata, object_fields, present, private_fields

BASE_PATH = "/ims/oneroster/rostering/v1p2"


def org(record: Org, refer: References, population: Population) -> Payload:
    children = population.schools if record.type == "district" else []
    return present(
        object_fields(record)
        | {
            "name": record.name,
            "type": record.type,
            "parent": refer.org(record.parent) if record.parent else None,
            "children": [refer.org(child.sourced_id) for child in children],
            "metadata": metadata(record.sourced_id) if record.type == "district" else None,
        }
    ) | {"identifier": record.identifier}


def academic_session(record: AcademicSession, refer: References, population: Population) -> Payload:
    children = [s.sourced_id for s in population.academic_sessions.values() if s.parent == record.sourced_id]
    return present(
        object_fields(record)
        | {
            "title": record.title,
            "startDate": record.begin.isoformat(),
            "endDate": record.end.isoformat(),
            "type": record.type,
            "parent": refer.academic_session(record.parent) if record.parent else None,
            "children": [refer.academic_session(child) for child in children],
            "schoolYear": str(record.school_year),
        }
    )


def course(record: Course, refer: References) -> Payload:
    return object_fields(record) | {
        "title": record.title,
        "schoolYear": refer.academic_session(record.school_year),
        "courseCode": record.code,
        "grades": list(record.grades),
        "subjects": [record.subject],
        "org": refer.org(record.org),
    }


def class_(record: Class, refer: References) -> Payload:
    return present(
        object_fields(record)
        | {
            "title": record.title,
            "classCode": record.code,
            "classType": record.type,
            "location": record.location,
            "grades": list(record.grades),
            "subjects": [record.subject],
            "course": refer.course(record.course),
            "school": refer.org(record.school),
            "terms": [refer.academic_session(term) for term in record.terms],
            "periods": list(record.periods),
            "metadata": metadata(record.sourced_id) if record.type == "homeroom" else None,
        }
    )


def _role(role: Role, refer: References) -> Payload:
    return present(
        {
            "roleType": "primary" if role.primary else "secondary",
            "role": role.name,
            "org": refer.org(role.org),
            "beginDate": role.begin.isoformat() if role.begin else None,
            "endDate": role.end.isoformat() if role.end else None,
        }
    )


def _user_profiles(sourced_id: str) -> list[Payload]:
    credential = {
        "type": "LDAP",
        "username": canary("credential-username", sourced_id),
        "password": canary("credential-password", sourced_id),
    }
    return [
        {
            "profileId": f"profile-{sourced_id}",
            "profileType": "district",
            "vendorId": "directory.example",
            "description": canary("profile", sourced_id),
            "credentials": [credential],
        }
    ]


def user(record: User, refer: References) -> Payload:
    payload = object_fields(record) | {
        "userMasterIdentifier": record.master_identifier,
        "username": record.username,
        "userIds": [{"type": "local", "identifier": record.identifier}] if record.identifier else [],
        "enabledUser": "true" if record.enabled else "false",
        "givenName": record.given_name,
        "familyName": record.family_name,
        "middleName": record.middle_name,
        "preferredFirstName": record.preferred_given_name,
        "roles": [_role(role, refer) for role in record.roles],
        "primaryOrg": refer.org(record.roles[0].org),
        "identifier": record.identifier,
        "email": record.email,
        "grades": list(record.grades),
        "agents": [refer.user(agent) for agent in record.agents],
    }
    if record.private:
        payload |= private_fields(record.sourced_id)
        payload["userProfiles"] = _user_profiles(record.sourced_id)
    return present(payload)


def enrollment(record: Enrollment, refer: References, _: Population) -> Payload:
    return present(
        object_fields(record)
        | {
            "user": refer.user(record.user),
            "class": refer.class_(record.class_),
            "school": refer.org(record.school),
            "role": record.role,
            "primary": None if record.primary is None else str(record.primary).lower(),
            "beginDate": record.begin.isoformat() if record.begin else None,
            "endDate": record.end.isoformat() if record.end else None,
        }
    )
