"""What a result depends on, as a hash: the operator asks again only when one of these changes."""

import json
from typing import Any

from oneroster_operator.api.plan import digest, identity_fingerprint
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import SYNCED, SchoolsStatus
from oneroster_operator.controller.observed import SecretView
from oneroster_operator.oneroster.addresses import Networks

_NOT_REVIEWED = {"confirmed", "paused", "pause_reason", "schedule", "sync"}


def credentials_inputs(connection: Connection, secret: SecretView, allowed_networks: Networks) -> str:
    """Of a test of the credentials. Where other networks are allowed now, an address may be judged otherwise."""
    spec = connection.spec.model_dump(mode="json", include={"endpoint", "auth"})
    return _hash([spec, secret.version, *map(str, allowed_networks)])


def schools_inputs(connection: Connection) -> str:
    """Of an import of the schools. A rotated Secret is no reason to import again."""
    spec = connection.spec.model_dump(mode="json", include={"district_id", "endpoint", "platform_ref", "schools"})
    return _hash(spec)


def preview_inputs(connection: Connection) -> str:
    """Of what a person confirms: the spec but for `confirmed`, `paused`, `pauseReason`, `schedule` and `sync`."""
    return _hash(connection.spec.model_dump(mode="json", exclude=_NOT_REVIEWED))


def reviewed_links(schools: SchoolsStatus | None) -> str:
    """Of the links that a preview counted by and that a person reviews with it."""
    items = schools.items if schools else []
    linked = sorted((i.sourced_id, i.school_id) for i in items if i.link in SYNCED)
    return _hash([linked, schools.district_org if schools else None])


def endpoint(connection: Connection) -> str:
    """Of the service that is asked: another address or version may give the same schools and people other ids."""
    return identity_fingerprint(connection.spec.endpoint.url, connection.spec.endpoint.version.value)


def _hash(value: Any) -> str:
    return digest(json.dumps(value, sort_keys=True))
