"""Conditions of a OneRosterConnection, in the shape of metav1.Condition.

Source: Kubernetes API conventions, "Typical status properties"; kstatus for `Reconciling` and `Stalled`.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from oneroster_operator.api.schema import Generation, Part, Time

MAX_MESSAGE = 1024


class ConditionType(StrEnum):
    """What can be said of a connection."""

    READY = "Ready"
    CREDENTIALS_VALID = "CredentialsValid"
    SCHOOLS_MATCHED = "SchoolsMatched"
    SCHEDULED = "Scheduled"
    LAST_SYNC_SUCCEEDED = "LastSyncSucceeded"
    PAUSED = "Paused"
    CHANGES_HELD = "ChangesHeld"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


ALWAYS = tuple(t for t in ConditionType if t not in {"ChangesHeld", "Reconciling", "Stalled"})
"""Set from the first visit on, Unknown where nothing is known. The others are there only while True."""

Tristate = Literal["True", "False", "Unknown"]


class Condition(Part):
    """One aspect of the connection's state, as last observed."""

    type: ConditionType = Field(description="The aspect; at most one condition of each type.")
    status: Tristate = Field(description="True, False, or Unknown where the operator cannot tell.")
    observed_generation: Generation = Field(
        ge=0, description="metadata.generation of the spec that this was said of."
    )
    last_transition_time: Time = Field(description="Since when status has been what it is.")
    reason: str = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description="Why, as a CamelCase word that a script can switch on.",
    )
    message: str = Field(max_length=MAX_MESSAGE, description="Why, as a sentence that says what to do, and where.")
