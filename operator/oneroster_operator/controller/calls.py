"""The calls to the outside: the district's service, and the platform's database."""

import asyncio
import base64
from collections import defaultdict
from urllib.parse import urlsplit

from oneroster_operator.api.plan import ALLOWED_HOSTS_KEY, CLIENT_ID_KEY, CLIENT_SECRET_KEY, OPERATOR_URL_KEY
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.spec import AuthType
from oneroster_operator.api.status import Link
from oneroster_operator.controller import hashes
from oneroster_operator.controller.cluster import Cluster
from oneroster_operator.controller.observed import Call, CallKind
from oneroster_operator.controller.preview import Counted, Previewed, previewed
from oneroster_operator.controller.review import Imported, moved
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.take_in import Result
from oneroster_operator.controller.verdict import Tested, tested
from oneroster_operator.matching.district import DistrictOrgUnclear, district_of, schools_of
from oneroster_operator.matching.match import match
from oneroster_operator.oneroster import (
    DistrictError,
    Endpoint,
    OAuth1,
    OAuth2,
    OneRosterClient,
    Organizations,
    Patience,
    hosts_in,
)
from oneroster_operator.platform.connection import PlatformError, connect
from oneroster_operator.platform.directory import DistrictUnknown, links, schools
from oneroster_operator.platform.grants import check_granted
from oneroster_operator.platform.identities import identity_of
from oneroster_operator.platform.owners import DistrictOwner, claim
from oneroster_operator.platform.runs import RunRecord, category_report, runs_of_job
from oneroster_operator.platform.schema import check_schema

_AT_ONCE, _PER_HOST, _TO_PLATFORM = 32, 2, 8
"""Most calls in flight: to all districts, to one host, to the database."""

_FOUND_BY_EVIDENCE = frozenset({Link.IDENTIFIER, Link.NAME, Link.EARLIER, Link.MISSING})
_LONGEST_ID = 255
_PATIENCE = Patience(tries=2, waiting=10.0)
"""Short: while one district is waited for, others are not worked on. What failed is tried again later."""


