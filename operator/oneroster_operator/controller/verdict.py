"""Verdicts on credentials: an outage is not a wrong password, and a refusal is not for ever."""

import datetime as dt
from dataclasses import dataclass

from oneroster_operator.api.status import Credentials
from oneroster_operator.api.times import instant, rfc3339
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement, clean
from oneroster_operator.oneroster import Verdict

ACCEPTED, REFUSED, UNREACHABLE = "Accepted", "Refused", "Unreachable"

WRONG_SECRET = frozenset({"InvalidCredentials", "TokenRejected"})
"""Reasons of a refusal that another Secret mends."""

CONFIRM_REFUSAL_AFTER = dt.timedelta(minutes=10)
"""What worked before counts as refused only when it is refused again after this time."""

FIRST_RETEST = dt.timedelta(minutes=5)
LONGEST_RETEST = dt.timedelta(hours=6)
"""A refusal expires, doubling up to this: an account that is locked out stays locked out by hasty retries."""

FIRST_RETRY = dt.timedelta(seconds=15)
LONGEST_RETRY = dt.timedelta(minutes=10)
"""An outage locks nobody out, and what was just applied may be waiting for a server that is still starting."""

FRESH_FOR = dt.timedelta(hours=24)
"""So long good credentials are not asked again; runs use them in between."""

_SCOPES_SHOWN, _SCOPE_LENGTH = 16, 256
_FACTS_SHOWN, _FACT_LENGTH = 16, 256


@dataclass(frozen=True, slots=True)
class Tested:
    """The result of one test, with the hash of what was tested."""

    inputs: str
    outcome: str
    reason: str
    message: str
    authentication: str = ""
    granted_scopes: tuple[str, ...] = ()
    stage: str = ""
    evidence: tuple[str, ...] = ()


def tested(inputs: str, found: Verdict) -> Tested:
    """What the client found, as a result of the test of `inputs`."""
    return Tested(
        inputs=inputs,
        outcome=found.outcome,
        reason=found.reason,
        message=found.message,
        authentication=found.authentication,
        granted_scopes=found.granted_scopes,
        stage=found.stage,
        evidence=found.evidence,
    )


def after_test(previous: Credentials | None, tested: Tested, now: dt.datetime) -> Credentials:
    """What is known of the credentials after this test. An outage leaves a refusal that stands as it is."""
    time = rfc3339(now)
    accepted = tested.outcome == ACCEPTED
    same = previous is not None and previous.inputs_hash == tested.inputs
    if previous is not None and same and tested.outcome == UNREACHABLE and stands_refused(previous):
        return previous.model_copy(update={"checked_time": time, "failures": previous.failures + 1})
    refused_since = None
    if tested.outcome == REFUSED:
        refused_since = previous.refused_since if previous and same and previous.refused_since else time
    elif tested.outcome == UNREACHABLE and previous and same:
        refused_since = previous.refused_since
    return Credentials(
        checked_time=time,
        inputs_hash=tested.inputs,
        outcome=tested.outcome,
        reason=tested.reason,
        detail=clean(tested.message),
        stage=tested.stage,
        evidence=[clean(fact, _FACT_LENGTH) for fact in tested.evidence[:_FACTS_SHOWN]],
        authentication=tested.authentication or (previous.authentication if previous and same else ""),
        granted_scopes=[clean(scope, _SCOPE_LENGTH) for scope in tested.granted_scopes[:_SCOPES_SHOWN]]
        or (previous.granted_scopes if previous and same and not accepted else []),
        accepted_time=time if accepted else (previous.accepted_time if previous else None),
        accepted_hash=tested.inputs if accepted else (previous.accepted_hash if previous else ""),
        refused_since=refused_since,
        failures=0 if accepted else (previous.failures + 1 if previous and same else 1),
    )


def statement(credentials: Credentials | None, inputs: str) -> Statement:
    """`CredentialsValid`, for the Secret and spec that `inputs` stands for."""
    if credentials is None or credentials.inputs_hash != inputs:
        return Statement(UNKNOWN, "Testing", "The credentials are being tested.")
    if credentials.outcome == ACCEPTED:
        return Statement(TRUE, ACCEPTED, credentials.detail)
    if stands_refused(credentials):
        return Statement(FALSE, credentials.reason, credentials.detail)
    if credentials.outcome == REFUSED:
        return Statement(
            TRUE,
            "RefusedOnce",
            f"Worked until now and was refused once; asked again within 10 minutes. {credentials.detail}",
        )
    return Statement(UNKNOWN, credentials.reason, credentials.detail)


def stands_refused(credentials: Credentials) -> bool:
    """Whether the district has refused them for good: what is new once, what worked before twice."""
    return credentials.outcome == REFUSED and not _doubted(credentials)


def _doubted(credentials: Credentials) -> bool:
    """Refused, but it worked before and the refusal has not been confirmed by a second one."""
    if credentials.accepted_hash != credentials.inputs_hash or credentials.refused_since is None:
        return False
    return instant(credentials.checked_time) - instant(credentials.refused_since) < CONFIRM_REFUSAL_AFTER


def next_test(credentials: Credentials | None, inputs: str, spread: float) -> dt.datetime | None:
    """When the credentials are to be tested again; None means now. `spread` is within 0 and 1, stable."""
    if credentials is None or credentials.inputs_hash != inputs:
        return None
    checked = instant(credentials.checked_time)
    if credentials.outcome == ACCEPTED:
        return checked + FRESH_FOR * (0.9 + 0.2 * spread)
    if credentials.outcome == REFUSED and _doubted(credentials):
        return checked + CONFIRM_REFUSAL_AFTER
    refused = credentials.outcome == REFUSED
    first, longest = (FIRST_RETEST, LONGEST_RETEST) if refused else (FIRST_RETRY, LONGEST_RETRY)
    delay = min(first * (1 << min(credentials.failures - 1, 10)), longest)
    return checked + delay * (0.9 + 0.2 * spread)
