"""Which call to the outside is due: test the credentials, import the schools, read a preview."""

import datetime as dt
from collections.abc import Iterable

from oneroster_operator.api.report import Outcome
from oneroster_operator.api.status import ConnectionStatus, Credentials, SchoolsStatus
from oneroster_operator.api.times import instant
from oneroster_operator.controller import hashes, ownership, preview, requests, review, schedule, verdict
from oneroster_operator.controller.observed import Call, CallKind, Observed, SecretState
from oneroster_operator.controller.settings import Settings

Due = tuple[Call | None, dt.datetime | None]
"""The call to make now, or when the next one is due."""


def next_call(observed: Observed, settings: Settings) -> Due:
    """One call at a time, in the order in which each needs the one before. The credentials' Secret is usable."""
    connection, now = observed.connection, observed.now
    status = connection.status
    inputs = hashes.credentials_inputs(connection, observed.credentials, settings.allowed_networks)
    test_at = verdict.next_test(status.credentials, inputs, _spread(observed))
    if _due(test_at, status.credentials, now) or requests.asked(connection, "test") or _refused_a_run(status):
        return Call(CallKind.TEST, inputs), None
    if status.credentials is None or status.credentials.outcome != verdict.ACCEPTED:
        return None, test_at
    if observed.platform.state is not SecretState.USABLE:
        return None, test_at
    call, import_at = _import(observed)
    if call is not None:
        return call, None
    call, preview_at = _preview(observed)
    return call, earliest((test_at, import_at, preview_at))


def _due(at: dt.datetime | None, known: Credentials | SchoolsStatus | None, now: dt.datetime) -> bool:
    """Whether the time has come; also where what is known bears a time to come, from a clock that was set back."""
    return at is None or at <= now or (known is not None and instant(known.checked_time) > now)


def _refused_a_run(status: ConnectionStatus) -> bool:
    """Whether a run was refused since the credentials were last tested."""
    checked = instant(status.credentials.checked_time) if status.credentials else None
    runs = [entry.last_run for entry in status.categories if entry.last_run is not None]
    return any(
        run.outcome is Outcome.REFUSED and checked is not None and instant(run.time) > checked for run in runs
    )


def import_due(observed: Observed) -> bool:
    """Whether the schools are to be imported now, or as soon as a failed import may be tried again."""
    return _due(_next_import(observed), observed.connection.status.schools, observed.now)


def _next_import(observed: Observed) -> dt.datetime | None:
    status = observed.connection.status
    if ownership.lost(status):
        return None
    answer = status.requests.test
    tested = answer.time if answer and answer.outcome == verdict.ACCEPTED else None
    inputs = hashes.schools_inputs(observed.connection)
    return review.next_import(status.schools, inputs, tested=tested, spread=_spread(observed))


def _import(observed: Observed) -> Due:
    if not import_due(observed):
        return None, _next_import(observed)
    inputs = hashes.schools_inputs(observed.connection)
    postponed = observed.postponed.get(CallKind.IMPORT)
    if postponed is not None and postponed.inputs == inputs and postponed.until > observed.now:
        return None, postponed.until
    return Call(CallKind.IMPORT, inputs), None


def _preview(observed: Observed) -> Due:
    token = preview.wanted(observed.connection, observed.now)
    if token is None:
        return None, preview.retry_time(observed.connection)
    job = observed.job("preview", token)
    if job is None or job.finished is None:
        return None, None
    postponed = observed.postponed.get(CallKind.READ_PREVIEW)
    if postponed is not None and postponed.inputs == token and postponed.until > observed.now:
        return None, postponed.until
    return Call(CallKind.READ_PREVIEW, token, job.name), None


def earliest(times: Iterable[dt.datetime | None]) -> dt.datetime | None:
    """The first of the times that are known."""
    return min((t for t in times if t is not None), default=None)


def _spread(observed: Observed) -> float:
    return schedule.spread(observed.connection.key)
