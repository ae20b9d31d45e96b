"""The decision: from what is observed to the status, the children and the next call. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from oneroster_operator.api.plan import Plan
from oneroster_operator.api.status import ConnectionStatus
from oneroster_operator.controller import (
    hashes,
    held,
    identity,
    manifests,
    ownership,
    preview,
    requests,
    verdict,
)
from oneroster_operator.controller.answers import answer_discard, answer_run, refuse
from oneroster_operator.controller.conditions import Account, account
from oneroster_operator.controller.cron_jobs import Scheduling, plan_of, scheduling
from oneroster_operator.controller.manifests import Manifest
from oneroster_operator.controller.next_call import earliest, import_due, next_call
from oneroster_operator.controller.observed import Call, Observed, SecretState
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.stalled import invalid_spec, name_taken, unusable_secret
from oneroster_operator.controller.statement import FALSE, Statement
from oneroster_operator.controller.take_in import Result, take_in

LOOK_FOR_SECRET = dt.timedelta(minutes=1)
"""A Secret that comes without the label is not seen coming."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written, asked and looked at again."""

    status: ConnectionStatus
    apply: tuple[Manifest, ...] = ()
    """In this order, each only where it differs."""
    create: tuple[Manifest, ...] = ()
    """Jobs: once, never changed."""
    delete: tuple[tuple[str, str], ...] = ()
    """Kind and name."""
    call: Call | None = None
    wake: dt.datetime | None = None
    """When to look again, if nothing happens before."""


def decide(observed: Observed, settings: Settings, result: Result | None = None) -> Decision:
    """What follows from what is observed, and from the result of the call that was made last."""
    seen = take_in(observed, result)
    invalid = invalid_spec(seen)
    if invalid is not None:
        seen = refuse(seen, requests.ANNOTATIONS, invalid)
        status, wake = account(seen, settings, Account(invalid=invalid))
        return Decision(status=status, wake=wake)
    secret = unusable_secret(seen)
    call, due = next_call(seen, settings) if seen.credentials.state is SecretState.USABLE else (None, None)
    not_ours = ownership.not_ours(seen, import_due=import_due(seen))
    no_preview = secret or not_ours or _no_preview(seen, settings)
    if call is None and no_preview is not None:
        seen = refuse(seen, ("test", "preview"), no_preview)
    token = preview.wanted(seen.connection, seen.now) if call is None and no_preview is None else None
    refused = secret or _refused(seen, settings) or not_ours
    seen = seen if call else identity.answer(seen)
    wanted = scheduling(seen, settings, refused)
    sync_token, approval = None, None
    if call is None:
        not_ready, previewing = _not_ready(seen, no_preview), token is not None
        seen, sync_token = answer_run(seen, wanted, not_ready, "sync", previewing=previewing)
        seen = answer_discard(seen)
        if not identity.awaits_preview(seen.connection):
            seen, approval = answer_run(seen, wanted, not_ready, "approve", previewing=previewing)
        # What was decided about holds is a part of the plan.
        wanted = scheduling(seen, settings, refused)
    known = Account(invalid=name_taken(seen), secret=secret, not_ours=not_ours, scheduling=wanted)
    status, wake = account(seen, settings, known)
    starts_preview = token is not None and seen.job("preview", token) is None
    dry = plan_of(seen.connection, settings, confirmed=False) if starts_preview else None
    plans = [plan for plan in (wanted.plan, dry) if plan is not None]
    return Decision(
        status=status,
        apply=(*_config_maps(seen, plans), *wanted.cron_jobs),
        create=_jobs(
            seen,
            settings,
            (("request", sync_token, wanted.plan), ("approve", approval, wanted.plan), ("preview", token, dry)),
        ),
        delete=_superfluous(seen, wanted, plans),
        call=call,
        wake=earliest((due, wake, seen.now + LOOK_FOR_SECRET if secret else None)),
    )


def _refused(seen: Observed, settings: Settings) -> Statement | None:
    """Set while the district refuses these credentials: then nothing runs, so that no account gets locked.

    What is suspended stays so until the credentials that are there now have worked.
    """
    inputs = hashes.credentials_inputs(seen.connection, seen.credentials, settings.allowed_networks)
    known = seen.connection.status.credentials
    said = verdict.statement(known, inputs)
    untried = known is None or known.accepted_hash != inputs
    suspended = any(c.owned and c.suspended for c in seen.cron_jobs)
    return said if said.status == FALSE or (untried and suspended) else None


def _no_preview(seen: Observed, settings: Settings) -> Statement | None:
    """Why nothing can be previewed at present: a dry run asks the district as much as any other."""
    known = seen.connection.status.credentials
    if known is None or known.outcome != verdict.ACCEPTED:
        inputs = hashes.credentials_inputs(seen.connection, seen.credentials, settings.allowed_networks)
        return verdict.statement(known, inputs)
    return preview.impossible(seen.connection)


def _not_ready(seen: Observed, no_preview: Statement | None) -> Statement:
    """Why there is no plan in force, for the answer to a request."""
    if not seen.connection.spec.confirmed:
        return Statement(FALSE, "AwaitingConfirmation", "spec.confirmed is false")
    return no_preview or preview.statement(seen.connection)


def _config_maps(seen: Observed, plans: Sequence[Plan]) -> list[Manifest]:
    named = {manifests.plan_name(seen.connection.name, plan): plan for plan in plans}
    return [
        manifests.plan_config_map(seen.connection, plan) for name, plan in named.items() if name not in seen.plans
    ]


def _jobs(
    seen: Observed, settings: Settings, wanted: Sequence[tuple[str, str | None, Plan | None]]
) -> tuple[Manifest, ...]:
    return tuple(
        manifests.job(
            seen.connection,
            settings,
            purpose=purpose,
            token=token,
            plan=plan,
            categories=held.categories(seen.connection, token) if purpose == "approve" else (),
        )
        for purpose, token, plan in wanted
        if token is not None and plan is not None and seen.job(purpose, token) is None
    )


def _superfluous(seen: Observed, wanted: Scheduling, plans: Sequence[Plan]) -> tuple[tuple[str, str], ...]:
    """Our CronJobs that are not wanted any more, and plans that no CronJob and no unfinished Job uses."""
    kept = {manifest["metadata"]["name"] for manifest in wanted.cron_jobs}
    cron_jobs = [c.name for c in seen.cron_jobs if c.owned and c.name not in kept]
    used = {manifests.plan_name(seen.connection.name, plan) for plan in plans}
    used |= {manifests.used_plan(manifest) for manifest in wanted.cron_jobs}
    used |= {job.plan for job in seen.jobs if job.finished is None}
    return (
        *(("CronJob", name) for name in cron_jobs),
        *(("ConfigMap", name) for name in seen.plans if name not in used),
    )
