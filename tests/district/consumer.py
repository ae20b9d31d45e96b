"""A consumer for tests of the district itself: asks exactly what it is told to, and keeps the whole answer."""

import hashlib
import secrets
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.district.oauth1 import signature
from tests.district.running import RunningDistrict
from tests.district.settings import SignatureMethod

_DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def total(self) -> int:
        return int(self.headers["X-Total-Count"])


class Consumer:
    def __init__(self, district: RunningDistrict, session: aiohttp.ClientSession) -> None:
        self._district = district
        self._session = session
        self.token: str | None = None
        self.signature_method: SignatureMethod = "HMAC-SHA256"

    @property
    def token_url(self) -> str:
        assert self._district.token_url is not None
        return self._district.token_url

    async def ask_for_token(
        self,
        form: Mapping[str, str] | None = None,
        *,
        basic: bool = True,
        encoded: bool = True,
        client_secret: str | None = None,
        url: str | None = None,
    ) -> Answer:
        """Asks the token endpoint with the right credentials, unless told otherwise, and keeps the token.

        ``encoded``: whether Basic has id and secret form-encoded.
        """
        district = self._district
        secret = district.client_secret if client_secret is None else client_secret
        data = {"grant_type": "client_credentials"} | dict(form or {})
        headers = {}
        if basic:
            pair = ":".join(quote(text, safe="") if encoded else text for text in (district.client_id, secret))
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            data |= {"client_id": district.client_id, "client_secret": secret}
        answer = await self._read(self._session.post(url or self.token_url, data=data, headers=headers))
        self.token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        return answer

    async def get(self, path: str, **query: str | int) -> Answer:
        """GETs ``path`` under the base URL with the bearer token, or signed where the district wants OAuth 1."""
        pairs = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
        url = f"{self._district.base_url}/{path}" + (f"?{pairs}" if pairs else "")
        headers = {}
        if self._district.token_url is None:
            headers["Authorization"] = self._sign(url)
        elif self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = self._session.get(URL(url, encoded=True), headers=headers, allow_redirects=False)
        return await self._read(request)

    def forget_cookies(self) -> None:
        self._session.cookie_jar.clear()

    def _sign(self, url: str) -> str:
        parameters = {
            "oauth_consumer_key": self._district.client_id,
            "oauth_nonce": secrets.token_hex(8),
            "oauth_signature_method": self.signature_method,
            "oauth_timestamp": str(int(time.time())),
            "oauth_version": "1.0",
        }
        signed = signature(
            "GET", url, parameters.items(), self._district.client_secret, _DIGESTS[self.signature_method]
        )
        pairs = (parameters | {"oauth_signature": signed}).items()
        return "OAuth " + ",".join(f'{name}="{quote(value, safe="")}"' for name, value in pairs)

    @staticmethod
    async def _read(request: Any) -> Answer:
        async with request as response:
            json = response.content_type == "application/json"
            return Answer(response.status, response.headers, await (response.json() if json else response.text()))


@asynccontextmanager
async def consumer_of(district: RunningDistrict) -> AsyncIterator[Consumer]:
    """A consumer with a token where the district issues tokens. Trusts the district's CA and no other."""
    context = ssl.create_default_context(cadata=district.ca_pem) if district.ca_pem else None
    if context is not None:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    connector = aiohttp.TCPConnector(ssl=context if context is not None else True)
    async with aiohttp.ClientSession(connector=connector) as session:
        consumer = Consumer(district, session)
        if district.token_url is not None:
            await consumer.ask_for_token()
        yield consumer