class CallFailed(Exception):
    """A call that brought no result; `reason` is a CamelCase word, the message one sentence for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Caller:
    """Makes the calls, so many at a time and no more."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._districts = asyncio.Semaphore(_AT_ONCE)
        self._hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_PER_HOST))
        self._platform = asyncio.Semaphore(_TO_PLATFORM)

    async def perform(self, call: Call, connection: Connection) -> Result:
        """The call's result. Raises `CallFailed` and `ApiError`."""
        if call.kind is CallKind.TEST:
            return await self._test(call, connection)
        if call.kind is CallKind.IMPORT:
            return await self._import(call, connection)
        return await self._read_preview(call, connection)

    async def records(self, connection: Connection, job: str) -> list[RunRecord]:
        """What the platform knows of a Job's runs. Raises `CallFailed`."""
        url = (await self._secret(connection, connection.spec.platform_ref.name)).get(OPERATOR_URL_KEY, "")
        try:
            async with self._platform, await connect(url, application="oneroster-operator") as database:
                await check_schema(database)
                return await runs_of_job(database, connection.spec.district_id, job)
        except PlatformError as error:
            raise CallFailed(error.reason, error.message) from None

    async def _test(self, call: Call, connection: Connection) -> Tested:
        client = await self._client(connection)
        async with self._districts, self._host(connection), client:
            return tested(call.inputs, await client.probe())

    async def _import(self, call: Call, connection: Connection) -> Imported:
        client = await self._client(connection)
        try:
            async with self._districts, self._host(connection), client:
                listed = await client.organizations()
        except DistrictError as error:
            raise CallFailed(error.reason, error.message) from None
        return await self._match(call, connection, listed)

    async def _match(self, call: Call, connection: Connection, listed: Organizations) -> Imported:
        spec = connection.spec
        orgs = [o for o in listed.orgs if o.status == "active" and len(o.sourced_id) <= _LONGEST_ID]
        unusable = len(listed.rejected) + sum(len(o.sourced_id) > _LONGEST_ID for o in listed.orgs)
        url = (await self._secret(connection, spec.platform_ref.name)).get(OPERATOR_URL_KEY, "")
        try:
            district = district_of(orgs, spec.schools.district_org)
            async with self._platform, await connect(url, application="oneroster-operator") as database:
                await check_schema(database)
                platform = await schools(database, spec.district_id)
                await check_granted(database, spec.district_id)
                await claim(database, spec.district_id, self._owner(connection))
                known = await links(database, spec.district_id)
                source = await identity_of(database, spec.district_id)
        except PlatformError as error:
            raise CallFailed(error.reason, error.message) from None
        except DistrictOrgUnclear as error:
            raise CallFailed("DistrictOrgNeeded", str(error)) from None
        except DistrictUnknown:
            raise CallFailed(
                "DistrictUnknown",
                f"the platform has no district {spec.district_id}: correct spec.districtId, or have the "
                "platform's administrator add the district",
            ) from None
        elsewhere = moved(connection) or (source is not None and source.fingerprint != hashes.endpoint(connection))
        items = match(
            schools_of(orgs, spec.schools.district_org),
            platform,
            assignments=spec.schools.assignments,
            known=({} if elsewhere else known) | found_before(connection),
            confirmed=bool(known) or connection.status.first_confirmed_time is not None,
        )
        return Imported(call.inputs, tuple(items), district.sourced_id if district else None, unusable)

    def _owner(self, connection: Connection) -> DistrictOwner:
        return DistrictOwner(self._settings.cluster, connection.namespace, connection.name)

    async def _read_preview(self, call: Call, connection: Connection) -> Previewed:
        records = await self.records(connection, call.job)
        counted = tuple(
            Counted(category_report(r), r.total, r.new_admins, dict(r.schools)) for r in records if r.dry_run
        )
        lost = "" if counted else f"Job {call.job} left no counts; see its pod"
        return previewed(call.inputs, counted, max((r.finished_at for r in records), default=None), lost)

    async def _client(self, connection: Connection) -> OneRosterClient:
        spec = connection.spec
        secret = await self._secret(connection, spec.auth.secret_ref.name)
        client_id, client_secret = secret.get(CLIENT_ID_KEY, ""), secret.get(CLIENT_SECRET_KEY, "")
        hosts = hosts_in(secret[ALLOWED_HOSTS_KEY]) if ALLOWED_HOSTS_KEY in secret else None
        endpoint = Endpoint(spec.endpoint.url, spec.endpoint.version.value, spec.endpoint.ca_bundle)
        credentials: OAuth1 | OAuth2
        if spec.auth.type is AuthType.OAUTH1:
            credentials = OAuth1(client_id, client_secret, hosts)
        else:
            token_url, scopes = spec.auth.token_url or "", tuple(spec.auth.scopes)
            credentials = OAuth2(client_id, client_secret, token_url, scopes, hosts)
        return OneRosterClient(
            endpoint, credentials, allowed_networks=self._settings.allowed_networks, patience=_PATIENCE
        )

    async def _secret(self, connection: Connection, name: str) -> dict[str, str]:
        """The Secret's values as text; empty where it is gone since it was looked at."""
        manifest = await self._cluster.get("Secret", connection.namespace, name)
        data: dict[str, str] = (manifest or {}).get("data") or {}
        return {key: base64.b64decode(value).decode(errors="replace").strip() for key, value in data.items()}

    def _host(self, connection: Connection) -> asyncio.Semaphore:
        return self._hosts[urlsplit(connection.spec.endpoint.url).netloc]


def found_before(connection: Connection) -> dict[str, str]:
    """Links that a confirmed connection has in status; they go before those that the platform stored earlier."""
    schools = connection.status.schools
    if schools is None or connection.status.first_confirmed_time is None or moved(connection):
        return {}
    return {i.sourced_id: i.school_id for i in schools.items if i.link in _FOUND_BY_EVIDENCE and i.school_id}
