"""What servers write in place of a value as specified, and what it is taken for."""

import datetime as dt
from typing import Any

import pytest

from oneroster_operator.oneroster import Collection, Org, Ref, Rejected
from oneroster_operator.oneroster.decode import decode_page
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
    one,
    rule,
)

TRUE = [True, "true", "TRUE", "True", "1", 1, "True "]
FALSE = [False, "false", "False", "FALSE", "0", 0]


@pytest.mark.parametrize("sent", [*TRUE, None, ""])
def test_spellings_of_true(sent: object) -> None:
    assert one(Collection.USERS, USER_V1P2 | {"enabledUser": sent}).enabled is True
    assert one(Collection.USERS, USER_V1P1 | {"enabledUser": sent}, "1.1").enabled is True


@pytest.mark.parametrize("sent", FALSE)
def test_spellings_of_false(sent: object) -> None:
    assert one(Collection.USERS, USER_V1P2 | {"enabledUser": sent}).enabled is False
    assert one(Collection.USERS, USER_V1P1 | {"enabledUser": sent}, "1.1").enabled is False


def test_an_enrollment_is_primary_where_it_says_so() -> None:
    assert all(one(Collection.ENROLLMENTS, ENROLLMENT | {"primary": sent}).primary is True for sent in TRUE)
    for sent in (*FALSE, None, ""):
        assert one(Collection.ENROLLMENTS, ENROLLMENT | {"primary": sent}).primary is False


def test_words_that_nothing_is_known_to_send_for_a_boolean_are_not_guessed_at() -> None:
    for sent in ("yes", "no", "Y", "t", "null", 2, -1):
        assert rule(Collection.USERS, USER_V1P2 | {"enabledUser": sent}) == "InvalidBoolean"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("active", "active"),
        ("Active", "active"),
        ("ACTIVE ", "active"),
        (None, "active"),
        ("", "active"),
        ("tobedeleted", "tobedeleted"),
        ("toBeDeleted", "tobedeleted"),
        ("to be deleted", "tobedeleted"),
        ("TO_BE_DELETED", "tobedeleted"),
        ("inactive", "tobedeleted"),
        ("Inactive", "tobedeleted"),
    ],
)
def test_spellings_of_status(sent: object, status: str) -> None:
    for collection, version, record in GOOD:
        assert one(collection, record | {"status": sent}, version).status == status


