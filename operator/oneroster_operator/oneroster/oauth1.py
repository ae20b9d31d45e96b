"""Signatures of OAuth 1.0a, HMAC-SHA256 and HMAC-SHA1: authlib's base string, of which it brings SHA1 only.

Source: RFC 5849 sections 3.4 and 3.5; HMAC-SHA256 as ClassLink's samples use it, HMAC-SHA1 as older servers want.
"""

import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, Final, Literal

from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.errors import InsecureTransportError
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import generate_signature_base_string
from authlib.oauth1.rfc5849.util import escape

from oneroster_operator.oneroster.access import OAuth1
from oneroster_operator.oneroster.errors import Refused

SignatureMethod = Literal["HMAC-SHA256", "HMAC-SHA1"]
_OTHER: Final[dict[SignatureMethod, SignatureMethod]] = {"HMAC-SHA256": "HMAC-SHA1", "HMAC-SHA1": "HMAC-SHA256"}


def _sign_hmac_sha256(client: Any, request: Any) -> str:
    key = f"{escape(client.client_secret)}&".encode()
    digest = hmac.digest(key, generate_signature_base_string(request).encode(), hashlib.sha256)
    return binascii.b2a_base64(digest, newline=False).decode()


ClientAuth.register_signature_method("HMAC-SHA256", _sign_hmac_sha256)


def authorization(
    credentials: OAuth1, url: str, *, nonce: str, timestamp: int, method: SignatureMethod = "HMAC-SHA256"
) -> str:
    """The `Authorization` header of `GET url`, where `url` is percent-encoded exactly as it will be sent."""
    client = ClientAuth(credentials.client_id, credentials.client_secret, signature_method=method)
    parameters = client.get_oauth_params(nonce, str(timestamp))
    signature = client.get_oauth_signature("GET", url, prepare_headers(parameters), b"")
    header: str = prepare_headers([*parameters, ("oauth_signature", signature)])["Authorization"]
    return header


class OAuth1Signer:
    """Signs each request afresh, for a nonce is good for one; by the method that the server was seen to accept."""

    granted_scopes: Final[tuple[str, ...]] = ()

    def __init__(self, credentials: OAuth1, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock
        self._method: SignatureMethod = "HMAC-SHA256"
        self._is_accepted = False

    @property
    def description(self) -> str:
        """The method that the server accepted; empty before it did."""
        return f"OAuth1 ({self._method})" if self._is_accepted else ""

    async def authorization(self, url: str) -> str:
        """The header for one try of `GET url`. Raises `Refused` where the URL is not secure enough to sign for."""
        nonce, timestamp = secrets.token_hex(16), int(self._clock())
        try:
            return authorization(self._credentials, url, nonce=nonce, timestamp=timestamp, method=self._method)
        except InsecureTransportError:
            pass
        message = "OAuth 1 works over https only: give the endpoint URL with https."
        raise Refused("InvalidEndpoint", message, "name")

    def accept(self, header: str) -> None:
        """A request with this header was let in, so that its method is the one."""
        self._method, self._is_accepted = _method_of(header), True

    def renew(self, refused: str) -> bool:
        """Whether another try could fare better after a 401: by the other method, until one was accepted."""
        if _method_of(refused) == self._method:
            if self._is_accepted:
                return False
            self._method = _OTHER[self._method]
        return True

    def rejection(self, where: str, clock_skew: str) -> Refused:
        """What a 401 on a call means: requests are stamped with the time, so that the clocks go first."""
        if clock_skew:
            return Refused("ClockSkew", f"{where} refuses us (401), and {clock_skew}", "call")
        return Refused(
            "InvalidCredentials",
            f"{where} refuses the OAuth 1 signature: check the client id and the client secret with the district, "
            "and that the clocks agree.",
            "call",
        )


def _method_of(header: str) -> SignatureMethod:
    return "HMAC-SHA1" if 'oauth_signature_method="HMAC-SHA1"' in header else "HMAC-SHA256"
