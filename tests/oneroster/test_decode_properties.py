"""Whatever a server sends, a page is decoded row by row or refused: no row is lost, and none costs another."""

import copy
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneroster_operator.oneroster import Collection, Malformed, Record, Rejected, Version
from oneroster_operator.oneroster.decode import Decoded, decode_page
from tests.oneroster.pages import GOOD, WHERE, Sent, decoded

Path = tuple[str | int, ...]
Case = tuple[Collection, Version, Sent]

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.5, 1e300, 10**30, 1785585600),
    *("", " ", "null", "x", "true", "\0", "\\u0000", "\ud83d", "a,b", "x" * 256, "x" * 1001, "\U0001f600" * 300),
    *("2026-08-15", "2026-08-15T00:00:00Z", "2026-08-15T00:00:00.1234567Z", "20260815", "0000-00-00", "1e9"),
    *([], {}, [None], [[]], [{}], [""], ["a", 1], [["a"]], [{"sourcedId": "r"}], [{"sourcedId": ["r"]}]),
    *({"sourcedId": "r"}, {"sourcedId": None}, {"sourcedId": {}}, {"role": "student", "org": "s1"}, {"x": "y"}),
]
NAMES = [
    *("sourcedId", "status", "dateLastModified", "role", "roles", "org", "orgs", "school", "parent", "metadata"),
    *("parentSourcedId", "orgSourcedId", "orgSourcedIds", "schoolSourcedId", "courseSourcedId", "termSourcedIds"),
    *("userSourcedId", "classSourcedId", "schoolYearSourcedId"),
]


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Where there is a value, from the whole inwards."""
    yield path
    entries: Any = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, inner in entries:
        yield from paths(inner, (*path, key))


def replaced(value: Any, path: Path, odd: object) -> Any:
    if not path:
        return odd
    outer = copy.deepcopy(value)
    inner = outer
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return outer


def decoded_or_refused(collection: Collection, version: Version, body: bytes) -> Decoded | Malformed:
    try:
        return decode_page(collection, version, body, WHERE)
    except Malformed as malformed:
        return malformed


def assert_whole(page: Decoded, rows: int) -> None:
    assert len(page.sourced_ids) == rows == len(page.records) + len(page.rejected)
    kept = [*(record.sourced_id for record in page.records), *(rejected.sourced_id for rejected in page.rejected)]
    assert Counter(kept) == Counter(page.sourced_ids)
    assert all(isinstance(record, Record) for record in page.records)


@pytest.mark.parametrize(("collection", "version", "record"), GOOD)
def test_every_value_may_be_odd_and_costs_its_own_record_at_most(
    collection: Collection, version: Version, record: Sent
) -> None:
    before, after = record | {"sourcedId": "before"}, record | {"sourcedId": "after"}
    neighbours = decoded(collection, before, after, version=version).records
    assert len(neighbours) == 2
    spoilt = [replaced(record, path, odd) for path in paths(record) for odd in ODD]
    spoilt += [record | {name: odd} for name in NAMES for odd in ODD]
    rejected = 0
    for odd_record in spoilt:
        page = decoded(collection, before, odd_record, after, version=version)
        assert_whole(page, 3)
        assert [page.records[0], page.records[-1]] == neighbours
        rejected += len(page.rejected)
    assert len(spoilt) / 10 < rejected < len(spoilt)


odd_values = st.recursive(
    st.one_of(
        st.sampled_from(ODD), st.text(max_size=3), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*NAMES, "other"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def odd_records(draw: st.DrawFn, good: Sent) -> Any:
    record: Any = good
    for _ in range(draw(st.integers(0, 4))):
        where = draw(st.sampled_from(list(paths(record))))
        record = replaced(record, where, draw(odd_values))
    if isinstance(record, dict) and draw(st.booleans()):
        record = record | draw(st.dictionaries(st.sampled_from(NAMES), odd_values, max_size=3))
    if isinstance(record, dict) and record and draw(st.booleans()):
        record = {name: record[name] for name in draw(st.lists(st.sampled_from(list(record)), unique=True))}
    return record


@st.composite
def odd_pages(draw: st.DrawFn) -> tuple[Collection, Version, list[Any]]:
    collection, version, good = draw(st.sampled_from(GOOD))
    return collection, version, draw(st.lists(odd_records(good), min_size=1, max_size=4))


@settings(max_examples=500, deadline=None)
@given(odd_pages())
def test_a_page_of_odd_records_loses_no_row(drawn: tuple[Collection, Version, list[Any]]) -> None:
    collection, version, sent = drawn
    page = decoded(collection, *sent, version=version)
    assert_whole(page, len(sent))
    alone = [decoded(collection, record, version=version) for record in sent]
    assert page.records == [record for one in alone for record in one.records]
    assert page.rejected == [rejected for one in alone for rejected in one.rejected]
    assert page.sourced_ids == [sourced_id for one in alone for sourced_id in one.sourced_ids]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 20), st.binary(max_size=4)), max_size=3),
)
def test_a_body_that_was_damaged_is_decoded_or_refused(case: Case, cuts: list[tuple[int, int, bytes]]) -> None:
    collection, version, record = case
    body = json.dumps({collection.value: [record] * 3}).encode()
    for start, length, inserted in cuts:
        at = start % (len(body) + 1)
        body = body[:at] + inserted + body[at + length :]
    outcome = decoded_or_refused(collection, version, body)
    if isinstance(outcome, Malformed):
        assert outcome.__context__ is None
    else:
        assert_whole(outcome, len(outcome.sourced_ids))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(Collection)), odd_values)
def test_any_json_at_all_is_decoded_or_refused(collection: Collection, sent: object) -> None:
    for body in (sent, {collection.value: sent}):
        outcome = decoded_or_refused(collection, "1.2", json.dumps(body).encode())
        if isinstance(outcome, Malformed):
            assert outcome.reason == "UnexpectedShape"
        else:
            assert_whole(outcome, len(outcome.sourced_ids))


# Straight decoding and normalising must agree, or a page's other records would decide what becomes of a record.

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufdd0"), max_size=4)
optional_texts = st.one_of(st.none(), texts)
references = st.one_of(st.none(), texts, st.builds(lambda i: {"sourcedId": i, "href": "x"}, texts))
dates = st.one_of(st.none(), st.sampled_from(["", "null", "0001-01-01"]), st.dates().map(dt.date.isoformat))
moments = st.one_of(
    st.none(),
    st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.isoformat(timespec="milliseconds")),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + ".123456789Z"),
    st.integers(-(10**13), 10**13).map(str),
    st.integers(-(10**13), 10**13),
    st.floats(allow_nan=False, allow_infinity=False),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{0,8})?Z", fullmatch=True
    ),
)
flags = st.sampled_from([None, True, False, "true", "false", "TRUE", "0", "1", 0, 1])
base = {"sourcedId": texts, "status": st.sampled_from(["active", "tobedeleted"]), "dateLastModified": moments}


def shaped(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Sent]:
    return st.fixed_dictionaries({}, optional=base | optional)


roles = st.fixed_dictionaries(
    {},
    optional={
        "role": texts,
        "org": references,
        "orgSourcedId": texts,
        "roleType": optional_texts,
        "beginDate": dates,
        "endDate": dates,
    },
)
reference_lists = st.one_of(st.none(), references, st.lists(references, max_size=2))
text_lists = st.one_of(st.none(), st.lists(texts, max_size=2))
users = shaped(
    enabledUser=flags,
    username=optional_texts,
    givenName=texts,
    email=optional_texts,
    grades=text_lists,
    role=texts,
    orgs=reference_lists,
    orgSourcedIds=texts,
    roles=st.one_of(st.none(), st.lists(roles, max_size=2)),
)
records = {
    Collection.ACADEMIC_SESSIONS: shaped(
        title=texts,
        startDate=dates,
        schoolYear=optional_texts,
        parent=references,
        parentSourcedId=texts,
    ),
    Collection.COURSES: shaped(
        title=texts,
        org=references,
        orgs=reference_lists,
        orgSourcedId=texts,
        schoolYear=references,
        schoolYearSourcedId=texts,
    ),
    Collection.CLASSES: shaped(
        title=texts,
        school=references,
        schoolSourcedId=texts,
        course=references,
        courseSourcedId=texts,
        terms=reference_lists,
        termSourcedIds=texts,
        periods=text_lists,
        grades=text_lists,
    ),
    Collection.ORGS: shaped(
        name=optional_texts,
        type=texts,
        identifier=optional_texts,
        parent=references,
        parentSourcedId=texts,
    ),
    Collection.ENROLLMENTS: shaped(
        **{"class": references},
        user=references,
        school=references,
        schoolSourcedId=texts,
        role=texts,
        primary=flags,
        beginDate=dates,
        endDate=dates,
    ),
    Collection.USERS: users,
}


@settings(max_examples=800, deadline=None)
@given(
    st.sampled_from(sorted(records)).flatmap(lambda c: st.tuples(st.just(c), records[c])),
    st.sampled_from(["1.1", "1.2"]),
)
def test_a_record_becomes_the_same_whatever_comes_with_it(
    drawn: tuple[Collection, Sent], version: Version
) -> None:
    collection, record = drawn
    alone = decoded(collection, record, version=version)
    spoilt = decoded(collection, record, 7, version=version)
    assert spoilt.records == alone.records
    assert spoilt.rejected == [*alone.rejected, Rejected(None, "UnexpectedType")]
