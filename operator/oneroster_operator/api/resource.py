"""A OneRosterConnection as the API server hands it over."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from oneroster_operator.api.spec import ConnectionSpec
from oneroster_operator.api.status import ConnectionStatus


@dataclass(frozen=True, slots=True)
class Connection:
    """One object: what identifies it, its spec and its last status."""

    namespace: str
    name: str
    uid: str
    generation: int
    annotations: dict[str, str]
    spec: ConnectionSpec
    status: ConnectionStatus
    deleting: bool = False

    @property
    def key(self) -> str:
        """Namespace and name, as one string."""
        return f"{self.namespace}/{self.name}"


class InvalidSpec(Exception):
    """The object's spec got past the schema and still cannot be understood. The message says which field."""


def parse(body: dict[str, Any]) -> Connection:
    """The object in typed form. A status that another version wrote and that does not parse counts as empty.

    Raises `InvalidSpec`.
    """
    metadata = body["metadata"]
    try:
        spec = ConnectionSpec.model_validate(body.get("spec") or {})
    except ValidationError as error:
        raise InvalidSpec(_sentence(error)) from None
    return Connection(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        annotations=dict(metadata.get("annotations") or {}),
        spec=spec,
        status=parse_status(body.get("status")),
        deleting="deletionTimestamp" in metadata,
    )


def parse_status(status: dict[str, Any] | None) -> ConnectionStatus:
    """The last status, empty where there is none or it is not understood."""
    try:
        return ConnectionStatus.model_validate(status or {})
    except ValidationError:
        return ConnectionStatus()


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(("spec", *(str(part) for part in first["loc"])))
    return f"{field}: {first['msg']}"
