"""What is dropped where the JSON is parsed: searched for in all that decoding returns, raises and logs."""

import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from oneroster_operator.oneroster import Collection, Malformed, Version
from oneroster_operator.oneroster.decode import decode_page
from tests.oneroster.pages import GOOD, MODIFIED, WHERE, Sent

CANARY = "canary-8d1f"


def canary(name: str) -> str:
    return f"{CANARY}-{name}"


DROPPED: Sent = {
    "password": canary("password"),
    "phone": canary("phone"),
    "sms": canary("sms"),
    "agents": [{"sourcedId": canary("agent"), "href": canary("agent-href"), "type": "user"}],
    "metadata": {canary("key"): canary("value"), "religion": [canary("religion"), {"photo": canary("photo")}]},
    "userProfiles": [
        {
            "profileId": canary("profile"),
            "credentials": [{"type": "LMS", "username": canary("username"), "password": canary("credential")}],
        }
    ],
    "userIds": [{"type": "SSN", "identifier": canary("ssn")}],
    "demographics": {"birthDate": canary("birth"), "sex": canary("sex")},
    "birthDate": canary("birth"),
    "sex": canary("sex"),
    "americanIndianOrAlaskaNative": canary("race"),
    "pronouns": canary("pronouns"),
    "resources": [{"sourcedId": canary("resource")}],
    "children": [{"sourcedId": canary("child")}],
    "href": canary("href"),
    canary("unknown"): canary("unknown"),
}


def told(error: BaseException | None) -> Iterator[str]:
    """All that an error says or holds on to, down both of its chains."""
    while error is not None:
        yield "".join(traceback.format_exception(error))
        yield f"{error!s} {error!r} {error.args!r} {vars(error)!r}"
        yield from told(error.__cause__)
        error = error.__context__


def everything_from(collection: Collection, version: Version, body: bytes) -> Iterator[str]:
    """Whatever comes of a body, as text."""
    try:
        page = decode_page(collection, version, body, WHERE)
    except Malformed as malformed:
        yield from told(malformed)
    else:
        yield repr(page)
        yield msgspec.json.encode([*page.records, *page.rejected]).decode()


def spoilt(record: Sent) -> Iterator[Any]:
    """The record as it is and with every rule broken that it can break, the wrong values canaries themselves."""
    yield record
    yield record | {"sourcedId": None}
    yield record | {"sourcedId": [canary("id")]}
    yield record | {"status": canary("status")}
    yield record | {"name": {"en": canary("name")}, "title": [[canary("title")]], "givenName": [canary("given")]}
    yield record | {"role": canary("role") + "x" * 1001, "type": canary("type") + "x" * 1001}
    yield record | {"email": [canary("email")], "identifier": {"x": canary("id")}, "location": [canary("place")]}
    yield record | {"grades": [[canary("grade")]], "dateLastModified": canary("date"), "terms": [[canary("term")]]}
    yield record | {"email": canary("email") + "x" * 1001, "subjects": [canary("subject") + "x" * 1001]}
    yield record | {"email": canary("email") + "\0", "role": canary("role") + "\0", "name": canary("name") + "\0"}
    yield record | {"enabledUser": canary("enabled"), "primary": canary("primary")}
    yield record | {"beginDate": canary("begin"), "endDate": canary("end"), "startDate": canary("start")}
    yield record | {"user": [[canary("user")]], "school": [[canary("school")]], "parent": [[canary("parent")]]}
    yield record | {"roles": [canary("roles")], "orgs": [[canary("orgs")]], "org": [[canary("org")]]}
    yield {name: value for name, value in record.items() if name not in {"role", "roles", "school", "user"}}
    yield record | {"metadata": {"note": canary("note") + "\0\ud83d"}}
    yield canary("record")
    yield [record]


def bodies(collection: Collection, record: Sent) -> Iterator[bytes]:
    """Pages, and all that is no page, with canaries everywhere."""
    key = collection.value
    failure = {"imsx_codeMajor": "failure", "imsx_codeMinor": canary("minor"), "imsx_description": canary("text")}
    for one in spoilt(record):
        good = json.dumps(record).encode()
        odd = json.dumps(one).encode()
        page = b'{"' + key.encode() + b'": [' + good + b"," + odd + b"]}"
        yield page
        yield b"[" + good + b"," + odd + b"]"
        yield page.replace(f"{CANARY}-sms".encode(), f"{CANARY}\xff".encode("latin-1"))
        yield page[:-1]
        yield page[: len(page) // 2]
        yield page.replace(b"canary", b"canary\xff")
        yield json.dumps({key: one, "statusInfoSet": [failure]}).encode()
        yield json.dumps({CANARY: [one]}).encode()
        yield json.dumps({"statusInfoSet": [failure], "metadata": one}).encode()
        yield json.dumps(failure | {key: []}).encode()
    yield b'{"' + key.encode() + b'": [{"' + CANARY.encode() + b'": ' + b"[" * 50_000
    yield f'"{CANARY}"'.encode()
    yield CANARY.encode()
    yield b""


@pytest.mark.parametrize(("collection", "version", "record"), GOOD)
def test_nothing_that_is_dropped_gets_out(
    collection: Collection, version: Version, record: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [
        text
        for body in bodies(collection, record | DROPPED)
        for text in everything_from(collection, version, body)
    ]
    assert sum(MODIFIED[:10] in text for text in texts) > 20, "no record was kept, so nothing was searched"
    assert sum("Malformed" in text for text in texts) > 20, "nothing was raised, so nothing was searched"
    assert sum("UnexpectedType" in text for text in texts) > 5, "nothing was rejected, so nothing was searched"
    assert [text for text in texts if CANARY in text] == []
    assert caplog.records == []
