"""OAuth 2 client credentials: the token endpoint (RFC 6749) and bearer tokens (RFC 6750)."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import unquote_plus

from tests.district.errors import Refusal
from tests.district.records import CANARY
from tests.district.replies import Reply
from tests.district.settings import Settings, scope

NODE_COOKIE = "node"
"""What a load balancer tells its servers apart by."""
_READING_SCOPES = ("roster-core.readonly", "roster.readonly")


@dataclass(frozen=True, slots=True)
class _Grant:
    """``node``: the value of the cookie that leads to who knows the token, if that is wanted."""

    scopes: frozenset[str]
    expires: datetime
    node: str | None


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

    def issue(self, authorization: str | None, form: Mapping[str, str], query: str = "") -> Reply:
        """Answers a request to the token endpoint, client authenticated by Basic or in the body."""
        if query != self._settings.token_query:
            return _refused(HTTPStatus.BAD_REQUEST, "invalid_request")
        if not self._is_client(authorization, form):
            challenge = {"WWW-Authenticate": 'Basic realm="district"'} if authorization else {}
            return _refused(HTTPStatus.UNAUTHORIZED, "invalid_client", challenge)
        grant_type = form.get("grant_type")
        if grant_type is None:
            return _refused(HTTPStatus.BAD_REQUEST, "invalid_request")
        if grant_type != "client_credentials":
            return _refused(HTTPStatus.BAD_REQUEST, "unsupported_grant_type")
        granted = self._granted(form.get("scope", ""))
        if not granted:
            return _refused(HTTPStatus.BAD_REQUEST, "invalid_scope")
        return self._grant(granted)

    def _granted(self, asked: str) -> list[str]:
        """The URIs of the scopes that this request gets: none, if it is not to have any token."""
        login = self._settings.login
        if login.scope == ("refused" if asked else "required"):
            return []
        wanted = asked.split() or sorted(self._names)
        granted = [uri for uri in wanted if uri in self._names]
        return granted if login.narrows or len(granted) == len(wanted) else []

    def _grant(self, uris: list[str]) -> Reply:
        login = self._settings.login
        token = f"{CANARY}-token-{secrets.token_urlsafe(24)}"
        lifetime = self._settings.token_seconds
        expires = self._clock() + timedelta(seconds=lifetime)
        node = secrets.token_hex(4) if login.sticky_cookie else None
        self._grants[token] = _Grant(frozenset(self._names[uri] for uri in uris), expires, node)
        body = {"access_token": token, "token_type": "bearer", "expires_in": lifetime, "scope": " ".join(uris)}
        kept = {name: value for name, value in body.items() if name not in login.reply_lacks}
        cookies = {NODE_COOKIE: node} if node else {}
        return Reply(HTTPStatus.OK, kept, {"Cache-Control": "no-store"}, cookies)

    def check(self, authorization: str | None, node: str | None = None) -> None:
        """Raises Refusal 401 without a live token, 403 where its scopes do not allow reading the roster.

        ``node``: what came back of the cookie that was set with the token.
        """
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer":
            raise _unauthorised('Bearer realm="district"', "a bearer token is needed")
        grant = self._grants.get(token)
        if grant is None or grant.expires <= self._clock() or grant.node not in (None, node):
            raise _unauthorised('Bearer realm="district", error="invalid_token"', "unknown or expired token")
        if grant.scopes.isdisjoint(_READING_SCOPES):
            challenge = {"WWW-Authenticate": 'Bearer realm="district", error="insufficient_scope"'}
            description = "the token's scopes do not allow this"
            raise Refusal(HTTPStatus.FORBIDDEN, "forbidden", description, challenge)

    def _is_client(self, authorization: str | None, form: Mapping[str, str]) -> bool:
        login = self._settings.login
        if login.client == ("body" if authorization else "basic"):
            return False
        if authorization is None:
            given = form.get("client_id", ""), form.get("client_secret", "")
        else:
            given = _basic(authorization, form_encoded=login.form_encoded)
        right = self._settings.client_id, self._secret
        return hmac.compare_digest("\0".join(given).encode(), "\0".join(right).encode())


def _basic(authorization: str, *, form_encoded: bool) -> tuple[str, str]:
    """Id and secret from HTTP Basic, form-encoded as RFC 6749 section 2.3.1 asks; two empty texts if malformed."""
    kind, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, client_secret = decoded.partition(":")
    return (unquote_plus(client_id), unquote_plus(client_secret)) if form_encoded else (client_id, client_secret)


def _refused(status: HTTPStatus, error: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"error": error}, {"Cache-Control": "no-store"} | (headers or {}))


def _unauthorised(challenge: str, description: str) -> Refusal:
    headers = {"WWW-Authenticate": challenge}
    return Refusal(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest", description, headers)
