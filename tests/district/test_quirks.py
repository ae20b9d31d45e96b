"""Every quirk changes what it says it changes, and nothing else, in what a consumer is sent."""

import functools
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.district.district import District
from tests.district.fields import Version
from tests.district.population import Population
from tests.district.quirks import QUIRKS, require
from tests.district.quirks.catalogue import ENVELOPES, PAYLOADS, VIEWS
from tests.district.records import CANARY
from tests.district.roster import Asked, answer
from tests.district.settings import Settings
from tests.district.wire import Payload

POPULATION = Population.generate(7, today=date(2026, 11, 24), schools=6, students_per_school=10)
CORE = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
KINDS = {
    "orgs": "org", "academicSessions": "academicSession", "courses": "course",
    "classes": "class", "users": "user", "enrollments": "enrollment",
}  # fmt: skip


def body(*quirks: str, version: Version = "1.2", path: str = "users", **query: int) -> Any:
    """The decoded body of a collection, or of one object."""
    district = District(POPULATION, Settings(version=version, quirks=quirks))
    collection, _, sourced_id = path.partition("/")
    parameters = {"limit": "99999"} | {name: str(value) for name, value in query.items()}
    asked = Asked(collection, sourced_id, "https://sis.example", f"https://sis.example/{path}", parameters)
    return json.loads(answer(district, asked).body)


@functools.cache
def every(*quirks: str, version: Version = "1.2") -> dict[str, list[Payload]]:
    return {name: body(*quirks, version=version, path=name)[name] for name in CORE}


def fields(value: Any, name: str) -> Iterator[Any]:
    """Every value of a field of this name, however deep, metadata aside."""
    if isinstance(value, list):
        for item in value:
            yield from fields(item, name)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            if key != "metadata":
                yield from fields(item, name)


def references(value: Any) -> Iterator[Payload]:
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "href" in value:
            yield value
        for item in value.values():
            yield from references(item)


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_payload_quirk_changes_some_objects_and_neither_their_number_nor_their_ids(name: str) -> None:
    changed = 0
    for version in ("1.1", "1.2"):
        plain, bent = every(version=version), every(name, version=version)
        changed += plain != bent
        for collection in CORE:
            ids = [[str(row["sourcedId"]) for row in shown[collection]] for shown in (plain, bent)]
            assert ids[0] == ids[1]
    assert changed


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_quirk_leaves_the_object_it_is_given_as_it_was(name: str) -> None:
    for collection, objects in every(version="1.1").items():
        before = json.dumps(objects)
        for payload in objects:
            PAYLOADS[name](KINDS[collection], payload)
        assert json.dumps(objects) == before


@pytest.mark.parametrize(
    ("quirk", "version", "values"),
    [
        ("booleans-native", "1.2", [True, False]),
        ("booleans-text", "1.1", ["true", "false"]),
        ("booleans-upper", "1.1", ["TRUE", "FALSE"]),
        ("booleans-number", "1.2", [1, 0]),
        ("booleans-digit", "1.1", ["1", "0"]),
    ],
)
def test_booleans_come_in_five_spellings(quirk: str, version: Version, values: list[Any]) -> None:
    def told(*quirks: str) -> list[Any]:
        shown = every(*quirks, version=version)
        return [*fields(shown["users"], "enabledUser"), *fields(shown["enrollments"], "primary")]

    right = [value in (True, "true") for value in told()]
    assert [repr(value) for value in told(quirk)] == [repr(values[0] if yes else values[1]) for yes in right]
    assert len(set(right)) == 2


def test_what_has_no_value_is_null() -> None:
    (district,) = (org for org in every("null-references")["orgs"] if org["type"] == "district")
    assert district["parent"] is None
    assert None in list(fields(every("null-arrays")["users"], "agents"))
    assert None in list(fields(every("null-arrays")["orgs"], "children"))
    texts = every("null-texts")["users"]
    assert all({"middleName", "email", "metadata"} <= user.keys() for user in texts)
    assert any(user["metadata"] is None for user in texts)


def test_an_array_of_one_is_its_item_and_one_of_two_stays_an_array() -> None:
    users = every("single-for-array")["users"]
    assert {type(user["roles"]) for user in users} == {dict, list}
    assert {len(user["roles"]) for user in users if isinstance(user["roles"], list)} == {2}
    assert all(isinstance(user["grades"], str) for user in users if "grades" in user)
    orgs = [user["orgs"] for user in every("single-for-array", version="1.1")["users"]]
    assert any(isinstance(org, dict) for org in orgs)


def test_dates_are_blank_or_followed_by_a_time_and_moments_lack_theirs() -> None:
    enrollments = every("blank-dates")["enrollments"]
    assert all({"beginDate", "endDate"} <= enrollment.keys() for enrollment in enrollments)
    assert "" in [enrollment["endDate"] for enrollment in enrollments]
    assert "" in list(fields(every("blank-dates")["users"], "endDate"))
    for name, field in (("academicSessions", "startDate"), ("enrollments", "beginDate")):
        plain, bent = list(fields(every()[name], field)), list(fields(every("dates-with-time")[name], field))
        assert bent == [f"{day}T00:00:00.000Z" for day in plain]
        assert bent
    moments = list(fields(every("moments-without-time")["users"], "dateLastModified"))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", moment) for moment in moments)


def test_ids_of_digits_are_numbers_where_they_read_back_the_same() -> None:
    orgs = every("number-ids")["orgs"]
    assert [org["sourcedId"] for org in orgs][:2] == [1, "0101"]
    assert orgs[1]["parent"]["sourcedId"] == 1
    assert all(isinstance(user["sourcedId"], int) for user in every("ids-numbers", "number-ids")["users"])


