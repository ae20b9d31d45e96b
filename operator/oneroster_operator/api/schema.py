"""How a pydantic model becomes a part of a CustomResourceDefinition: names, bounds, list types, CEL rules."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """A part of the resource: camelCase on the wire, immutable, blind to fields of other versions."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules for `json_schema_extra`, each an expression and what the user is told to write instead.

    Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
    """
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


def matching(pattern: str, message: str, *, max_length: int) -> Any:
    """A field whose text has a form. The API server refuses another with the message, not with the pattern.

    Pydantic goes by the pattern itself; both kinds of regular expression read it alike.
    """

    def explained(schema: dict[str, Any]) -> None:
        schema.update(rules((f"self.matches(r'{schema.pop('pattern')}')", message)))

    return Field(max_length=max_length, pattern=pattern, json_schema_extra=explained)


def list_map(key: str) -> dict[str, Any]:
    """The list is merged item by item, told apart by `key`."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


LIST_SET: Final[dict[str, JsonValue]] = {"x-kubernetes-list-type": "set"}
LIST_ATOMIC: Final[dict[str, JsonValue]] = {"x-kubernetes-list-type": "atomic"}

SourcedId = Annotated[str, Field(min_length=1, max_length=255)]
"""An id as the district's OneRoster service gives it (a GUID is a string of at most 255 in practice)."""

PlatformId = Annotated[str, Field(min_length=1, max_length=128)]
"""An id of a district or a school as the platform has it."""

Time = Annotated[str, Field(max_length=35, json_schema_extra={"format": "date-time"})]
"""An instant in RFC 3339, UTC, whole seconds."""

Generation = Annotated[int, Field(le=2**53 - 1, json_schema_extra={"format": "int64"})]
"""`metadata.generation`; the bound is the largest integer that a JSON number holds exactly."""

Word = Annotated[str, Field(max_length=64)]
"""A CamelCase word that a script can switch on."""

Sentence = Annotated[str, Field(max_length=1024)]
"""Text for a person."""

Count = Annotated[int, Field(ge=0, le=2_147_483_647, json_schema_extra={"format": "int32"})]
