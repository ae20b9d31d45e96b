"""The account that status gives: conditions, columns, schedule, next runs."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from oneroster_operator.api.category import in_order
from oneroster_operator.api.conditions import ConditionType
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import (
    AcceptedAdmins,
    CategoryStatus,
    ConnectionStatus,
    ScheduleStatus,
    Summary,
)
from oneroster_operator.api.times import instant, rfc3339
from oneroster_operator.controller import hashes, held, identity, preview, review, runs, schedule, verdict
from oneroster_operator.controller.cron_jobs import NOTHING_SCHEDULED, Scheduling
from oneroster_operator.controller.manifests import not_before
from oneroster_operator.controller.next_call import earliest
from oneroster_operator.controller.observed import CallKind, Observed, SecretState
from oneroster_operator.controller.readiness import FAILURES_TO_REPORT, Circumstances, Progress, ready
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement, conditions

_LATE_GRACE = dt.timedelta(hours=1)
"""For the run itself and its wait for the lock."""


@dataclass(frozen=True, slots=True)
class Account:
    """What else is known when the account is given."""

    invalid: Statement | None = None
    secret: Statement | None = None
    not_ours: Statement | None = None
    scheduling: Scheduling = NOTHING_SCHEDULED


def account(seen: Observed, settings: Settings, known: Account) -> tuple[ConnectionStatus, dt.datetime | None]:
    """The whole status, and when it will have changed though nothing happens."""
    connection, now = seen.connection, seen.now
    spec = connection.spec
    categories = _next_runs(seen, known)
    status = connection.status.model_copy(update={"categories": categories, **_confirmation(seen, known)})
    late, late_at = _late(seen, status, known)
    statements = _statements(seen, status, settings, known, late)
    return (
        status.model_copy(
            update={
                "observed_generation": connection.generation,
                "conditions": conditions(statements, connection.status.conditions, connection.generation, now),
                "summary": _summary(seen, status, dt.UTC if known.invalid else ZoneInfo(spec.schedule.time_zone)),
                "schedule": ScheduleStatus(
                    frequency=schedule.frequency_of(spec.schedule),
                    time_zone=spec.schedule.time_zone,
                    description=schedule.in_words(spec.schedule, connection.key),
                ),
            }
        ),
        earliest((late_at, *(instant(c.next_run) for c in categories if c.next_run))),
    )


def _next_runs(seen: Observed, known: Account) -> list[CategoryStatus]:
    """The categories with their CronJob's schedule and next slot; none while suspended or not scheduled."""
    cron_jobs = {m["metadata"]["name"]: m["spec"] for m in known.scheduling.cron_jobs}
    entries = []
    for entry in seen.connection.status.categories:
        wanted = cron_jobs.get(entry.cron_job)
        next_run = None
        if wanted is not None and not wanted["suspend"]:
            next_run = rfc3339(schedule.next_run(wanted["schedule"], wanted["timeZone"], seen.now))
        cron = wanted["schedule"] if wanted is not None else ""
        entries.append(entry.model_copy(update={"schedule": cron, "next_run": next_run}))
    return entries


def _confirmation(seen: Observed, known: Account) -> dict[str, Any]:
    """`confirmedTime` is when the spec in force took effect, `firstConfirmedTime` when the first one did."""
    connection = seen.connection
    status, now = connection.status, rfc3339(seen.now)
    accepted = [
        AcceptedAdmins(name=name, count=count) for name, count in preview.accepted_admins(connection).items()
    ]
    if not connection.spec.confirmed:
        return {"confirmed_time": None, "confirmed_endpoint": "", "accepted_admins": accepted}
    if known.scheduling.plan is None or status.preview is None:
        return {}
    confirmed = status.confirmed_time
    if confirmed is None or instant(confirmed) < instant(status.preview.time):
        confirmed = now
    return {
        "confirmed_time": confirmed,
        "first_confirmed_time": status.first_confirmed_time or confirmed,
        "confirmed_endpoint": status.confirmed_endpoint or hashes.endpoint(connection),
        "approved_endpoint": identity.approved(connection),
        "accepted_admins": accepted,
    }