@pytest.mark.parametrize(
    ("quirk", "field", "pattern"),
    [
        ("reference-types-wrong", "type", r"user"),
        ("href-relative", "href", r"~/ims/oneroster/rostering/v1p2/\w+/[^/]+"),
        ("href-wrong", "href", r"https://sis\.example/ims/.*/nowhere"),
        ("href-foreign", "href", r"https://roster\.elsewhere\.example/ims/oneroster/rostering/v1p2/\w+/[^/]+"),
    ],
)
def test_references_are_wrong_but_for_the_id(quirk: str, field: str, pattern: str) -> None:
    for name in CORE:
        plain, bent = list(references(every()[name])), list(references(every(quirk)[name]))
        assert [ref["sourcedId"] for ref in plain] == [ref["sourcedId"] for ref in bent]
        assert all(re.fullmatch(pattern, ref[field]) for ref in bent)
        assert bent


def test_references_have_the_names_of_csv_columns() -> None:
    shown = every("csv-names", version="1.1")
    assert list(references(shown)) == []
    assert shown["orgs"][1]["parentSourcedId"] == "1"
    at_two = POPULATION.users[POPULATION.cases.student_at_two_schools or ""]
    (joined,) = (u["orgSourcedIds"] for u in shown["users"] if u["sourcedId"] == at_two.sourced_id)
    assert joined == ",".join(role.org for role in at_two.roles)
    assert {"userSourcedId", "classSourcedId", "schoolSourcedId"} <= shown["enrollments"][0].keys()
    assert "termSourcedIds" in shown["classes"][0]


def test_a_courses_org_is_an_array_of_another_name() -> None:
    for plain, bent in zip(every()["courses"], every("course-orgs")["courses"], strict=True):
        assert bent["orgs"] == [plain["org"]]
        assert "org" not in bent


def test_statuses_come_in_other_spellings() -> None:
    plain, bent = (list(fields(every(*quirks), "status")) for quirks in ((), ("status-spelled",)))
    meant: dict[str, set[str]] = {"active": set(), "tobedeleted": set()}
    for right, spelled in zip(plain, bent, strict=True):
        meant[right].add(spelled)
    assert meant["active"] == {"Active", "ACTIVE", " active"}
    assert meant["tobedeleted"] <= {"toBeDeleted", "To Be Deleted", "inactive"}
    assert len(meant["tobedeleted"]) > 1


def test_required_texts_are_blank_or_null() -> None:
    shown = every("blank-titles")
    assert {user["givenName"] for user in shown["users"]} == {""}
    assert {user["familyName"] for user in shown["users"]} == {None}
    assert {org["name"] for org in shown["orgs"]} == {""}
    classes = every("blank-elementary-titles", version="1.1")["classes"]
    assert {(c["title"], c["periods"]) for c in classes if "03" in c["grades"]} == {("", "0")}
    assert all(c["title"] for c in classes if "10" in c["grades"])
    assert {c["classCode"] for c in every("blank-class-codes")["classes"]} == {""}
    usernames = [user["username"] for user in every("blank-usernames")["users"]]
    assert 0 < usernames.count("") < len(usernames) / 2


@pytest.mark.parametrize(
    ("quirk", "collection", "field", "words"),
    [
        ("unknown-roles", "users", "role", {"nurse", "officeStaff", "emergencyContact"}),
        ("extension-roles", "users", "role", {"ext:nurse", "ext:officeStaff", "ext:emergencyContact"}),
        ("unknown-org-types", "orgs", "type", {"campus"}),
        ("extension-org-types", "orgs", "type", {"ext:virtualSchool"}),
        ("extension-class-types", "classes", "classType", {"ext:advisory"}),
    ],
)
def test_words_are_not_those_of_the_vocabulary(quirk: str, collection: str, field: str, words: set[str]) -> None:
    plain, bent = (set(fields(every(*quirks)[collection], field)) for quirks in ((), (quirk,)))
    assert bent - plain == words


def test_metadata_tells_what_nobody_may_keep() -> None:
    users = every("sensitive-metadata")["users"]
    assert all(user["metadata"]["medicalConditions"].startswith(CANARY) for user in users)
    assert all("ic.legacysourceId" in user["metadata"] for user in every("legacy-ids-in-metadata")["users"])


def test_envelopes_are_missing_or_have_other_names() -> None:
    plain = body(path="students")["users"]
    assert body("bare-arrays", path="students") == plain
    assert body("named-after-path", path="students") == {"students": plain}
    assert body("named-after-path", path="schools") == {"schools": body(path="schools")["orgs"]}
    assert body("named-after-path", path="terms").keys() == {"terms"}
    assert body("named-after-parts") == {"students": body()["users"]}
    assert body("named-after-parts", path="orgs").keys() == {"schools"}
    assert body("single-record-pages")["users"] == body()["users"]
    first = body(path="orgs")["orgs"][:2]
    assert body("single-record-pages", path="orgs", limit=1) == {"org": first[0]}
    assert body("single-record-pages", path="orgs", limit=1, offset=1) == {"school": first[1]}
    assert body("single-org-as-school", path="schools/0101").keys() == {"school"}
    assert body("single-org-as-school", path="orgs/0101").keys() == {"org"}
    assert body("status-info-beside", version="1.1")["users"] == body(version="1.1")["users"]
    assert body("status-info-beside", version="1.1")["statusInfoSet"]


def test_every_quirk_tells_in_a_line_what_it_does_and_unknown_ones_are_refused() -> None:
    assert QUIRKS.keys() == {*VIEWS, *PAYLOADS, *ENVELOPES}
    assert all(text.endswith(".") and len(text) < 120 for text in QUIRKS.values())
    with pytest.raises(LookupError, match="no quirk colours; there are"):
        Settings(quirks=("colours",))
    require(QUIRKS)
