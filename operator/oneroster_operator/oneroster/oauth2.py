"""Tokens of OAuth 2 client credentials: which way of asking the server accepts, and one token for all users.

Source: RFC 6749 sections 2.3.1, 4.4 and 5; the scopes and the variations are OneRoster's and its vendors'.
"""

import asyncio
import base64
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth, encode_client_secret_post
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from oneroster_operator.oneroster.access import OAuth2, Version
from oneroster_operator.oneroster.decode import UNDECODABLE
from oneroster_operator.oneroster.errors import Malformed, Refused
from oneroster_operator.oneroster.exchange import Reply, place
from oneroster_operator.oneroster.refusal import require_ok

Post = Callable[[dict[str, str], bytes], Awaitable[Reply]]
"""Sends one POST to the token URL; raises `DistrictError` where there is no answer."""

RENEWAL_SECONDS: Final = 60.0
"""So long before a token expires it is renewed; half its life where it lives shorter than twice that."""

MAX_SCOPES: Final = 32
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,256}")  # scope-token of RFC 6749 section 3.3, bounded
_HEADER_TEXT: Final = re.compile(r"[!-~]+")
_SCOPE_ROOTS: Final[dict[Version, str]] = {
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/",
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/",
}


def scope_ladder(version: Version) -> tuple[str, ...]:
    """The scopes to ask for, widest first; demographics never. The last asks for none: some servers refuse any."""
    core, roster = (f"{_SCOPE_ROOTS[version]}{name}.readonly" for name in ("roster-core", "roster"))
    return f"{core} {roster}", core, ""


def _encode_basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: str) -> Any:
    """Basic in UTF-8 (RFC 7617); authlib's own takes Latin-1 only, and quotes the secret when it fails."""
    pair = f"{client.client_id}:{client.client_secret}".encode()
    return uri, {**headers, "Authorization": f"Basic {base64.b64encode(pair).decode()}"}, body


_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "OAuth2 (Basic)": _encode_basic,
    "OAuth2 (body)": encode_client_secret_post,
}


@dataclass(frozen=True, slots=True)
class _Token:
    header: str = field(repr=False)
    renew_at: float
    scopes: tuple[str, ...]


class _TokenReply(msgspec.Struct):
    """RFC 6749 section 5.1, with what servers leave out or misspell."""

    access_token: str
    expires_in: float | str | None = None
    scope: str | list[str] | None = None


class _TokenError(msgspec.Struct):
    error: str = ""