def _late(seen: Observed, status: ConnectionStatus, known: Account) -> tuple[Statement | None, dt.datetime | None]:
    """A category whose data is older than two intervals; else when the first one will be."""
    if known.scheduling.plan is None or known.scheduling.suspend is not None or not status.confirmed_time:
        return None, None
    starts = {m["metadata"]["name"]: not_before(m) for m in known.scheduling.cron_jobs}
    since = {c.name: _counted_from(c, starts.get(c.cron_job, ""), status) for c in status.categories}
    if not since:
        return None, None
    name, time = min(since.items(), key=lambda item: item[1])
    due = schedule.second_run(seen.connection.spec.schedule, time) + _LATE_GRACE
    if due > seen.now:
        return None, due
    text = (
        f"{name} has not synced since {rfc3339(time)}, more than two intervals; "
        "look at its last run and its CronJob."
    )
    return Statement(FALSE, "SyncLate", text), None


def _counted_from(entry: CategoryStatus, start: str, status: ConnectionStatus) -> dt.datetime:
    """Lateness counts from the last success, or from when the CronJob came or was last resumed."""
    return max(instant(time) for time in (entry.last_success, status.confirmed_time, start) if time)


def _statements(
    seen: Observed, status: ConnectionStatus, settings: Settings, known: Account, late: Statement | None
) -> list[tuple[ConditionType, Statement]]:
    connection = seen.connection
    credentials = _credentials(seen, status, settings, known.secret)
    trouble = known.not_ours or _import_trouble(seen)
    schools = (
        trouble
        if trouble and status.schools is None
        else review.statement(status.schools, connection, settings.support)
    )
    changes_held = held.statement(connection, status)
    verdict_ready, progress = ready(
        Circumstances(
            invalid=known.invalid,
            secret=known.secret,
            credentials=credentials,
            reached_before=bool(status.credentials and status.credentials.accepted_time),
            import_trouble=trouble,
            imported=status.schools is not None,
            open_schools=status.schools.open + status.schools.proposed if status.schools else 0,
            linked=len(review.links(status.schools)),
            categories=len(connection.spec.categories),
            preview=_preview(seen),
            scheduled_before=any(c.owned for c in seen.cron_jobs),
            confirmed=connection.spec.confirmed,
            reconfirm=identity.reconfirm(connection),
            paused=known.scheduling.suspend if connection.spec.paused else None,
            suspended=known.scheduling.suspend,
            held=changes_held,
            failing=_failing(status),
            late=late,
            confirm=_confirm_command(connection),
            schedule=schedule.in_words(connection.spec.schedule, connection.key) if not known.invalid else "",
        )
    )
    made = [
        (ConditionType.READY, verdict_ready),
        (ConditionType.CREDENTIALS_VALID, credentials),
        (ConditionType.SCHOOLS_MATCHED, schools),
        (ConditionType.SCHEDULED, _scheduled(seen, known)),
        (ConditionType.LAST_SYNC_SUCCEEDED, runs.statement(status.categories)),
        (ConditionType.PAUSED, _paused(seen)),
    ]
    if changes_held is not None:
        made.append((ConditionType.CHANGES_HELD, changes_held))
    if progress is not Progress.NONE:
        made.append((ConditionType(progress.value), Statement(TRUE, verdict_ready.reason, verdict_ready.message)))
    return made


def _confirm_command(connection: Connection) -> str:
    patch = '{"spec":{"confirmed":true}}'
    return f"kubectl -n {connection.namespace} patch orc {connection.name} --type=merge -p '{patch}'"


def _credentials(
    seen: Observed, status: ConnectionStatus, settings: Settings, secret: Statement | None
) -> Statement:
    """`CredentialsValid`, with where to mend what the district's service refuses."""
    if secret is not None and seen.credentials.state is not SecretState.USABLE:
        return secret
    inputs = hashes.credentials_inputs(seen.connection, seen.credentials, settings.allowed_networks)
    said = verdict.statement(status.credentials, inputs)
    where = f"Secret {seen.connection.namespace}/{seen.credentials.name}"
    if said.status == FALSE and said.reason == "HostNotAllowed":
        return Statement(said.status, said.reason, f"{said.message} It is {where}.")
    if said.status == FALSE and said.reason in verdict.WRONG_SECRET:
        mend = f" Then correct clientId and clientSecret in {where}; what is suspended goes on by itself."
        return Statement(said.status, said.reason, said.message + mend)
    return said


