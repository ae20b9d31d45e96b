"""A statement becomes a condition."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oneroster_operator.api.conditions import MAX_MESSAGE, Condition, ConditionType, Tristate
from oneroster_operator.api.times import rfc3339

TRUE: Tristate = "True"
FALSE: Tristate = "False"
UNKNOWN: Tristate = "Unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is to be said under one condition type: one sentence that tells what to do, where."""

    status: Tristate
    reason: str
    message: str


def conditions(
    statements: Iterable[tuple[ConditionType, Statement]],
    previous: Sequence[Condition],
    generation: int,
    now: dt.datetime,
) -> list[Condition]:
    """The statements as conditions; a transition time moves only where the status does."""
    before = {condition.type: condition for condition in previous}
    made = []
    for type_, statement in statements:
        old = before.get(type_)
        same = old is not None and old.status == statement.status
        made.append(
            Condition(
                type=type_,
                status=statement.status,
                observed_generation=generation,
                last_transition_time=old.last_transition_time if old and same else rfc3339(now),
                reason=statement.reason,
                message=clean(statement.message),
            )
        )
    return made


def clean(text: str, limit: int = MAX_MESSAGE) -> str:
    """Text from anywhere as one line without control characters, at most `limit` characters long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