@pytest.mark.parametrize(
    ("sent", "date"),
    [
        ("2027-06-01", dt.date(2027, 6, 1)),
        ("2027-06-01T00:00:00.000Z", dt.date(2027, 6, 1)),
        ("2027-06-01T00:00:00-05:00", dt.date(2027, 6, 1)),
        ("2027-06-01 00:00:00", dt.date(2027, 6, 1)),
        ("20270601", dt.date(2027, 6, 1)),
        (20270601, dt.date(2027, 6, 1)),
        ("", None),
        (None, None),
        ("null", None),
        ("NULL", None),
        ("0001-01-01", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00.000Z", None),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-02", dt.date(1, 1, 2)),
    ],
)
@pytest.mark.parametrize("status", ["active", "Active"])
def test_spellings_of_a_date(sent: object, date: dt.date | None, status: str) -> None:
    """Whether or not its page can be decoded straight, which "null" does not prevent."""
    beside = {"status": status}
    for name, field in (("beginDate", "begin_date"), ("endDate", "end_date")):
        assert getattr(one(Collection.ENROLLMENTS, ENROLLMENT | beside | {name: sent}), field) == date
        role = USER_V1P2["roles"][0] | {name: sent}
        assert getattr(one(Collection.USERS, USER_V1P2 | beside | {"roles": [role]}).roles[0], field) == date
    for name, field in (("startDate", "start_date"), ("endDate", "end_date")):
        assert getattr(one(Collection.ACADEMIC_SESSIONS, ACADEMIC_SESSION | beside | {name: sent}), field) == date


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-08-01T12:00:00Z", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01T12:00:00", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01 12:00:00", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01T07:00:00.000-05:00", dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        ("2026-08-01T12:00:00.1234567Z", dt.datetime(2026, 8, 1, 12, 0, 0, 123457, tzinfo=dt.UTC)),
        ("2026-08-01", dt.datetime(2026, 8, 1, tzinfo=dt.UTC)),
        (1785585600, dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)),
        (1785585600000, None),
        ("", None),
        ("null", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_spellings_of_a_moment(sent: object, moment: dt.datetime | None) -> None:
    for collection, version, record in GOOD:
        assert one(collection, record | {"dateLastModified": sent}, version).date_last_modified == moment


ARRAYS_OF_TEXTS = [
    (Collection.COURSES, COURSE, "grades"),
    (Collection.COURSES, COURSE, "subjects"),
    (Collection.CLASSES, CLASS, "grades"),
    (Collection.CLASSES, CLASS, "subjects"),
    (Collection.CLASSES, CLASS, "periods"),
    (Collection.USERS, USER_V1P2, "grades"),
]


@pytest.mark.parametrize(("collection", "record", "name"), ARRAYS_OF_TEXTS)
def test_null_or_a_single_text_in_place_of_an_array(collection: Collection, record: Sent, name: str) -> None:
    def kept(sent: object) -> Any:
        return getattr(one(collection, record | {name: sent}), name)

    assert kept(None) == kept([]) == kept("") == kept([None, ""]) == ()
    assert kept("09") == kept(["09"]) == kept([None, "09"]) == ("09",)
    assert kept(9) == kept([9]) == ("9",)
    assert kept("Reading, Writing") == ("Reading, Writing",)


def test_null_or_a_single_object_in_place_of_an_array_of_references() -> None:
    def terms(sent: object) -> object:
        return one(Collection.CLASSES, CLASS | {"terms": sent}).term_sourced_ids

    assert terms(None) == terms([]) == terms([None]) == terms("") == terms({}) == ()
    assert (
        terms({"sourcedId": "t1"}) == terms(["t1"]) == terms("t1") == terms([{"sourcedId": "t1"}, None]) == ("t1",)
    )
    user = one(Collection.USERS, USER_V1P1 | {"orgs": {"sourcedId": "s1"}}, "1.1")
    assert [role.org_sourced_id for role in user.roles] == ["s1"]


REFERENCES: list[object] = [
    {"sourcedId": "7"},
    {"sourcedId": 7},
    {"sourcedId": "7", "type": "user", "href": "/ims/oneroster/v1p1/orgs/8"},
    {"sourcedId": "7", "type": None, "href": "~/ims/8"},
    {"sourcedId": "7", "type": 3, "href": {"url": "https://elsewhere.example/8"}},
    "7",
    7,
]


@pytest.mark.parametrize("sent", REFERENCES)
def test_of_a_reference_the_id_alone_is_read(sent: object) -> None:
    assert one(Collection.ORGS, ORG | {"parent": sent}).parent == Ref("7")
    assert one(Collection.COURSES, COURSE | {"org": sent, "schoolYear": sent}).school_year == Ref("7")
    assert one(Collection.CLASSES, CLASS | {"school": sent, "course": sent}).school == Ref("7")
    enrollment = one(Collection.ENROLLMENTS, ENROLLMENT | {"user": sent, "class": sent, "school": sent})
    assert enrollment.user == enrollment.class_ == enrollment.school == Ref("7")
    role = USER_V1P2["roles"][0] | {"org": sent}
    assert one(Collection.USERS, USER_V1P2 | {"roles": [role]}).roles[0].org == Ref("7")


@pytest.mark.parametrize("sent", [*REFERENCES, {"sourcedId": "7", "x": []}])
def test_a_single_reference_may_come_as_a_list_of_one(sent: object) -> None:
    assert one(Collection.ORGS, ORG | {"parent": [sent]}).parent == Ref("7")
    assert one(Collection.CLASSES, CLASS | {"school": [sent], "course": [sent]}).school == Ref("7")
    assert one(Collection.COURSES, COURSE | {"org": None, "orgSourcedId": [sent]}).org == Ref("7")
    enrollment = one(Collection.ENROLLMENTS, ENROLLMENT | {"user": [sent], "class": [sent]})
    assert enrollment.user == enrollment.class_ == Ref("7")
    assert rule(Collection.ORGS, ORG | {"parent": [sent, sent]}) == "UnexpectedType"


NO_REFERENCES: list[object] = [
    *(None, "", "null", "NULL", "Null", {}, {"sourcedId": None}, {"sourcedId": ""}),
    *([], [None], ["null"], [{}]),
]


@pytest.mark.parametrize("sent", NO_REFERENCES)
@pytest.mark.parametrize("status", ["active", "Active"])
def test_of_a_reference_without_id_nothing_is_left(sent: object, status: str) -> None:
    beside = {"status": status}
    assert one(Collection.ORGS, ORG | beside | {"parent": sent}).parent is None
    assert one(Collection.ENROLLMENTS, ENROLLMENT | beside | {"school": sent}).school is None
    assert one(Collection.CLASSES, CLASS | beside | {"terms": sent}).terms == ()


@pytest.mark.parametrize("sent", ["s+123", "a/b", "a|b", "a%2Fb", "a b", " a ", "7_1553", "FY", "é", "0", "null"])
def test_ids_are_kept_as_sent(sent: str) -> None:
    for collection, version, record in GOOD:
        assert one(collection, record | {"sourcedId": sent}, version).sourced_id == sent
    assert one(Collection.ORGS, ORG | {"parent": {"sourcedId": sent}}).parent_sourced_id == sent


def test_numbers_and_blanks_where_text_is_due() -> None:
    user = one(Collection.USERS, USER_V1P2 | {"sourcedId": 42, "identifier": 7, "email": "", "givenName": None})
    assert (user.sourced_id, user.identifier, user.email, user.given_name) == ("42", "7", None, "")
    session = one(Collection.ACADEMIC_SESSIONS, ACADEMIC_SESSION | {"schoolYear": 2027, "title": ""})
    assert (session.school_year, session.title) == ("2027", "")
    assert one(Collection.ORGS, ORG | {"identifier": None, "name": "null"}).name == "null"


def test_vocabulary_is_kept_as_it_came() -> None:
    for word in ("ext:coach", "officeStaff", "Student"):
        assert one(Collection.ENROLLMENTS, ENROLLMENT | {"role": word}).role == word
        assert one(Collection.USERS, USER_V1P1 | {"role": word}, "1.1").roles[0].role == word
        role = USER_V1P2["roles"][0] | {"role": word}
        assert one(Collection.USERS, USER_V1P2 | {"roles": [role]}).roles[0].role == word
    assert one(Collection.ORGS, ORG | {"type": "localAuthority"}).type == "localAuthority"
    assert one(Collection.CLASSES, CLASS | {"classType": "ext:advisory"}).class_type == "ext:advisory"
    assert one(Collection.ACADEMIC_SESSIONS, ACADEMIC_SESSION | {"type": "ext:week"}).type == "ext:week"


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
    page = decode_page(Collection.ORGS, "1.2", body, WHERE)
    assert page.records == [Org(sourced_id="1"), Org(sourced_id="2", name=name)]


def test_an_id_that_holds_half_a_character_is_none() -> None:
    """Or two records whose ids differ in no more than that would be one."""
    body = (
        rb'{"orgs":[{"sourcedId":"a\ud800"},{"sourcedId":"a\ud801"},{"sourcedId":"\ud83d\ude00"},'
        rb'{"sourcedId":"b\ufffd","parent":{"sourcedId":"a\ud800"}},{"sourcedId":"c","parent":"a\ud800"},'
        rb'{"sourcedId":"d","status":"\ud800"},{"sourcedId":"e\ud800","status":"x"},7]}'
    )
    page = decode_page(Collection.ORGS, "1.2", body, WHERE)
    assert page.records == [Org(sourced_id="\U0001f600"), Org(sourced_id="b\ufffd"), Org(sourced_id="c")]
    assert page.rejected == [
        Rejected(None, "MissingSourcedId"),
        Rejected(None, "MissingSourcedId"),
        Rejected("d", "UnknownStatus"),
        Rejected(None, "MissingSourcedId"),
        Rejected(None, "UnexpectedType"),
    ]


def test_bare_control_characters_are_read_as_if_they_were_escaped() -> None:
    around = b'\r\n{"orgs":\t[\n{"sourcedId":"1"},{"sourcedId":"2\t","name":"%s",\n"metadata":"\x1f\\""}]}'
    for sent, name in (
        (b"a\tb", "a\tb"),
        (b"a\r\nb", "a\r\nb"),
        (b"\x01\x1f", "\x01\x1f"),
        (b'\\"\t\\\\', '"\t\\'),
        (b"\\\\\\ud83d\n", "\\\ufffd\n"),
    ):
        page = decode_page(Collection.ORGS, "1.2", around % sent, WHERE)
        assert page.records == [Org(sourced_id="1"), Org(sourced_id="2\t", name=name)]
        assert page == decode_page(Collection.ORGS, "1.2", bytearray(around % sent), WHERE)


def test_a_bare_nul_costs_its_record_only() -> None:
    body = b'{"orgs":[{"sourcedId":"1"},{"sourcedId":"2","name":"a\0"},{"sourcedId":"3\0"}]}'
    page = decode_page(Collection.ORGS, "1.2", body, WHERE)
    assert page.records == [Org(sourced_id="1")]
    assert page.rejected == [Rejected("2", "ControlCharacter"), Rejected(None, "ControlCharacter")]
