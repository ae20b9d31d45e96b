"""What servers send in place of what is specified, and what becomes of it."""

import datetime as dt
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneroster_operator.oneroster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Malformed,
    Org,
    Record,
    Ref,
    Rejected,
    Role,
    User,
    Version,
)
from oneroster_operator.oneroster.decode import Decoded, decode_page

ENROLLMENT: dict[str, Any] = {
    "sourcedId": "e1",
    "status": "active",
    "dateLastModified": "2026-08-01T12:00:00.000Z",
    "user": {"href": "https://sis.example/users/u1", "sourcedId": "u1", "type": "user"},
    "class": {"href": "https://sis.example/classes/c1", "sourcedId": "c1", "type": "class"},
    "school": {"href": "https://sis.example/orgs/s1", "sourcedId": "s1", "type": "org"},
    "role": "teacher",
    "primary": "true",
    "beginDate": "2026-08-15",
    "endDate": "2027-06-01",
}
USER_V1P2: dict[str, Any] = {
    "sourcedId": "u1",
    "status": "active",
    "dateLastModified": "2026-08-01T12:00:00.000Z",
    "enabledUser": "true",
    "username": "ada",
    "givenName": "Ada",
    "familyName": "Byron",
    "roles": [{"roleType": "primary", "role": "student", "org": {"sourcedId": "s1"}, "beginDate": "2026-08-15"}],
    "grades": ["09"],
}
USER_V1P1: dict[str, Any] = {
    "sourcedId": "u1",
    "enabledUser": True,
    "role": "administrator",
    "orgs": [{"sourcedId": "d1"}, {"sourcedId": "s1"}],
}


def decoded(collection: Collection, *records: object, version: Version = "1.2") -> Decoded:
    body = json.dumps({collection.value: records, "statusInfoSet": [{"imsx_severity": "warning"}]}).encode()
    return decode_page(collection, version, body, "sis.example/v1p2")


def one(collection: Collection, record: dict[str, Any], version: Version = "1.2") -> Any:
    page = decoded(collection, record, version=version)
    assert page.rejected == []
    return page.records[0]


def rule(collection: Collection, record: dict[str, Any], version: Version = "1.2") -> str:
    page = decoded(collection, record, version=version)
    assert page.records == []
    return page.rejected[0].rule


def test_an_enrollment_as_specified() -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT) == Enrollment(
        sourced_id="e1",
        date_last_modified=dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC),
        user=Ref("u1"),
        class_=Ref("c1"),
        school=Ref("s1"),
        role="teacher",
        primary=True,
        begin_date=dt.date(2026, 8, 15),
        end_date=dt.date(2027, 6, 1),
    )


def test_a_user_of_1_2() -> None:
    user = one(Collection.USERS, USER_V1P2)
    assert user.roles == (
        Role(role="student", org=Ref("s1"), role_type="primary", begin_date=dt.date(2026, 8, 15)),
    )
    assert (user.enabled, user.username, user.email, user.grades) == (True, "ada", None, ("09",))


