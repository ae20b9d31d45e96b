"""What stands around the records: where they are looked for, and when a 200 is an error and not an empty page."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from oneroster_operator.oneroster import Collection, Malformed
from oneroster_operator.oneroster.decode import Decoded, decode_page
from oneroster_operator.oneroster.envelope import raw_records
from oneroster_operator.oneroster.status_info import reported_failure
from tests.oneroster.pages import ENROLLMENT, GOOD, WHERE, Sent

GOOD_V1P2 = {collection: record for collection, version, record in GOOD if version == "1.2"}
OTHER_NAMES = [
    (Collection.ORGS, "schools"),
    (Collection.ORGS, "org"),
    (Collection.ORGS, "school"),
    (Collection.ACADEMIC_SESSIONS, "terms"),
    (Collection.ACADEMIC_SESSIONS, "gradingPeriods"),
    (Collection.ACADEMIC_SESSIONS, "academicSession"),
    (Collection.ACADEMIC_SESSIONS, "term"),
    (Collection.ACADEMIC_SESSIONS, "gradingPeriod"),
    (Collection.COURSES, "course"),
    (Collection.CLASSES, "class"),
    (Collection.USERS, "students"),
    (Collection.USERS, "teachers"),
    (Collection.USERS, "user"),
    (Collection.USERS, "student"),
    (Collection.USERS, "teacher"),
    (Collection.ENROLLMENTS, "enrollment"),
]
SUCCESS = {"imsx_codeMajor": "success", "imsx_severity": "warning", "imsx_codeMinor": "invalid_sort_field"}
FAILURE = {"imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_codeMinor": "server_busy"}


def ids(collection: Collection, sent: object, prefix: bytes = b"") -> list[str | None]:
    page = decode_page(collection, "1.2", prefix + json.dumps(sent).encode(), WHERE)
    assert page.rejected == []
    return page.sourced_ids


def refusal(collection: Collection, sent: object) -> str:
    with pytest.raises(Malformed) as malformed:
        decode_page(collection, "1.2", json.dumps(sent).encode(), WHERE)
    assert (malformed.value.reason, malformed.value.__context__) == ("UnexpectedShape", None)
    return malformed.value.message


def two(collection: Collection) -> list[Sent]:
    return [GOOD_V1P2[collection] | {"sourcedId": sourced_id} for sourced_id in ("a", "b")]


@pytest.mark.parametrize(("collection", "name"), OTHER_NAMES)
def test_records_under_the_endpoints_own_name_or_a_single_ones(collection: Collection, name: str) -> None:
    assert ids(collection, {name: two(collection), "statusInfoSet": [SUCCESS]}) == ["a", "b"]
    assert ids(collection, {name: two(collection), collection.value: None}) == ["a", "b"]
    assert ids(collection, {name: two(collection)[0]}) == ["a"]
    assert ids(collection, {name: []}) == []
    assert ids(collection, {collection.value: two(collection), name: [{"sourcedId": "c"}]}) == ["a", "b"]


@pytest.mark.parametrize("collection", list(Collection))
def test_an_array_without_envelope_and_a_single_record(collection: Collection) -> None:
    assert ids(collection, two(collection)) == ["a", "b"]
    assert ids(collection, two(collection), b"\r\n ") == ["a", "b"]
    assert ids(collection, two(collection), b"\xef\xbb\xbf") == ["a", "b"]
    assert ids(collection, {collection.value: two(collection)}, b"\xef\xbb\xbf") == ["a", "b"]
    assert ids(collection, {collection.value: two(collection)[0]}) == ["a"]
    assert ids(collection, {collection.value: two(collection)[0] | {"sourcedId": 0}}) == ["0"]


@pytest.mark.parametrize("collection", list(Collection))
def test_an_empty_array_is_an_empty_page(collection: Collection) -> None:
    assert ids(collection, {collection.value: []}) == []
    assert ids(collection, {collection.value: [], "statusInfoSet": [SUCCESS]}) == []
    assert ids(collection, []) == []


NO_ARRAYS: list[Any] = [
    {},
    None,
    7,
    "enrollments",
    {"enrollments": None},
    {"enrollments": {}},
    {"enrollments": "e1"},
    {"enrollments": 0},
    {"enrollments": {"e1": ENROLLMENT}},
    {"enrollments": {"href": "https://sis.example/enrollments"}},
    {"enrollments": None, "users": [ENROLLMENT]},
    {"users": []},
    {"data": [ENROLLMENT]},
    {"records": [ENROLLMENT], "count": 1},
    {"Enrollments": [ENROLLMENT]},
    {"statusInfoSet": [SUCCESS]},
    {"enrollment": {}},
    {"data": {"enrollments": [ENROLLMENT]}},
    ENROLLMENT,
]


@pytest.mark.parametrize("sent", NO_ARRAYS)
def test_a_200_without_the_collection_is_an_error_and_never_empty(sent: object) -> None:
    assert refusal(Collection.ENROLLMENTS, sent) == (
        f"{WHERE} sends no array 'enrollments', as OneRoster has it: check the endpoint URL, and its provider."
    )


def test_of_several_other_names_none_is_guessed() -> None:
    refusal(Collection.USERS, {"students": two(Collection.USERS), "teachers": two(Collection.USERS)})
    refusal(Collection.ORGS, {"schools": two(Collection.ORGS), "org": two(Collection.ORGS)[0]})


def test_the_references_of_a_record_are_not_taken_for_the_collection() -> None:
    refusal(Collection.ORGS, GOOD_V1P2[Collection.CLASSES])
    refusal(Collection.ACADEMIC_SESSIONS, GOOD_V1P2[Collection.CLASSES])
    refusal(Collection.USERS, ENROLLMENT)


@pytest.mark.parametrize(
    "body", [b"", b" ", b'{"enrollments": [{"sourcedId": "e1"', b"[{}", b"[] []", b"\xff", b"{'a': 1}"]
)
def test_json_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        decode_page(Collection.ENROLLMENTS, "1.2", body, WHERE)
    assert (malformed.value.reason, malformed.value.__context__) == ("InvalidJSON", None)


@pytest.mark.parametrize("beside", [{}, {"enrollments": []}, {"enrollments": None}, {"enrollment": []}])
@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({"statusInfoSet": [FAILURE]}, "server_busy"),
        ({"statusInfoSet": [SUCCESS, FAILURE]}, "server_busy"),
        ({"statusInfoSet": FAILURE}, "server_busy"),
        ({"imsx_statusInfo": FAILURE}, "server_busy"),
        (FAILURE, "server_busy"),
        (FAILURE | {"imsx_codeMinor": "invalid_data"}, "invaliddata"),
        (FAILURE | {"imsx_codeMinor": "Unauthorised Request"}, "unauthorisedrequest"),
        (
            {
                "imsx_codeMajor": "Unsupported",
                "imsx_CodeMinor": {"imsx_codeMinorField": [{"imsx_codeMinorFieldValue": "forbidden"}]},
            },
            "forbidden",
        ),
        (
            {
                "imsx_codeMajor": "failure",
                "imsx_CodeMinor": {"imsx_codeMinorField": {"imsx_codeMinorFieldValue": "unknownobject"}},
            },
            "unknownobject",
        ),
    ],
)
def test_a_failure_without_data_is_named_by_the_specifications_word(report: Sent, code: str, beside: Sent) -> None:
    assert refusal(Collection.ENROLLMENTS, report | beside) == (
        f"{WHERE} answers 200 and reports a failure ({code}): its provider should look at it."
    )


@pytest.mark.parametrize(
    "report",
    [
        {"imsx_codeMajor": "failure", "imsx_codeMinor": "the password of ada is wrong"},
        {"imsx_codeMajor": "failure", "imsx_description": "server_busy"},
        {"imsx_codeMajor": "failure", "imsx_CodeMinor": {}},
        {"imsx_codeMajor": "failure", "imsx_severity": 3},
        {"imsx_codeMajor": "processing", "imsx_severity": "status"},
        {"imsx_severity": "error"},
        {"imsx_codeMajor": "failure", "imsx_CodeMinor": {"imsx_codeMinorField": None}},
    ],
)
def test_free_text_of_a_failure_is_not_repeated(report: Sent) -> None:
    assert refusal(Collection.ENROLLMENTS, {"statusInfoSet": [report]}) == (
        f"{WHERE} answers 200 and reports a failure: its provider should look at it."
    )


def test_data_beside_a_failure_is_taken() -> None:
    assert ids(Collection.ENROLLMENTS, {"enrollments": [ENROLLMENT], "statusInfoSet": [FAILURE]}) == ["e1"]
    assert ids(Collection.ENROLLMENTS, {"enrollment": ENROLLMENT, "statusInfoSet": [FAILURE]}) == ["e1"]


@pytest.mark.parametrize(
    "report",
    [
        {},
        SUCCESS,
        SUCCESS | {"imsx_severity": "error"},
        {"imsx_codeMajor": 7},
        {"statusInfoSet": "failure"},
        [FAILURE],
        None,
    ],
)
def test_what_reports_no_failure(report: object) -> None:
    assert reported_failure(json.dumps(report).encode()) is None


@pytest.mark.parametrize("beside", [[ENROLLMENT], ENROLLMENT])
def test_that_there_is_nothing_is_not_believed_beside_records_under_another_name(beside: object) -> None:
    message = refusal(Collection.ENROLLMENTS, {"enrollments": [], "enrollment": beside})
    assert "no array 'enrollments'" in message


def test_records_can_be_had_undecoded() -> None:
    body = json.dumps({"students": two(Collection.USERS)}).encode()
    assert [json.loads(bytes(raw))["sourcedId"] for raw in raw_records(body, "users", WHERE)] == ["a", "b"]


NESTED = [
    b'{"enrollments": %s}',
    b"%s",
    b'{"metadata": %s, "enrollments": []}',
    b'{"enrollments": [{"sourcedId": "e1", "metadata": {"ext": %s}}]}',
    b'{"enrollments": [{"sourcedId": "e1", "user": %s}]}',
    b'{"enrollments": [{"sourcedId": %s}]}',
    b'{"statusInfoSet": %s}',
]


@pytest.mark.parametrize("around", NESTED)
@pytest.mark.parametrize(
    "nested", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000]
)
def test_json_that_nests_without_end_is_refused_and_does_no_harm(around: bytes, nested: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        decode_page(Collection.ENROLLMENTS, "1.2", around % nested, WHERE)
    assert (malformed.value.reason, malformed.value.__context__) == ("InvalidJSON", None)


def test_metadata_may_nest_as_deep_as_anything_that_is_meant_to_be_read() -> None:
    record = json.dumps(ENROLLMENT).encode()[:-1] + b', "metadata": ' + b"[" * 200 + b"]" * 200 + b"}"
    assert decode_page(Collection.ENROLLMENTS, "1.2", b'{"enrollments":[' + record + b"]}", WHERE).sourced_ids == [
        "e1"
    ]


def ones(rows: int) -> bytes:
    return b'{"orgs":[' + b"1," * (rows - 1) + b"1]}"


def orgs(rows: int) -> bytes:
    return b'{"orgs":[' + b'{"sourcedId":"a"},' * (rows - 1) + b'{"sourcedId":"a"}]}'


def too_large(read: Callable[[bytes], object], body: bytes) -> str:
    with pytest.raises(Malformed) as malformed:
        read(body)
    assert (malformed.value.reason, malformed.value.__context__) == ("ResponseTooLarge", None)
    return malformed.value.message


def page(body: bytes) -> Decoded:
    return decode_page(Collection.ORGS, "1.2", body, WHERE)


def undecoded(body: bytes) -> list[msgspec.Raw]:
    return raw_records(body, "orgs", WHERE)


@pytest.mark.parametrize("read", [page, undecoded])
@pytest.mark.parametrize("body", [ones(100_001), orgs(100_001)])
def test_a_page_of_too_many_records_is_refused_for_a_smaller_one(
    read: Callable[[bytes], object], body: bytes
) -> None:
    assert too_large(read, body) == (f"{WHERE} sends more than 100,000 records at once: ask for smaller pages.")


def test_a_page_may_have_as_many_records_as_the_bound_says() -> None:
    assert len(page(orgs(100_000)).records) == 100_000
    assert len(undecoded(ones(100_000))) == 100_000


VALUES = [
    ones(2_100_000),
    b'{"users":[{"sourcedId":"a","role":"student","orgs":[' + b"1," * 2_100_000 + b"1]}]}",
    b'{"orgs":[{"sourcedId":"a","metadata":[' + b"1," * 2_100_000 + b"1]}]}",
    b'{"orgs":[{"sourcedId":"a","metadata":[' + b'{"a":1},' * 500_000 + b"1]}]}",
    orgs(510_000),
]


@pytest.mark.parametrize("read", [page, undecoded])
@pytest.mark.parametrize("body", VALUES)
def test_a_page_of_too_many_values_is_refused_before_any_is_built(
    read: Callable[[bytes], object], body: bytes
) -> None:
    tracemalloc.start()
    try:
        assert too_large(read, body) == (
            f"{WHERE} sends more than 2,000,000 values or 500,000 objects at once: ask for smaller pages."
        )
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_large_page_of_a_few_values_is_taken() -> None:
    body = b'{"orgs":[{"sourcedId":"a","metadata":"' + b"x" * (5 << 20) + b'"}]}'
    assert page(body).sourced_ids == ["a"]


def test_a_page_is_mended_only_where_that_does_not_take_long() -> None:
    spoilt = b'{"orgs":[{"sourcedId":"a","metadata":"\t%s"}]}'
    assert page(spoilt % (b"x" * (3 << 20))).sourced_ids == ["a"]
    assert too_large(page, spoilt % (b"x" * (4 << 20))) == (
        f"{WHERE} sends JSON that cannot be read, and too much to be mended: ask for smaller pages."
    )


def test_a_text_without_end_is_looked_at_once() -> None:
    with pytest.raises(Malformed) as malformed:
        page(b'{"orgs":["' + rb"\"" * 1_000_000)
    assert malformed.value.reason == "InvalidJSON"


def test_a_body_may_be_a_bytearray() -> None:
    for prefix, name in ((b"", b"Lincoln"), (b"\xef\xbb\xbf", b"\\ud83d"), (b"", b"\\u0000")):
        body = prefix + b'{"orgs":[{"sourcedId":"1","name":"' + name + b'"}]}'
        assert decode_page(Collection.ORGS, "1.2", bytearray(body), WHERE) == decode_page(
            Collection.ORGS, "1.2", body, WHERE
        )
