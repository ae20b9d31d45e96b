"""OAuth 1 signatures against published vectors, and the server's refusals."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.district.errors import Refusal
from tests.district.oauth1 import Signatures, signature

SECRET = "secret/with+marks"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://sis.example:8443/ims/oneroster/v1p1/users?limit=2&filter=role%3D%27student%27&offset=0"


def test_the_sha256_vector_of_a_one_roster_client_is_reproduced() -> None:
    url = (
        "https://test.com/ims/oneroster/v1p1/orgs?limit=100&offset=1515&filter=role%3D%27administrator%27%20OR%20"
        "role%3D%27student%27%20OR%20role%3D%27teacher%27"
    )
    parameters = {
        "oauth_consumer_key": "client-id",
        "oauth_nonce": "fake-nonce",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "10000000",
        "oauth_version": "1.0",
    }
    signed = signature("GET", url, parameters.items(), "client-secret", hashlib.sha256)
    assert signed == "03DqhuWFnTlc3WxDYEOVKYxM5xQyRGfJ4x6zqQjYQnM="
    del parameters["oauth_version"]
    signed = signature("GET", url, parameters.items(), "client-secret", hashlib.sha256)
    assert signed == "0SaY+ipjQnliQY9KVZVVDTVKMuE73KtgkLXrbRAfHRs="


def test_default_ports_case_of_the_host_and_order_of_the_query_do_not_matter() -> None:
    plain = signature("get", "https://sis.example/a?x=1&y=2", (), "s", hashlib.sha256)
    assert signature("GET", "HTTPS://SIS.example:443/a?y=2&x=1", (), "s", hashlib.sha256) == plain
    assert signature("GET", "https://sis.example:8443/a?x=1&y=2", (), "s", hashlib.sha256) != plain


def header(
    *,
    secret: str = SECRET,
    url: str = URL,
    at: datetime = NOW,
    nonce: str = "n1",
    **changed: str,
) -> str:
    parameters = {
        "oauth_consumer_key": "platform",
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(at.timestamp())),
        "oauth_version": "1.0",
    } | changed
    signed = signature("GET", url, parameters.items(), secret, hashlib.sha256)
    pairs = {"realm": "district", **parameters, "oauth_signature": signed}
    return "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in pairs.items())


@pytest.fixture
def signatures() -> Signatures:
    return Signatures("platform", SECRET, lambda: NOW)


def test_a_right_signature_is_accepted(signatures: Signatures) -> None:
    signatures.check("GET", URL, header())
    signatures.check("GET", URL, header(nonce="n2", at=NOW - timedelta(seconds=290)))


@pytest.mark.parametrize(
    ("authorization", "complaint"),
    [
        (None, "signature is needed"),
        ("Bearer token", "signature is needed"),
        (header(secret="wrong"), "wrong signature"),
        (header(url=URL.replace("offset=0", "offset=2")), "wrong signature"),
        (header(oauth_consumer_key="somebody"), "wrong signature"),
        (header(oauth_signature_method="PLAINTEXT"), "oauth_signature_method"),
        (header(oauth_version="2.0"), "oauth_version"),
        (header(nonce=""), "oauth_nonce"),
        (header(at=NOW - timedelta(seconds=310)), "seconds off"),
        (header(at=NOW + timedelta(seconds=310)), "seconds off"),
        (header(oauth_timestamp="soon"), "oauth_timestamp"),
    ],
)
def test_what_is_wrong_is_refused_with_401(
    signatures: Signatures, authorization: str | None, complaint: str
) -> None:
    with pytest.raises(Refusal, match=complaint) as refusal:
        signatures.check("GET", URL, authorization)
    assert refusal.value.status == 401
    assert refusal.value.headers["WWW-Authenticate"].startswith("OAuth")


def test_a_nonce_is_good_once(signatures: Signatures) -> None:
    signatures.check("GET", URL, header())
    with pytest.raises(Refusal, match="used before"):
        signatures.check("GET", URL, header())


def test_a_rotated_secret_ends_the_old_one(signatures: Signatures) -> None:
    signatures.rotate("new")
    with pytest.raises(Refusal, match="wrong signature"):
        signatures.check("GET", URL, header())
    signatures.check("GET", URL, header(secret="new"))
