"""Signatures of OAuth 1.0a: HMAC-SHA256, which authlib does not bring, over its base string.

Source: RFC 5849 sections 3.4 and 3.5; HMAC-SHA256 as ClassLink's samples use it.
"""

import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, Final

from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.errors import InsecureTransportError
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import generate_signature_base_string
from authlib.oauth1.rfc5849.util import escape

from oneroster_operator.oneroster.access import OAuth1
from oneroster_operator.oneroster.errors import Refused

HMAC_SHA256: Final = "HMAC-SHA256"


def _sign_hmac_sha256(client: Any, request: Any) -> str:
    key = f"{escape(client.client_secret)}&".encode()
    digest = hmac.digest(key, generate_signature_base_string(request).encode(), hashlib.sha256)
    return binascii.b2a_base64(digest, newline=False).decode()


ClientAuth.register_signature_method(HMAC_SHA256, _sign_hmac_sha256)


def authorization(credentials: OAuth1, url: str, *, nonce: str, timestamp: int) -> str:
    """The `Authorization` header of `GET url`, where `url` is percent-encoded exactly as it will be sent."""
    client = ClientAuth(credentials.client_id, credentials.client_secret, signature_method=HMAC_SHA256)
    parameters = client.get_oauth_params(nonce, str(timestamp))
    signature = client.get_oauth_signature("GET", url, prepare_headers(parameters), b"")
    header: str = prepare_headers([*parameters, ("oauth_signature", signature)])["Authorization"]
    return header


class OAuth1Signer:
    """Signs each request afresh: a nonce is good for one."""

    description: Final = f"OAuth1 ({HMAC_SHA256})"
    granted_scopes: Final[tuple[str, ...]] = ()

    def __init__(self, credentials: OAuth1, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    async def authorization(self, url: str) -> str:
        """The header for one try of `GET url`. Raises `Refused` where the URL is not secure enough to sign for."""
        try:
            return authorization(self._credentials, url, nonce=secrets.token_hex(16), timestamp=int(self._clock()))
        except InsecureTransportError:
            pass
        message = "OAuth 1 works over https only: give the endpoint URL with https."
        raise Refused("InvalidEndpoint", message, "connection")

    def renew(self, _refused: str) -> bool:
        """Whether another try could fare better after a 401: no, there is nothing to renew."""
        return False

    def rejection(self, place: str) -> Refused:
        """What a 401 on a call means."""
        return Refused(
            "InvalidCredentials",
            f"{place} refuses the OAuth 1 signature: check the client id and the client secret with the district, "
            "and that the clocks agree.",
            "call",
        )
