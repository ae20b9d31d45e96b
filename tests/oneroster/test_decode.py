"""What a record becomes: as specified, under the names that servers use besides, and where it cannot be used."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from oneroster_operator.oneroster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Ref,
    Rejected,
    Role,
    User,
    Version,
)
from oneroster_operator.oneroster.decode import Decoded, decode_page
from tests.oneroster.pages import (
    ACADEMIC_SESSION,
    CLASS,
    COURSE,
    ENROLLMENT,
    GOOD,
    ORG,
    USER_V1P1,
    USER_V1P2,
    WHERE,
    Sent,
    decoded,
    one,
    reference,
    rule,
)

NOON = dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)


def without(record: Sent, *names: str) -> Sent:
    return {name: value for name, value in record.items() if name not in names}


def test_an_enrollment_as_specified() -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT) == Enrollment(
        sourced_id="e1",
        date_last_modified=NOON,
        user=Ref("u1"),
        class_=Ref("c1"),
        school=Ref("s1"),
        role="teacher",
        primary=True,
        begin_date=dt.date(2026, 8, 15),
        end_date=dt.date(2027, 6, 1),
    )


def test_a_user_of_1_2() -> None:
    assert one(Collection.USERS, USER_V1P2) == User(
        sourced_id="u1",
        date_last_modified=NOON,
        username="ada",
        given_name="Ada",
        middle_name="King",
        family_name="Byron",
        preferred_first_name="Augusta",
        preferred_middle_name="K",
        preferred_last_name="Lovelace",
        email="ada@springfield.example",
        identifier="4711",
        user_master_identifier="m1",
        grades=("09",),
        roles=(
            Role(
                role="student",
                org=Ref("s1"),
                role_type="primary",
                begin_date=dt.date(2026, 8, 15),
                end_date=dt.date(2027, 6, 1),
            ),
        ),
    )


@pytest.mark.parametrize("beside", [{}, {"email": ""}, {"dateLastModified": "2026-08-01T12:00:00"}])
def test_a_user_of_1_1_holds_the_one_role_in_each_org(beside: Sent) -> None:
    user = one(Collection.USERS, USER_V1P1 | beside, version="1.1")
    assert user == User(
        sourced_id="u1",
        date_last_modified=NOON,
        username="ada",
        given_name="Ada",
        middle_name="King",
        family_name="Byron",
        email=beside.get("email", "ada@springfield.example") or None,
        identifier="4711",
        grades=("09",),
        roles=(Role(role="administrator", org=Ref("d1")), Role(role="administrator", org=Ref("s1"))),
    )


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_other_collections(version: Version) -> None:
    assert one(Collection.ORGS, ORG, version) == Org(
        sourced_id="s1",
        date_last_modified=NOON,
        name="Lincoln High",
        type="school",
        identifier="0042",
        parent=Ref("d1"),
    )
    assert one(Collection.ACADEMIC_SESSIONS, ACADEMIC_SESSION, version) == AcademicSession(
        sourced_id="t1",
        date_last_modified=NOON,
        title="Fall",
        type="term",
        start_date=dt.date(2026, 8, 15),
        end_date=dt.date(2026, 12, 20),
        school_year="2027",
        parent=Ref("y1"),
    )
    assert one(Collection.COURSES, COURSE, version) == Course(
        sourced_id="k1",
        date_last_modified=NOON,
        title="Algebra",
        course_code="A1",
        org=Ref("d1"),
        school_year=Ref("y1"),
        grades=("09", "10"),
        subjects=("Maths",),
    )
    assert one(Collection.CLASSES, CLASS, version) == Class(
        sourced_id="c1",
        date_last_modified=NOON,
        title="Algebra, period 3",
        class_code="A1-3",
        class_type="scheduled",
        location="R12",
        course=Ref("k1"),
        school=Ref("s1"),
        terms=(Ref("t1"),),
        grades=("09",),
        subjects=("Maths",),
        periods=("3",),
    )


@pytest.mark.parametrize(("collection", "version", "record"), GOOD)
def test_what_1_2_may_leave_out_or_servers_do_is_missing_and_nothing_else(
    collection: Collection, version: Version, record: Sent
) -> None:
    needed = {"sourcedId", "user", "class", "school", "role", "roles", "orgs"}
    bare = {name: value for name, value in record.items() if name in needed}
    assert one(collection, bare, version).status == "active"


ORG_OF_COURSE: list[Sent] = [
    {"org": reference("org", "d1")},
    {"org": "d1"},
    {"orgs": [reference("org", "d1"), reference("org", "d2")]},
    {"orgs": reference("org", "d1")},
    {"org": None, "orgs": ["d1"]},
    {"org": {}, "orgs": [None, {}, {"sourcedId": "d1"}]},
    {"orgSourcedId": "d1"},
    {"orgs": [], "orgSourcedId": "d1"},
]


@pytest.mark.parametrize("sent", ORG_OF_COURSE)
def test_the_org_of_a_course_may_come_as_orgs(sent: Sent) -> None:
    assert one(Collection.COURSES, without(COURSE, "org") | sent).org_sourced_id == "d1"


CSV_NAMES: list[tuple[Collection, Sent, str, str, object, object]] = [
    (Collection.ORGS, ORG, "parent", "parentSourcedId", "d1", Ref("d1")),
    (Collection.ACADEMIC_SESSIONS, ACADEMIC_SESSION, "parent", "parentSourcedId", "y1", Ref("y1")),
    (Collection.COURSES, COURSE, "org", "orgSourcedId", "d1", Ref("d1")),
    (Collection.COURSES, COURSE, "schoolYear", "schoolYearSourcedId", "y1", Ref("y1")),
    (Collection.CLASSES, CLASS, "course", "courseSourcedId", "k1", Ref("k1")),
    (Collection.CLASSES, CLASS, "school", "schoolSourcedId", "s1", Ref("s1")),
    (Collection.CLASSES, CLASS, "school", "schoolSourcedId", 7, Ref("7")),
    (Collection.CLASSES, CLASS, "school", "schoolSourcedId", {"sourcedId": "s1"}, Ref("s1")),
    (Collection.CLASSES, CLASS, "terms", "termSourcedIds", "t1", (Ref("t1"),)),
    (Collection.CLASSES, CLASS, "terms", "termSourcedIds", "t1, t2,", (Ref("t1"), Ref("t2"))),
    (Collection.CLASSES, CLASS, "terms", "termSourcedIds", ["t1", "t 2"], (Ref("t1"), Ref("t 2"))),
    (Collection.CLASSES, CLASS, "terms", "termSourcedIds", 7, (Ref("7"),)),
    (Collection.ENROLLMENTS, ENROLLMENT, "user", "userSourcedId", "s+1", Ref("s+1")),
    (Collection.ENROLLMENTS, ENROLLMENT, "class", "classSourcedId", "c|1", Ref("c|1")),
    (Collection.ENROLLMENTS, ENROLLMENT, "school", "schoolSourcedId", "7/%2F", Ref("7/%2F")),
]


@pytest.mark.parametrize(("collection", "record", "name", "csv_name", "sent", "kept"), CSV_NAMES)
def test_names_of_the_csv_binding(
    collection: Collection, record: Sent, name: str, csv_name: str, sent: object, kept: object
) -> None:
    field = {"schoolYear": "school_year", "class": "class_"}.get(name, name)
    for unfilled in ({}, {name: None}, {name: {"sourcedId": ""}}):
        assert getattr(one(collection, without(record, name) | unfilled | {csv_name: sent}), field) == kept
    other = {csv_name: "other"}
    assert getattr(one(collection, record | other), field) == getattr(one(collection, record), field)


def test_orgs_and_roles_of_users_under_names_of_the_csv_binding() -> None:
    v1p1 = without(USER_V1P1, "orgs")
    for sent in ("d1,s1", "d1, s1", ["d1", "s1"], [{"sourcedId": "d1"}, "s1"]):
        user = one(Collection.USERS, v1p1 | {"orgSourcedIds": sent}, "1.1")
        assert user.roles == one(Collection.USERS, USER_V1P1, "1.1").roles
    role = {"role": "student", "orgSourcedId": "s1"}
    assert one(Collection.USERS, USER_V1P2 | {"roles": [role]}).roles == (Role(role="student", org=Ref("s1")),)


ONE_ROLE = (Role(role="administrator", org=Ref("d1")), Role(role="administrator", org=Ref("s1")))
LISTED = one(Collection.USERS, USER_V1P2).roles


@pytest.mark.parametrize(
    ("version", "sent", "roles"),
    [
        ("1.1", {"roles": USER_V1P2["roles"]}, LISTED),
        ("1.1", {"roles": USER_V1P2["roles"], "role": "administrator", "orgs": USER_V1P1["orgs"]}, ONE_ROLE),
        ("1.2", {"role": "administrator", "orgs": USER_V1P1["orgs"]}, ONE_ROLE),
        ("1.2", {"role": "administrator", "orgSourcedIds": "d1,s1"}, ONE_ROLE),
        ("1.2", {"roles": USER_V1P2["roles"], "role": "administrator", "orgs": USER_V1P1["orgs"]}, LISTED),
        ("1.2", {"roles": [None, *USER_V1P2["roles"]]}, LISTED),
        ("1.2", {"roles": USER_V1P2["roles"][0]}, LISTED),
    ],
)
def test_each_version_puts_its_own_way_first_and_takes_the_others_words_as_they_are(
    version: Version, sent: Sent, roles: tuple[Role, ...]
) -> None:
    person = without(USER_V1P2, "roles")
    assert one(Collection.USERS, person | sent, version).roles == roles


@pytest.mark.parametrize(
    ("version", "sent", "expected"),
    [
        ("1.1", {"role": "student", "orgs": []}, "MissingOrg"),
        ("1.1", {"role": "student", "orgs": None}, "MissingOrg"),
        ("1.1", {"role": "student"}, "MissingOrg"),
        ("1.1", {"role": None}, "MissingRole"),
        ("1.1", {"role": ""}, "MissingRole"),
        ("1.1", {"orgs": []}, "MissingRole"),
        ("1.1", {"orgs": USER_V1P1["orgs"]}, "MissingRole"),
        ("1.1", {"orgSourcedIds": "d1"}, "MissingRole"),
        ("1.2", {"roles": []}, "MissingRole"),
        ("1.2", {"roles": None}, "MissingRole"),
        ("1.2", {"roles": [{"role": "student"}]}, "MissingOrg"),
        ("1.2", {"roles": [{"org": reference("org", "s1")}]}, "MissingRole"),
    ],
)
def test_what_is_sent_in_the_declared_versions_way_is_not_made_up_for_by_the_others(
    version: Version, sent: Sent, expected: str
) -> None:
    """Or a student without an org would be the administrator that stands beside."""
    more = {
        "1.1": {"roles": [{"role": "administrator", "org": reference("org", "d1")}]},
        "1.2": {"role": "districtAdministrator", "orgs": USER_V1P1["orgs"]},
    }
    person = without(USER_V1P2, "roles")
    assert rule(Collection.USERS, person | more[version] | sent, version) == expected


UNUSABLE: list[tuple[Collection, Sent, Version, str]] = [
    (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": ""}, "1.2", "MissingSourcedId"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": None}, "1.2", "MissingSourcedId"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"status": "pending"}, "1.2", "UnknownStatus"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"status": "-"}, "1.2", "UnknownStatus"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"status": 1}, "1.2", "UnknownStatus"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": None}, "1.2", "MissingUser"),
    (
        Collection.ENROLLMENTS,
        ENROLLMENT | {"user": {"href": "https://sis.example/users/u1"}},
        "1.2",
        "MissingUser",
    ),
    (Collection.ENROLLMENTS, ENROLLMENT | {"class": {}}, "1.2", "MissingClass"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"role": ""}, "1.2", "MissingRole"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "June 1st"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "2027-06-011"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "0000-00-01"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "0001-01-011"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "nullable"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "0"}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": " "}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": 20270}, "1.2", "InvalidDate"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": [1, 2]}, "1.2", "UnexpectedType"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": [[1]]}, "1.2", "UnexpectedType"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": []}, "1.2", "MissingUser"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": False}, "1.2", "UnexpectedType"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"role": False}, "1.2", "UnexpectedType"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": "null"}, "1.2", "MissingUser"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"class": "NULL"}, "1.2", "MissingClass"),
    (Collection.CLASSES, CLASS | {"school": "null"}, "1.2", "MissingSchool"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": 1.5}, "1.2", "UnexpectedType"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"role": "stu\0dent"}, "1.2", "ControlCharacter"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": "e" * 256}, "1.2", "SourcedIdTooLong"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"user": reference("user", "u" * 256)}, "1.2", "SourcedIdTooLong"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"class": "c" * 256}, "1.2", "SourcedIdTooLong"),
    (Collection.ENROLLMENTS, ENROLLMENT | {"role": "r" * 1001}, "1.2", "TextTooLong"),
    (Collection.CLASSES, CLASS | {"terms": [reference("term", "t" * 256)]}, "1.2", "SourcedIdTooLong"),
    (Collection.CLASSES, CLASS | {"title": ["Algebra"]}, "1.2", "UnexpectedType"),
    (Collection.COURSES, COURSE | {"courseCode": "c" * 1001}, "1.2", "TextTooLong"),
    (Collection.CLASSES, CLASS | {"terms": ["t1"] * 1001}, "1.2", "ListTooLong"),
    (Collection.CLASSES, CLASS | {"terms": [reference("term", "t1")] * 1001}, "1.2", "ListTooLong"),
    (Collection.CLASSES, CLASS | {"periods": ["1"] * 1001}, "1.2", "ListTooLong"),
    (Collection.USERS, USER_V1P2 | {"roles": USER_V1P2["roles"] * 1001}, "1.2", "ListTooLong"),
    (Collection.USERS, USER_V1P1 | {"orgs": USER_V1P1["orgs"] * 501}, "1.1", "ListTooLong"),
    (Collection.USERS, USER_V1P1 | {"orgs": None, "orgSourcedIds": "s1," * 1001}, "1.1", "ListTooLong"),
    (Collection.CLASSES, {"sourcedId": "c1"}, "1.2", "MissingSchool"),
    (Collection.USERS, USER_V1P2 | {"roles": []}, "1.2", "MissingRole"),
    (Collection.USERS, USER_V1P2 | {"roles": [None]}, "1.2", "MissingRole"),
    (Collection.USERS, USER_V1P2 | {"roles": [], "role": "student"}, "1.2", "MissingRole"),
    (Collection.USERS, USER_V1P2 | {"roles": [], "orgs": USER_V1P1["orgs"]}, "1.2", "MissingRole"),
    (Collection.USERS, USER_V1P2 | {"roles": [{"role": "student"}]}, "1.2", "MissingOrg"),
    (Collection.USERS, USER_V1P2 | {"roles": [{"org": reference("org", "s1")}]}, "1.2", "MissingRole"),
    (Collection.USERS, USER_V1P2 | {"roles": ["student"]}, "1.2", "UnexpectedType"),
    (Collection.USERS, USER_V1P1 | {"orgs": []}, "1.1", "MissingOrg"),
    (Collection.USERS, USER_V1P1 | {"role": None}, "1.1", "MissingRole"),
    (Collection.USERS, USER_V1P1 | {"orgSourcedIds": ",", "orgs": None}, "1.1", "MissingOrg"),
    (Collection.USERS, USER_V1P1 | {"enabledUser": "perhaps"}, "1.1", "InvalidBoolean"),
    (Collection.USERS, USER_V1P1 | {"enabledUser": 2}, "1.1", "InvalidBoolean"),
    (Collection.USERS, USER_V1P1 | {"role": "r" * 1001}, "1.1", "TextTooLong"),
    (Collection.USERS, USER_V1P1 | {"sourcedId": "u" * 256}, "1.1", "SourcedIdTooLong"),
]


@pytest.mark.parametrize(("collection", "record", "version", "expected"), UNUSABLE)
def test_what_cannot_be_used_is_rejected_by_a_rule(
    collection: Collection, record: Sent, version: Version, expected: str
) -> None:
    assert rule(collection, record, version) == expected


def test_texts_and_ids_may_be_as_long_as_the_bounds_say() -> None:
    long = one(Collection.ORGS, ORG | {"sourcedId": "é" * 255, "name": "n" * 1000, "parent": "p" * 255})
    assert (len(long.sourced_id), len(long.name), len(long.parent_sourced_id)) == (255, 1000, 255)


def test_a_list_may_be_as_long_as_the_bound_says() -> None:
    course = one(Collection.COURSES, COURSE | {"grades": ["09"] * 1000, "subjects": [1] * 1000})
    assert (len(course.grades), len(course.subjects)) == (1000, 1000)
    assert len(one(Collection.CLASSES, CLASS | {"terms": [reference("term", "t1")] * 1000}).terms) == 1000


def test_names_and_titles_that_are_too_long_are_cut() -> None:
    assert one(Collection.CLASSES, CLASS | {"title": "é" * 1001}).title == "é" * 1000
    assert one(Collection.ORGS, ORG | {"name": "n" * 1001}).name == "n" * 1000
    user = one(Collection.USERS, USER_V1P2 | {"givenName": "g" * 1001, "familyName": "f" * 1001})
    assert (user.given_name, user.family_name) == ("g" * 1000, "f" * 1000)


NO_OPTIONAL_TEXT: list[object] = [False, True, 1.5, [], ["a"], {}, {"en": "a"}, "x" * 1001]


@pytest.mark.parametrize("sent", NO_OPTIONAL_TEXT)
def test_optional_text_that_is_none_or_too_long_is_left_out(sent: object) -> None:
    def left(collection: Collection, record: Sent, name: str, version: Version = "1.2") -> None:
        field = {"dateLastModified": "date_last_modified"}.get(name, name)
        kept = one(collection, record | {name: sent}, version)
        assert kept == msgspec.structs.replace(one(collection, record, version), **{field: None})

    left(Collection.USERS, USER_V1P1, "email", "1.1")
    left(Collection.USERS, USER_V1P2, "username")
    left(Collection.ORGS, ORG, "identifier")
    left(Collection.CLASSES, CLASS, "location")
    if not isinstance(sent, float):
        left(Collection.CLASSES, CLASS, "dateLastModified")


@pytest.mark.parametrize("sent", [False, 1.0, {"grade": "09"}, [1.0], [["09"]], [{"grade": "09"}], ["x" * 1001]])
def test_of_grades_and_the_like_what_is_no_text_is_left_out(sent: object) -> None:
    assert one(Collection.USERS, USER_V1P2 | {"grades": sent}).grades == ()
    assert one(Collection.CLASSES, CLASS | {"subjects": ["Maths", sent]}).subjects == ("Maths",)


def test_a_number_with_thousands_of_digits_costs_its_record_only() -> None:
    for digits, expected in ((4000, "SourcedIdTooLong"), (400_000, "UnexpectedType")):
        body = b'{"orgs":[{"sourcedId":"1"},{"sourcedId":' + b"7" * digits + b"}]}"
        page = decode_page(Collection.ORGS, "1.2", body, WHERE)
        assert [record.sourced_id for record in page.records] == ["1"]
        assert [rejected.rule for rejected in page.rejected] == [expected]


def test_a_bad_record_costs_itself_and_keeps_its_place() -> None:
    bad = ENROLLMENT | {"sourcedId": "e2", "beginDate": {"day": 1}}
    page = decoded(Collection.ENROLLMENTS, ENROLLMENT, bad, 7, None, [], ENROLLMENT | {"sourcedId": "e3"})
    assert [record.sourced_id for record in page.records] == ["e1", "e3"]
    nameless = Rejected(None, "UnexpectedType")
    assert page.rejected == [Rejected("e2", "UnexpectedType"), nameless, nameless, nameless]
    assert page.sourced_ids == ["e1", "e2", None, None, None, "e3"]


def test_bytes_that_are_no_text_cost_their_record_only() -> None:
    good = msgspec.json.encode(ENROLLMENT)
    bad = good.replace(b"teacher", b"te\xffcher").replace(b'"e1"', b'"e2"')
    body = b'{"enrollments":[' + good + b"," + bad + b"]}"
    page = decode_page(Collection.ENROLLMENTS, "1.2", body, WHERE)
    assert [record.sourced_id for record in page.records] == ["e1"]
    assert page.rejected == [Rejected("e2", "UnexpectedType")]


def test_no_text_that_postgresql_cannot_store_gets_through() -> None:
    page = decoded(
        Collection.ENROLLMENTS,
        ENROLLMENT | {"sourcedId": "e\0"},
        ENROLLMENT | {"sourcedId": "e\0", "role": ""},
        ENROLLMENT | {"sourcedId": "e2", "class": "c\\\0"},
        ENROLLMENT | {"metadata": {"note": "\0"}},
        ENROLLMENT | {"role": "ext:\\u0000"},
    )
    assert page.rejected == [
        Rejected(None, "ControlCharacter"),
        Rejected(None, "MissingRole"),
        Rejected("e2", "ControlCharacter"),
    ]
    assert [getattr(record, "role", None) for record in page.records] == ["teacher", "ext:\\u0000"]


def test_the_page_less_its_first_row() -> None:
    org = Org(sourced_id="2")
    rejected = Rejected("1", "UnknownStatus")
    assert Decoded([org], [rejected], ["1", "2"], (0,)).without_first() == Decoded([org], [], ["2"])
    assert Decoded([org], [rejected], ["2", "1"], (1,)).without_first() == Decoded([], [rejected], ["1"], (0,))
    assert Decoded([org], [], ["2"]).without_first() == Decoded([], [], [])
    nameless = Rejected(None, "MissingSourcedId")
    assert Decoded([org], [nameless], [None, "2"], (0,)).without_first() == Decoded([org], [], ["2"])


def test_of_a_record_that_comes_twice_the_first_row_is_left_out_whether_it_is_rejected_or_not() -> None:
    good, bad = ORG, ORG | {"status": "pending"}
    rest = decoded(Collection.ORGS, bad, good).without_first()
    assert ([record.sourced_id for record in rest.records], rest.rejected) == (["s1"], [])
    rest = decoded(Collection.ORGS, good, bad, bad).without_first()
    assert (rest.records, rest.rejected) == ([], [Rejected("s1", "UnknownStatus")] * 2)
    assert (rest.without_first().rejected, rest.without_first().rejected_at) == (rest.rejected[1:], (0,))


def test_no_model_has_a_field_for_what_must_not_be_kept() -> None:
    models: tuple[Any, ...] = (Org, AcademicSession, Course, Class, User, Role, Enrollment)
    kept = {field.encode_name.lower() for model in models for field in msgspec.structs.fields(model)}
    private = {
        "password",
        "phone",
        "sms",
        "agents",
        "metadata",
        "demographics",
        "userprofiles",
        "birthdate",
        "sex",
    }
    assert kept.isdisjoint(private)
