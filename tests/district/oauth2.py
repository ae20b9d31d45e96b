"""OAuth 2 client credentials: the token endpoint (RFC 6749) and bearer tokens (RFC 6750)."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import unquote_plus

from tests.district.errors import Refusal
from tests.district.records import CANARY
from tests.district.settings import Settings, scope
from tests.district.wire import Payload

_READING_SCOPES = ("roster-core.readonly", "roster.readonly")


@dataclass(frozen=True, slots=True)
class TokenReply:
    status: HTTPStatus
    body: Payload
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Grant:
    scopes: frozenset[str]
    expires: datetime


class Tokens:
    """Issues tokens to one client and checks them. Tokens carry a canary and live in memory only."""

    def __init__(self, settings: Settings, client_secret: str, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._secret = client_secret
        self._clock = clock
        self._grants: dict[str, _Grant] = {}
        self._names = {scope(settings.version, name): name for name in settings.scopes}

    def rotate(self, client_secret: str) -> None:
        """Takes a new secret; what the old one obtained is worth nothing any more."""
        self._secret = client_secret
        self._grants.clear()

    def issue(self, authorization: str | None, form: Mapping[str, str]) -> TokenReply:
        """Answers a request to the token endpoint, client authenticated by Basic or in the body."""
        if not self._is_client(authorization, form):
            challenge = {"WWW-Authenticate": 'Basic realm="district"'} if authorization else {}
            return _refused(HTTPStatus.UNAUTHORIZED, "invalid_client", challenge)
        grant_type = form.get("grant_type")
        if grant_type is None:
            return _refused(HTTPStatus.BAD_REQUEST, "invalid_request")
        if grant_type != "client_credentials":
            return _refused(HTTPStatus.BAD_REQUEST, "unsupported_grant_type")
        asked = form.get("scope", "").split() or sorted(self._names)
        if any(uri not in self._names for uri in asked):
            return _refused(HTTPStatus.BAD_REQUEST, "invalid_scope")
        token = f"{CANARY}-token-{secrets.token_urlsafe(24)}"
        lifetime = self._settings.token_seconds
        expires = self._clock() + timedelta(seconds=lifetime)
        self._grants[token] = _Grant(frozenset(self._names[uri] for uri in asked), expires)
        body = {"access_token": token, "token_type": "bearer", "expires_in": lifetime, "scope": " ".join(asked)}
        return TokenReply(HTTPStatus.OK, body, {"Cache-Control": "no-store"})

    def check(self, authorization: str | None) -> None:
        """Raises Refusal 401 without a live token, 403 where its scopes do not allow reading the roster."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer":
            raise _unauthorised('Bearer realm="district"', "a bearer token is needed")
        grant = self._grants.get(token)
        if grant is None or grant.expires <= self._clock():
            raise _unauthorised('Bearer realm="district", error="invalid_token"', "unknown or expired token")
        if grant.scopes.isdisjoint(_READING_SCOPES):
            challenge = {"WWW-Authenticate": 'Bearer realm="district", error="insufficient_scope"'}
            description = "the token's scopes do not allow this"
            raise Refusal(HTTPStatus.FORBIDDEN, "forbidden", description, challenge)

    def _is_client(self, authorization: str | None, form: Mapping[str, str]) -> bool:
        if authorization is None:
            given = form.get("client_id", ""), form.get("client_secret", "")
        else:
            given = _basic(authorization)
        right = self._settings.client_id, self._secret
        return hmac.compare_digest("\0".join(given).encode(), "\0".join(right).encode())


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret from HTTP Basic, form-encoded as RFC 6749 section 2.3.1 asks; two empty texts if malformed."""
    kind, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, client_secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(client_secret)


def _refused(status: HTTPStatus, error: str, headers: dict[str, str] | None = None) -> TokenReply:
    return TokenReply(status, {"error": error}, {"Cache-Control": "no-store"} | (headers or {}))


def _unauthorised(challenge: str, description: str) -> Refusal:
    headers = {"WWW-Authenticate": challenge}
    return Refusal(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest", description, headers)
