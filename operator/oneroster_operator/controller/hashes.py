"""What a result depends on, as a hash: the operator asks again only when one of these changes."""

import json
from typing import Any

from oneroster_operator.api.plan import digest
from oneroster_operator.api.resource import Connection
from oneroster_operator.controller.observed import SecretView

_NOT_REVIEWED = {"confirmed", "paused", "pause_reason", "schedule"}


def credentials_inputs(connection: Connection, secret: SecretView) -> str:
    """Of a test of the credentials."""
    spec = connection.spec.model_dump(mode="json", include={"endpoint", "auth"})
    return _hash([spec, secret.version])


def schools_inputs(connection: Connection) -> str:
    """Of an import of the schools. A rotated Secret is no reason to import again."""
    spec = connection.spec.model_dump(mode="json", include={"district_id", "endpoint", "platform_ref", "schools"})
    return _hash(spec)


def preview_inputs(connection: Connection) -> str:
    """Of what a person confirms: the spec but for `confirmed`, `paused`, `pauseReason` and `schedule`."""
    return _hash(connection.spec.model_dump(mode="json", exclude=_NOT_REVIEWED))


def _hash(value: Any) -> str:
    return digest(json.dumps(value, sort_keys=True))