def test_a_user_of_1_1_holds_the_one_role_in_each_org() -> None:
    user = one(Collection.USERS, USER_V1P1, version="1.1")
    assert user.roles == (
        Role(role="administrator", org=Ref("d1")),
        Role(role="administrator", org=Ref("s1")),
    )


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_other_collections(version: Version) -> None:
    org = {"sourcedId": "0", "name": "Springfield", "type": "district", "identifier": None, "parent": None}
    assert one(Collection.ORGS, org, version) == Org(sourced_id="0", name="Springfield", type="district")
    session = {
        "sourcedId": "t1",
        "title": "Fall",
        "type": "term",
        "startDate": "2026-08-15",
        "endDate": "2026-12-20",
        "schoolYear": 2027,
        "parent": {"sourcedId": "y1"},
    }
    assert one(Collection.ACADEMIC_SESSIONS, session, version) == AcademicSession(
        sourced_id="t1",
        title="Fall",
        type="term",
        start_date=dt.date(2026, 8, 15),
        end_date=dt.date(2026, 12, 20),
        school_year="2027",
        parent=Ref("y1"),
    )
    course = {
        "sourcedId": "k1",
        "title": "Algebra",
        "courseCode": "A1",
        "orgs": {"sourcedId": "0"},
        "subjects": "Maths",
    }
    assert one(Collection.COURSES, course, version) == Course(
        sourced_id="k1", title="Algebra", course_code="A1", org=Ref("0"), subjects=("Maths",)
    )
    class_ = {
        "sourcedId": "c1",
        "title": "",
        "course": {"sourcedId": "k1"},
        "school": {"sourcedId": "s1"},
        "terms": {"sourcedId": "t1"},
        "periods": "3",
    }
    assert one(Collection.CLASSES, class_, version) == Class(
        sourced_id="c1", course=Ref("k1"), school=Ref("s1"), terms=(Ref("t1"),), periods=("3",)
    )


def test_the_org_of_a_course_may_come_as_orgs() -> None:
    course = one(Collection.COURSES, {"sourcedId": "k1", "subjects": None, "orgs": [{"sourcedId": "d1"}]})
    assert course.org_sourced_id == "d1"


@pytest.mark.parametrize("sent", [True, "true", "TRUE", "1", 1, None, "", "True "])
def test_spellings_of_true(sent: object) -> None:
    assert one(Collection.USERS, USER_V1P2 | {"enabledUser": sent}).enabled is True


@pytest.mark.parametrize("sent", [False, "false", "False", "0", 0])
def test_spellings_of_false(sent: object) -> None:
    assert one(Collection.USERS, USER_V1P2 | {"enabledUser": sent}).enabled is False


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("active", "active"),
        ("Active", "active"),
        (None, "active"),
        ("", "active"),
        ("tobedeleted", "tobedeleted"),
        ("toBeDeleted", "tobedeleted"),
        ("to be deleted", "tobedeleted"),
        ("inactive", "tobedeleted"),
    ],
)
def test_spellings_of_status(sent: object, status: str) -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT | {"status": sent}).status == status


@pytest.mark.parametrize(
    ("sent", "date"),
    [
        ("2027-06-01", dt.date(2027, 6, 1)),
        ("2027-06-01T00:00:00.000Z", dt.date(2027, 6, 1)),
        ("", None),
        (None, None),
        ("null", None),
    ],
)
def test_spellings_of_a_date(sent: object, date: dt.date | None) -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT | {"endDate": sent}).end_date == date


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-08-01T12:00:00Z", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01T12:00:00", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01", dt.datetime(2026, 8, 1, tzinfo=dt.UTC)),
        ("", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_spellings_of_a_moment(sent: object, moment: dt.datetime | None) -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT | {"dateLastModified": sent}).date_last_modified == moment


def test_numbers_nulls_and_single_objects_are_taken_for_what_they_mean() -> None:
    user = one(
        Collection.USERS,
        USER_V1P2
        | {
            "sourcedId": 42,
            "grades": 9,
            "identifier": 7,
            "email": "",
            "roles": USER_V1P2["roles"][0],
            "givenName": None,
        },
    )
    assert (user.sourced_id, user.grades, user.identifier, user.email) == ("42", ("9",), "7", None)
    assert (len(user.roles), user.given_name) == (1, "")
    assert one(Collection.USERS, USER_V1P2 | {"grades": None}).grades == ()
    assert one(Collection.USERS, USER_V1P2 | {"grades": [None, "", "10"]}).grades == ("10",)


def test_references_may_come_as_bare_ids() -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT | {"user": "u9", "school": None}).user_sourced_id == "u9"


def test_vocabulary_is_kept_as_it_came() -> None:
    assert one(Collection.ENROLLMENTS, ENROLLMENT | {"role": "ext:coach"}).role == "ext:coach"
    assert one(Collection.ORGS, {"sourcedId": "o", "type": "campus"}).type == "campus"


