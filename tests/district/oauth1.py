"""OAuth 1.0a without a token ("two-legged", RFC 5849), signed with HMAC-SHA256, for OneRoster 1.1."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.district.errors import Refusal
from tests.district.settings import SignatureMethod

_METHODS: dict[SignatureMethod, Callable[[], Any]] = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_SHA256_ALONE: frozenset[SignatureMethod] = frozenset({"HMAC-SHA256"})
_WINDOW_SECONDS = 300
_DEFAULT_PORTS = {"http": 80, "https": 443}


def signature(
    method: str, url: str, parameters: Iterable[tuple[str, str]], secret: str, digest: Callable[[], Any]
) -> str:
    """Base64 of the signature over an absolute URL with its query, and the oauth parameters.

    ``parameters`` are decoded and without ``oauth_signature`` and ``realm`` (RFC 5849 section 3.4.1.3).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    base_uri = f"{parts.scheme.lower()}://{host}{parts.path or '/'}"
    query = parse_qsl(parts.query, keep_blank_values=True)
    pairs = sorted((_encode(name), _encode(value)) for name, value in (*query, *parameters))
    normalised = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), _encode(base_uri), _encode(normalised)))
    key = f"{_encode(secret)}&".encode()
    return base64.b64encode(hmac.new(key, base.encode(), digest).digest()).decode()


class Signatures:
    """Checks the signatures of one consumer. Remembers nonces for as long as their timestamps are accepted."""

    def __init__(
        self,
        consumer_key: str,
        secret: str,
        clock: Callable[[], datetime],
        methods: frozenset[SignatureMethod] = _SHA256_ALONE,
    ) -> None:
        self._methods: dict[str, Callable[[], Any]] = {name: _METHODS[name] for name in sorted(methods)}
        self._consumer_key = consumer_key
        self._secret = secret
        self._clock = clock
        self._nonces: dict[tuple[int, str], int] = {}

    def rotate(self, secret: str) -> None:
        self._secret = secret

    def check(self, method: str, url: str, authorization: str | None) -> None:
        """Raises Refusal 401 for whatever is wrong. ``url`` is absolute, as the client sent it."""
        parameters = _header(authorization)
        given = parameters.pop("oauth_signature", "")
        parameters.pop("realm", None)
        digest = self._methods.get(parameters.get("oauth_signature_method", ""))
        if digest is None:
            raise _unauthorised(f"oauth_signature_method is one of {', '.join(self._methods)}")
        if parameters.get("oauth_version", "1.0") != "1.0":
            raise _unauthorised("oauth_version is 1.0")
        timestamp = self._timestamp(parameters.get("oauth_timestamp", ""))
        nonce = parameters.get("oauth_nonce", "")
        if not nonce:
            raise _unauthorised("oauth_nonce is missing")
        wanted = signature(method, url, parameters.items(), self._secret, digest)
        if parameters.get("oauth_consumer_key") != self._consumer_key or not hmac.compare_digest(
            wanted.encode(), given.encode()
        ):
            raise _unauthorised("unknown consumer or wrong signature")
        self._use(timestamp, nonce)

    def _timestamp(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise _unauthorised("oauth_timestamp is missing")
        if abs(self._clock().timestamp() - int(text)) > _WINDOW_SECONDS:
            raise _unauthorised(f"oauth_timestamp is more than {_WINDOW_SECONDS} seconds off")
        return int(text)

    def _use(self, timestamp: int, nonce: str) -> None:
        oldest = self._clock().timestamp() - _WINDOW_SECONDS
        self._nonces = {key: seen for key, seen in self._nonces.items() if seen >= oldest}
        if (timestamp, nonce) in self._nonces:
            raise _unauthorised("oauth_nonce was used before")
        self._nonces[timestamp, nonce] = timestamp


def _header(authorization: str | None) -> dict[str, str]:
    kind, _, rest = (authorization or "").partition(" ")
    if kind.lower() != "oauth":
        raise _unauthorised("an OAuth signature is needed")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs if name}


def _encode(text: str) -> str:
    return quote(text, safe="-._~")


def _unauthorised(description: str) -> Refusal:
    challenge = {"WWW-Authenticate": 'OAuth realm="district"'}
    return Refusal(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest", description, challenge)