class OAuth2Signer:
    """Bearer tokens. What the token endpoint accepted once is asked for first the next time."""

    def __init__(
        self,
        credentials: OAuth2,
        token_url: httpx.URL,
        version: Version,
        *,
        post: Post,
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._url = token_url
        self._post = post
        self._clock = clock
        self._methods = [*_METHODS]
        self._scopes = [" ".join(credentials.scopes)] if credentials.scopes else [*scope_ladder(version)]
        self._token: _Token | None = None
        self._spent = False
        self._lock = asyncio.Lock()

    @property
    def description(self) -> str:
        """How the token endpoint knew us; empty before it did."""
        return self._methods[0] if self._token else ""

    @property
    def granted_scopes(self) -> tuple[str, ...]:
        """As the server said, or as asked for where it did not say (RFC 6749 section 5.1)."""
        return self._token.scopes if self._token else ()

    async def authorization(self, _url: str) -> str:
        """The header for one request. Parallel users wait for the same token; raises `DistrictError`."""
        async with self._lock:
            if self._token is None or self._spent or self._clock() >= self._token.renew_at:
                self._token = await self._obtained()
                self._spent = False
            return self._token.header

    def renew(self, refused: str) -> bool:
        """After a 401: whether another try has another token than the `refused` one."""
        if self._token is not None and self._token.header == refused:
            self._spent = True
        return True

    def rejection(self, where: str) -> Refused:
        """What a 401 on a call means where the token is new."""
        return Refused(
            "TokenRejected",
            f"{where} refuses the token that {place(self._url)} had just given: check that endpoint URL and token "
            "URL belong together, and with the district that this client may use OneRoster.",
            "call",
        )

    async def _obtained(self) -> _Token:
        refusals: dict[str, Refused] = {}
        for method in tuple(self._methods):
            for scope in tuple(self._scopes):
                reply = await self._asked(method, scope)
                refusal = self._refusal(reply)
                if refusal is None:
                    token = self._accepted(reply, scope)
                    _move_to_front(self._methods, method)
                    _move_to_front(self._scopes, scope)
                    return token
                refusals[refusal.reason] = refusal
                if refusal.reason != "InsufficientScope":
                    break
        raise next(refusals[reason] for reason in _TELLING if reason in refusals)

    async def _asked(self, method: str, scope: str) -> Reply:
        client = ClientAuth(self._credentials.client_id, self._credentials.client_secret, _METHODS[method])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = prepare_token_request("client_credentials", scope=scope)
        _, headers, body = client.prepare("POST", str(self._url), headers, body)
        return await self._post(headers, body.encode())

    def _refusal(self, reply: Reply) -> Refused | None:
        """What a no means that another way of asking may turn into a yes; raises where none can."""
        if reply.status not in {400, 401, 403}:
            require_ok(reply, self._url, "token URL", "token")
            return None
        where = place(self._url)
        code = _error_code(reply)
        if code == "invalid_scope":
            message = (
                f"{where} grants none of the scopes asked for (invalid_scope): the district should grant this "
                "client the roster scopes, or say which scopes to ask for."
            )
            return Refused("InsufficientScope", message, "token")
        if code in _WRONG_CLIENT or (reply.status == 401 and not code):
            message = (
                f"{where} refuses the client id and the client secret ({code or reply.status}): check both with "
                "the district."
            )
            return Refused("InvalidCredentials", message, "token")
        if reply.status == 403:
            message = f"{where} is forbidden to us (403): the district should admit our address to its token URL."
            return Refused("Forbidden", message, "token")
        message = (
            f"{where} does not accept the request for a token ({code or reply.status}): check the token URL, and "
            "with the district that it offers OAuth 2 client credentials."
        )
        return Refused("RequestRefused", message, "token")

    def _accepted(self, reply: Reply, asked: str) -> _Token:
        token = _decoded(reply)
        # A token goes into a header: what cannot stand there would come back in an exception of the HTTP library.
        if token is None or not _HEADER_TEXT.fullmatch(token.access_token):
            message = f"{place(self._url)} answers 200 without an access_token: correct the token URL."
            raise Malformed("UnexpectedShape", message, "token")
        granted = asked if token.scope is None else token.scope
        scopes = granted.split() if isinstance(granted, str) else granted
        return _Token(
            header=f"Bearer {token.access_token}",
            renew_at=self._clock() + _usable_seconds(token.expires_in),
            scopes=tuple(scope for scope in scopes if _SCOPE.fullmatch(scope))[:MAX_SCOPES],
        )


_WRONG_CLIENT: Final = {"invalid_client", "unauthorized_client", "invalid_grant", "access_denied"}
_KNOWN_ERRORS: Final = _WRONG_CLIENT | {"invalid_request", "invalid_scope", "unsupported_grant_type"}
_TELLING: Final = ("InsufficientScope", "InvalidCredentials", "Forbidden", "RequestRefused")
"""Of several refusals the one that says most: a scope is judged after the client was known."""


def _error_code(reply: Reply) -> str:
    try:
        code = msgspec.json.decode(reply.body, type=_TokenError).error
    except UNDECODABLE:
        return ""
    return code if code in _KNOWN_ERRORS else ""


def _decoded(reply: Reply) -> _TokenReply | None:
    try:
        return msgspec.json.decode(reply.body, type=_TokenReply)
    except UNDECODABLE:
        return None


def _usable_seconds(expires_in: float | str | None) -> float:
    try:
        lifetime = float(expires_in) if expires_in is not None else math.inf
    except ValueError:
        return math.inf
    return max(lifetime - RENEWAL_SECONDS, lifetime / 2) if lifetime > 0 else math.inf


def _move_to_front(items: list[str], item: str) -> None:
    items.remove(item)
    items.insert(0, item)