@pytest.mark.parametrize(
    ("collection", "record", "version", "expected"),
    [
        (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": ""}, "1.2", "MissingSourcedId"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": None}, "1.2", "MissingSourcedId"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"status": "pending"}, "1.2", "UnknownStatus"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"user": None}, "1.2", "MissingUser"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"class": {}}, "1.2", "MissingClass"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"role": ""}, "1.2", "MissingRole"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"endDate": "June 1st"}, "1.2", "InvalidDate"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"user": [1]}, "1.2", "UnexpectedType"),
        (Collection.ENROLLMENTS, ENROLLMENT | {"role": "stu\0dent"}, "1.2", "ControlCharacter"),
        (Collection.CLASSES, {"sourcedId": "c1"}, "1.2", "MissingSchool"),
        (Collection.USERS, USER_V1P2 | {"roles": []}, "1.2", "MissingRole"),
        (Collection.USERS, USER_V1P2 | {"roles": [{"role": "student"}]}, "1.2", "MissingOrg"),
        (Collection.USERS, USER_V1P1, "1.2", "MissingRole"),
        (Collection.USERS, USER_V1P2, "1.1", "MissingRole"),
        (Collection.USERS, USER_V1P1 | {"orgs": []}, "1.1", "MissingOrg"),
        (Collection.USERS, USER_V1P1 | {"enabledUser": "perhaps"}, "1.1", "InvalidBoolean"),
    ],
)
def test_what_cannot_be_used_is_rejected_by_a_rule(
    collection: Collection, record: dict[str, Any], version: Version, expected: str
) -> None:
    assert rule(collection, record, version) == expected


def test_a_bad_record_costs_itself_and_keeps_its_place() -> None:
    bad = ENROLLMENT | {"sourcedId": "e2", "beginDate": {"day": 1}}
    page = decoded(Collection.ENROLLMENTS, ENROLLMENT, bad, 7, ENROLLMENT | {"sourcedId": "e3"})
    assert [record.sourced_id for record in page.records] == ["e1", "e3"]
    assert page.rejected == [Rejected("e2", "UnexpectedType"), Rejected(None, "UnexpectedType")]
    assert page.sourced_ids == ["e1", "e2", None, "e3"]


def test_bytes_that_are_no_text_cost_their_record_only() -> None:
    good = json.dumps(ENROLLMENT).encode()
    bad = good.replace(b"teacher", b"te\xffcher").replace(b'"e1"', b'"e2"')
    body = b'{"enrollments":[' + good + b"," + bad + b"]}"
    page = decode_page(Collection.ENROLLMENTS, "1.2", body, "sis.example")
    assert [record.sourced_id for record in page.records] == ["e1"]
    assert page.rejected == [Rejected("e2", "UnexpectedType")]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"\uDE00 and \uD83D", "\ufffd and \ufffd"),
        (rb"\ud83d\ude00 and \ud83d", "\U0001f600 and \ufffd"),
        (rb"\\ud83d and \ude00", "\\ud83d and \ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
    ],
)
def test_half_a_character_costs_nothing_but_itself(sent: bytes, name: str) -> None:
    body = b'{"orgs":[{"sourcedId":"1"},{"sourcedId":"2","name":"' + sent + b'"}]}'
    page = decode_page(Collection.ORGS, "1.2", body, "sis.example")
    assert page.records == [Org(sourced_id="1"), Org(sourced_id="2", name=name)]


