"""Events, for what a person should act on or will want to know: where a condition turned."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oneroster_operator.api import group
from oneroster_operator.api.conditions import Condition, ConditionType
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller.readiness import TRANSIENT

_TOLD_WHEN = {
    ConditionType.CREDENTIALS_VALID: "False",
    ConditionType.SCHOOLS_MATCHED: "False",
    ConditionType.LAST_SYNC_SUCCEEDED: "False",
    ConditionType.CHANGES_HELD: "True",
}
_READY_REASONS = frozenset(
    {"AwaitingConfirmation", "PreviewFailed", "Scheduled", "Paused", "SyncFailing", "SyncLate"}
)
_MOST_NOTE = 1000
"""Below the 1,024 bytes that an event's note may have."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event on the connection."""

    type: str
    """Normal or Warning."""
    reason: str
    message: str


def worth_telling(before: Sequence[Condition], after: Sequence[Condition]) -> list[Event]:
    """An event for each condition that turned to what a person should know of."""
    old = {condition.type: condition for condition in before}
    events = []
    for condition in after:
        known = old.get(condition.type)
        if known is not None and (known.status, known.reason) == (condition.status, condition.reason):
            continue
        if _TOLD_WHEN.get(condition.type) == condition.status:
            events.append(Event("Warning", condition.reason, condition.message))
        elif condition.type is ConditionType.READY and _worth_it(condition):
            kind = "Warning" if condition.status == "False" and "Awaiting" not in condition.reason else "Normal"
            events.append(Event(kind, condition.reason, condition.message))
        elif condition.type is ConditionType.CREDENTIALS_VALID and condition.status == "True":
            events.append(_credentials(condition))
        elif condition.type is ConditionType.STALLED and condition.reason not in {e.reason for e in events}:
            events.append(Event("Warning", condition.reason, condition.message))
    return events


def _worth_it(condition: Condition) -> bool:
    return condition.reason in _READY_REASONS or condition.reason in TRANSIENT


def _credentials(condition: Condition) -> Event:
    if condition.reason == "RefusedOnce":
        return Event("Warning", condition.reason, condition.message)
    return Event("Normal", "CredentialsAccepted", condition.message)


def manifest(connection: Connection, event: Event, now: dt.datetime, suffix: str) -> dict[str, Any]:
    """The event as an object of the core API; `suffix` tells it from others of the same connection."""
    time = rfc3339(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{connection.name}.{suffix}", "namespace": connection.namespace},
        "involvedObject": {
            "apiVersion": group.API_VERSION,
            "kind": group.KIND,
            "namespace": connection.namespace,
            "name": connection.name,
            "uid": connection.uid,
        },
        "type": event.type,
        "reason": event.reason,
        "message": event.message[:_MOST_NOTE],
        "source": {"component": group.FIELD_MANAGER},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