def _preview(seen: Observed) -> Statement:
    """How the preview stands, and why its counts cannot be read where that is so."""
    said = preview.statement(seen.connection)
    postponed = seen.postponed.get(CallKind.READ_PREVIEW)
    if (
        said.status != UNKNOWN
        or postponed is None
        or postponed.inputs != preview.wanted(seen.connection, seen.now)
    ):
        return said
    return Statement(said.status, said.reason, f"The preview ran; its counts cannot be read: {postponed.message}")


def _import_trouble(seen: Observed) -> Statement | None:
    postponed = seen.postponed.get(CallKind.IMPORT)
    if postponed is None or postponed.inputs != hashes.schools_inputs(seen.connection):
        return None
    return Statement(FALSE, postponed.reason, postponed.message)


def _failing(status: ConnectionStatus) -> Statement | None:
    for entry in status.categories:
        if entry.failures >= FAILURES_TO_REPORT and entry.last_run is not None:
            last = entry.last_run
            text = f"{entry.name} failed {entry.failures} times in a row: {last.message} (Job {last.job})."
            return Statement(FALSE, "SyncFailing", text)
    return None


def _scheduled(seen: Observed, known: Account) -> Statement:
    wanted = known.scheduling
    if known.invalid is not None and not wanted.cron_jobs:
        return Statement(FALSE, known.invalid.reason, known.invalid.message)
    if not seen.connection.spec.confirmed:
        return Statement(FALSE, "NotConfirmed", "Nothing is scheduled before spec.confirmed is true.")
    if wanted.suspend is not None:
        return Statement(FALSE, wanted.suspend.reason, f"All CronJobs are suspended. {wanted.suspend.message}")
    if wanted.plan is None and not wanted.cron_jobs:
        return Statement(FALSE, "NotPreviewed", "Scheduled as soon as this spec has been previewed.")
    if wanted.plan is None:
        text = "What ran before goes on; the changed spec takes effect once it has been previewed."
        return Statement(TRUE, "PreviewingChange", text)
    words = schedule.in_words(seen.connection.spec.schedule, seen.connection.key)
    return Statement(TRUE, "Scheduled", f"{len(wanted.cron_jobs)} CronJobs run {words}.")


def _paused(seen: Observed) -> Statement:
    if not seen.connection.spec.paused:
        return Statement(FALSE, "NotPaused", "Syncs are not paused.")
    running = [c.name for c in seen.cron_jobs if c.owned and not c.suspended]
    if running:
        return Statement(FALSE, "Suspending", f"Not suspended yet: {', '.join(sorted(running))}.")
    reason = seen.connection.spec.pause_reason
    return Statement(TRUE, "Paused", f"Every CronJob is suspended{f': {reason}' if reason else '.'}")


def _summary(seen: Observed, status: ConnectionStatus, zone: dt.tzinfo) -> Summary:
    schools = status.schools
    to_link = schools.total - schools.ignored if schools else 0
    next_run = earliest(instant(c.next_run) for c in status.categories if c.next_run)
    last_run = max((instant(c.last_run.time) for c in status.categories if c.last_run), default=None)
    return Summary(
        schools=f"{schools.linked}/{to_link}" if schools else "",
        categories=", ".join(in_order(seen.connection.spec.categories)),
        next_sync=next_run.astimezone(zone).isoformat(timespec="seconds") if next_run else "",
        last_sync=last_run.astimezone(zone).isoformat(timespec="seconds") if last_run else "",
    )


def stalled(
    status: ConnectionStatus, reason: str, message: str, generation: int, now: dt.datetime
) -> ConnectionStatus:
    """The status as it was, but for a reason that nobody foresaw to stall: its other conditions stay."""
    said = Statement(FALSE, reason, message)
    replaced = {ConditionType.READY, ConditionType.STALLED, ConditionType.RECONCILING}
    statements = [(ConditionType.READY, said)]
    statements += [
        (c.type, Statement(c.status, c.reason, c.message)) for c in status.conditions if c.type not in replaced
    ]
    statements.append((ConditionType.STALLED, Statement(TRUE, reason, message)))
    return status.model_copy(
        update={
            "observed_generation": generation,
            "conditions": conditions(statements, status.conditions, generation, now),
        }
    )