def test_no_text_that_postgresql_cannot_store_gets_through() -> None:
    page = decoded(
        Collection.ENROLLMENTS, ENROLLMENT | {"sourcedId": "e\0"}, ENROLLMENT | {"metadata": {"note": "\0"}}
    )
    assert page.rejected == [Rejected(None, "ControlCharacter")]
    assert [record.sourced_id for record in page.records] == ["e1"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "UnexpectedShape"),
        (b'{"enrollments": null}', "UnexpectedShape"),
        (b'{"enrollments": {}}', "UnexpectedShape"),
        (b'{"users": []}', "UnexpectedShape"),
        (b'{"statusInfoSet": [{"imsx_codeMajor": "failure"}]}', "UnexpectedShape"),
        (b"[]", "UnexpectedShape"),
        (b"null", "UnexpectedShape"),
        (b"", "InvalidJSON"),
        (b'{"enrollments": [{"sourcedId": "e1"', "InvalidJSON"),
    ],
)
def test_a_200_without_the_collection_is_an_error_and_never_empty(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as malformed:
        decode_page(Collection.ENROLLMENTS, "1.2", body, "sis.example/enrollments")
    assert malformed.value.reason == reason
    assert malformed.value.__context__ is None


def test_json_that_nests_without_end_is_refused_and_does_no_harm() -> None:
    deep = b"[" * 100_000
    with pytest.raises(Malformed):
        decode_page(Collection.ENROLLMENTS, "1.2", b'{"enrollments": ' + deep, "sis.example")


def test_no_model_has_a_field_for_what_must_not_be_kept() -> None:
    kept = {
        field.encode_name.lower()
        for model in (Org, AcademicSession, Course, Class, User, Role, Enrollment)
        for field in msgspec.structs.fields(model)
    }
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


# Straight decoding and normalising must agree, or a page's other records would decide what becomes of a record.

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
optional_texts = st.one_of(st.none(), texts)
references = st.one_of(st.none(), st.builds(lambda i: {"sourcedId": i, "href": "x"}, texts))
dates = st.one_of(st.none(), st.just(""), st.dates(dt.date(1900, 1, 1)).map(dt.date.isoformat))
moments = st.one_of(
    st.none(),
    st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.isoformat(timespec="milliseconds")),
)
flags = st.sampled_from([None, True, False, "true", "false", "TRUE", "0", "1", 0, 1])
base = {"sourcedId": texts, "status": st.sampled_from(["active", "tobedeleted"]), "dateLastModified": moments}


def shaped(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=base | optional)


roles = st.fixed_dictionaries(
    {},
    optional={"role": texts, "org": references, "roleType": optional_texts, "beginDate": dates, "endDate": dates},
)
reference_lists = st.one_of(st.none(), references, st.lists(references, max_size=2))
text_lists = st.one_of(st.none(), st.lists(texts, max_size=2))
records = {
    Collection.ACADEMIC_SESSIONS: shaped(
        title=texts, startDate=dates, schoolYear=optional_texts, parent=references
    ),
    Collection.COURSES: shaped(title=texts, org=references, orgs=reference_lists, schoolYear=references),
    Collection.CLASSES: shaped(
        title=texts,
        school=references,
        course=references,
        terms=reference_lists,
        periods=text_lists,
        grades=text_lists,
    ),
    Collection.ORGS: shaped(name=optional_texts, type=texts, identifier=optional_texts, parent=references),
    Collection.ENROLLMENTS: shaped(
        **{"class": references},
        user=references,
        school=references,
        role=texts,
        primary=flags,
        beginDate=dates,
        endDate=dates,
    ),
    Collection.USERS: shaped(
        enabledUser=flags,
        username=optional_texts,
        givenName=texts,
        email=optional_texts,
        grades=text_lists,
        roles=st.one_of(st.none(), st.lists(roles, max_size=2)),
    ),
}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(records)).flatmap(lambda c: st.tuples(st.just(c), records[c])))
def test_a_record_becomes_the_same_whatever_comes_with_it(drawn: tuple[Collection, dict[str, Any]]) -> None:
    collection, record = drawn
    alone = decoded(collection, record)
    spoilt = decoded(collection, record, 7)
    assert spoilt.records == alone.records
    assert spoilt.rejected == [*alone.rejected, Rejected(None, "UnexpectedType")]
    assert all(isinstance(kept, Record) for kept in alone.records)
