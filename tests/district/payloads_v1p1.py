"""Records as OneRoster 1.1 shows them, where that differs from 1.2.

1.1 has real booleans, ``role`` and ``orgs`` in place of ``roles[]``, and a string of periods.
"""

from tests.district import payloads_v1p2
from tests.district.accounts_v1p1 import Account, account_id
from tests.district.population import Population
from tests.district.records import Class, Enrollment
from tests.district.wire import Payload, References, object_fields, present, private_fields

BASE_PATH = "/ims/oneroster/v1p1"


def class_(record: Class, refer: References) -> Payload:
    payload = payloads_v1p2.class_(record, refer)
    if record.periods:
        payload["periods"] = ",".join(record.periods)
    return payload


def user(account: Account, refer: References) -> Payload:
    person = account.user
    payload = object_fields(person) | {
        "sourcedId": account.sourced_id,
        "username": person.username,
        "userIds": [{"type": "local", "identifier": person.identifier}] if person.identifier else [],
        "enabledUser": person.enabled,
        "givenName": person.given_name,
        "familyName": person.family_name,
        "middleName": person.middle_name,
        "role": account.role,
        "identifier": person.identifier,
        "email": person.email,
        "agents": [refer.user(agent) for agent in person.agents],
        "orgs": [refer.org(org) for org in account.orgs],
        "grades": list(person.grades),
    }
    if person.private:
        payload |= private_fields(person.sourced_id)
    return present(payload)


def enrollment(record: Enrollment, refer: References, population: Population) -> Payload:
    person = population.users.get(record.user)
    return present(
        object_fields(record)
        | {
            "user": refer.user(account_id(person, record.role) if person else record.user),
            "class": refer.class_(record.class_),
            "school": refer.org(record.school),
            "role": record.role,
            "primary": record.primary,
            "beginDate": record.begin.isoformat() if record.begin else None,
            "endDate": record.end.isoformat() if record.end else None,
        }
    )
