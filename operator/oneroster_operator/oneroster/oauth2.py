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
from urllib.parse import quote_plus

import msgspec
from authlib.oauth2.auth import ClientAuth, encode_client_secret_post
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from yarl import URL

from oneroster_operator.oneroster.access import OAuth2, Version
from oneroster_operator.oneroster.errors import Malformed, Refused
from oneroster_operator.oneroster.exchange import Reply, place
from oneroster_operator.oneroster.refusal import require_ok
from oneroster_operator.oneroster.wire import UNDECODABLE

Post = Callable[[dict[str, str], bytes], Awaitable[Reply]]
"""Sends one POST to the token URL; raises `DistrictError` where there is no answer."""

RENEWAL_SECONDS: Final = 60.0
"""So long before a token expires it is renewed; half its life where it lives shorter than twice that."""

REFUSAL_STANDS: Final = 60.0
"""Seconds in which a refusal is repeated instead of asked for again."""

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


def _encode_basic_form(client: Any, method: str, uri: str, headers: dict[str, str], body: str) -> Any:
    """Basic as RFC 6749 section 2.3.1 has it: id and secret form-encoded first, which most servers leave out."""
    encoded = ClientAuth(quote_plus(client.client_id), quote_plus(client.client_secret))
    return _encode_basic(encoded, method, uri, headers, body)


_STYLES: Final[dict[str, Callable[..., Any]]] = {
    "OAuth2 (Basic)": _encode_basic,
    "OAuth2 (body)": encode_client_secret_post,
    "OAuth2 (Basic, form-encoded)": _encode_basic_form,
}
"""The ways of showing id and secret, in the order in which they are tried."""


def _styles(credentials: OAuth2) -> list[str]:
    plain = credentials.client_id + credentials.client_secret
    return [*_STYLES] if quote_plus(plain) != plain else [*_STYLES][:2]


@dataclass(frozen=True, slots=True)
class _Token:
    header: str = field(repr=False)
    renew_at: float
    scopes: tuple[str, ...]


_UNSAID: Final = msgspec.Raw(b"null")


class _TokenReply(msgspec.Struct):
    """RFC 6749 section 5.1, with what servers leave out or misspell."""

    access_token: str
    expires_in: msgspec.Raw = _UNSAID
    scope: msgspec.Raw = _UNSAID


class _TokenError(msgspec.Struct):
    error: msgspec.Raw = _UNSAID


class OAuth2Signer:
    """Bearer tokens. How the token endpoint was asked when it gave one is how it is asked again.

    No style of showing the secret is tried twice where it was refused, not even after an outage in between, and a
    refusal stands for a minute: wrong secrets shown again and again lock accounts.
    """

    def __init__(
        self,
        credentials: OAuth2,
        token_url: URL,
        version: Version,
        *,
        post: Post,
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._url = token_url
        self._post = post
        self._clock = clock
        self._styles = _styles(credentials)
        self._scopes = [" ".join(credentials.scopes)] if credentials.scopes else [*scope_ladder(version)]
        self._refused_styles: set[str] = set()
        self._refusals: dict[str, Refused] = {}
        self._refusal: Refused | None = None
        self._refused_until = -math.inf
        self._token: _Token | None = None
        self._spent = False
        self._lock = asyncio.Lock()

    @property
    def description(self) -> str:
        """How the token endpoint knew us; empty before it did."""
        return self._styles[0] if self._token else ""

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

    def accept(self, _header: str) -> None:
        """Nothing is learned from a call that was let in: the token endpoint has said all."""

    def renew(self, refused: str) -> bool:
        """After a 401: whether another try has another token than the `refused` one."""
        if self._token is not None and self._token.header == refused:
            self._spent = True
        return True

    def rejection(self, where: str, clock_skew: str) -> Refused:
        """What a 401 on a call means where the token is new."""
        message = (
            f"{where} refuses the token that {place(self._url)} had just given: check that endpoint URL and token "
            "URL belong together, and with the district that this client may use OneRoster."
        )
        return Refused("TokenRejected", f"{message} Besides, {clock_skew}" if clock_skew else message, "call")

    async def _obtained(self) -> _Token:
        if self._refusal is not None and self._clock() < self._refused_until:
            raise Refused(self._refusal.reason, self._refusal.message, self._refusal.stage)
        try:
            token = await self._climbed()
        except Refused as refusal:
            self._refusal, self._refused_until = refusal, self._clock() + REFUSAL_STANDS
            self._forget_refusals()
            raise
        self._forget_refusals()
        return token

    def _forget_refusals(self) -> None:
        self._refused_styles.clear()
        self._refusals.clear()

    async def _climbed(self) -> _Token:
        """Down the ladder of scopes, and for each the styles; raises the refusal that says most."""
        scopes = [*self._scopes]
        while scopes:
            scope = scopes.pop(0)
            for style in [one for one in self._styles if one not in self._refused_styles]:
                reply = await self._asked(style, scope)
                refusal = self._refusal_of(reply)
                if refusal is None:
                    token = self._accepted(reply, scope)
                    self._styles = [style]
                    self._scopes.remove(scope)
                    self._scopes.insert(0, scope)
                    return token
                self._refusals[refusal.reason] = refusal
                if refusal.reason == "InsufficientScope":
                    self._styles = [style]  # by which we were known, or no scope would have been judged
                    break
                if refusal.reason != "RequestRefused":
                    self._refused_styles.add(style)
            else:
                scopes = scopes[-1:]  # some servers refuse scopes without saying so: ask for none
        raise next(self._refusals[reason] for reason in _TELLING if reason in self._refusals)

    async def _asked(self, style: str, scope: str) -> Reply:
        client = ClientAuth(self._credentials.client_id, self._credentials.client_secret, _STYLES[style])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = prepare_token_request("client_credentials", scope=scope)
        _, headers, body = client.prepare("POST", str(self._url), headers, body)
        return await self._post(headers, body.encode())

    def _refusal_of(self, reply: Reply) -> Refused | None:
        """What a no means that another way of asking may turn into a yes; raises where none can."""
        if reply.status not in {400, 401, 403}:
            require_ok(reply, self._url, "token URL", "token")
            return None
        where = place(self._url)
        letters = _error_letters(reply)
        code = _ERROR_CODES.get(letters, "")
        if code == "invalid_scope":
            message = (
                f"{where} grants none of the scopes asked for (invalid_scope): the district should grant this "
                "client the roster scopes, or say which to ask for; if its service speaks another version of "
                "OneRoster than the declared one, declare that."
            )
            return Refused("InsufficientScope", message, "token")
        if code in _NOT_ENTITLED and reply.status != 401:
            message = (
                f"{where} knows the client and gives it no token ({code}): the district should allow it OAuth 2 "
                "client credentials for OneRoster."
            )
            raise Refused("InvalidCredentials", message, "token")
        blames_secret = code in _WRONG_CLIENT or (not code and any(word in letters for word in _OF_SECRETS))
        if blames_secret or reply.status == 401:
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
        refusal = Refused("RequestRefused", message, "token")
        if code == "unsupported_grant_type":
            raise refusal
        return refusal

    def _accepted(self, reply: Reply, asked: str) -> _Token:
        token = _decoded(reply)
        # A token goes into a header: what cannot stand there would come back in an exception of the HTTP library.
        if token is None or not _HEADER_TEXT.fullmatch(token.access_token):
            message = f"{place(self._url)} answers 200 without an access_token: correct the token URL."
            raise Malformed("UnexpectedShape", message, "token")
        return _Token(
            header=f"Bearer {token.access_token}",
            renew_at=self._clock() + _usable_seconds(token.expires_in),
            scopes=_scopes(token.scope, asked),
        )


_NOT_ENTITLED: Final = {"unauthorized_client", "access_denied"}
"""Another style mends nothing there; except with a 401, by which Keycloak means a wrong secret."""
_WRONG_CLIENT: Final = {"invalid_client", "invalid_grant"}
_OF_SECRETS: Final = ("client", "secret", "credential", "password", "unauthori")
"""Words of errors that no specification names, by which a secret may be meant: it is not shown once more."""
_ERROR_CODES: Final = {
    code.replace("_", ""): code
    for code in (*_NOT_ENTITLED, *_WRONG_CLIENT, "invalid_request", "invalid_scope", "unsupported_grant_type")
}
"""By their letters: servers write INVALID_CLIENT and "Invalid client" too."""
_ERROR_BYTES: Final = 256
_TELLING: Final = ("InsufficientScope", "InvalidCredentials", "Forbidden", "RequestRefused")
"""Of several refusals the one that says most: a scope is judged after the client was known."""


def _error_letters(reply: Reply) -> str:
    """The error's letters, in lower case, of whatever kind it is; for comparing, not for showing."""
    try:
        error = bytes(msgspec.json.decode(reply.body, type=_TokenError).error)
    except UNDECODABLE:
        return ""
    return re.sub("[^a-z]", "", error[:_ERROR_BYTES].decode(errors="replace").lower())


_Scopes = str | list[str | int | float | bool | None] | None
"""As text or, against RFC 6749, as a list; without lists in it, which would cost many times what was sent."""


def _decoded(reply: Reply) -> _TokenReply | None:
    try:
        return msgspec.json.decode(reply.body, type=_TokenReply)
    except UNDECODABLE:
        return None


def _scopes(sent: msgspec.Raw, asked: str) -> tuple[str, ...]:
    """Those that are scopes: the reply's, or those asked for where it names none that can be read."""
    try:
        granted = msgspec.json.decode(sent, type=_Scopes)
    except UNDECODABLE:
        granted = None
    named = granted if isinstance(granted, list) else (asked if granted is None else granted).split()
    scopes = [scope for scope in named if isinstance(scope, str) and _SCOPE.fullmatch(scope)]
    return tuple(scopes[:MAX_SCOPES])


def _usable_seconds(expires_in: msgspec.Raw) -> float:
    try:
        lifetime = float(msgspec.json.decode(expires_in, type=str | int | float))
    except (*UNDECODABLE, ValueError, OverflowError):
        return math.inf
    return max(lifetime - RENEWAL_SECONDS, lifetime / 2) if lifetime > 0 else math.inf
