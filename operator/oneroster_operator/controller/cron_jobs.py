"""Which CronJobs there should be, with which plan, suspended or not."""

from dataclasses import dataclass

from oneroster_operator.api.category import Category, in_order
from oneroster_operator.api.plan import Endpoint, Limits, Plan
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.spec import SafetyMode
from oneroster_operator.api.times import rfc3339
from oneroster_operator.controller import held, identity, manifests, preview, review, schedule
from oneroster_operator.controller.manifests import Manifest
from oneroster_operator.controller.observed import CronJobView, Observed
from oneroster_operator.controller.settings import Settings
from oneroster_operator.controller.statement import FALSE, TRUE, Statement


@dataclass(frozen=True, slots=True)
class Scheduling:
    """The wanted CronJobs, and the plan behind them where the confirmed one is in force."""

    plan: Plan | None
    """None while a changed spec waits for its preview: what runs goes on with the plan it has."""
    cron_jobs: tuple[Manifest, ...]
    suspend: Statement | None
    """Why the CronJobs are suspended."""


NOTHING_SCHEDULED = Scheduling(plan=None, cron_jobs=(), suspend=None)


def plan_of(connection: Connection, settings: Settings, *, confirmed: bool) -> Plan:
    """The plan for this spec and these links; a `confirmed` one carries the number of admins that was shown."""
    spec, status = connection.spec, connection.status
    run_seconds, lock_wait = manifests.time_limits(
        schedule.window_minutes(spec.schedule), schedule.shortest_interval(spec.schedule)
    )
    return Plan(
        connection=connection.key,
        district_id=spec.district_id,
        endpoint=Endpoint(
            url=spec.endpoint.url,
            version=spec.endpoint.version.value,
            auth_type=spec.auth.type.value,
            token_url=spec.auth.token_url,
            scopes=tuple(spec.auth.scopes),
            ca_bundle=spec.endpoint.ca_bundle,
        ),
        links=dict(sorted(review.links(status.schools).items())),
        categories=tuple(in_order(spec.categories)),
        limits=Limits(
            max_removed_percent=spec.safety.max_removed_percent,
            removed_floor=spec.safety.removed_floor,
            max_changed_percent=spec.safety.max_changed_percent,
            max_new_admins=spec.safety.max_new_admins,
            additions_only=spec.safety.mode is SafetyMode.ADDITIONS_ONLY,
        ),
        time_zone=spec.schedule.time_zone,
        run_seconds=run_seconds,
        lock_wait_seconds=lock_wait,
        district_org=status.schools.district_org if status.schools else None,
        cluster=settings.cluster,
        accepted_admins=preview.accepted_admins(connection) if confirmed else {},
        approvals=held.approved(connection.status) if confirmed else (),
        discards=held.discarded(connection.status) if confirmed else (),
        approved_identity=identity.approved(connection) if confirmed else "",
        full=spec.sync.full.value,
    )


def scheduling(observed: Observed, settings: Settings, refused: Statement | None) -> Scheduling:
    """What should be scheduled. `refused` says why nothing may be asked of the district at present."""
    connection = observed.connection
    if not connection.spec.confirmed:
        return NOTHING_SCHEDULED
    suspend = _suspended(connection, refused)
    ready = preview.possible(connection) and preview.good(connection) and identity.reconfirm(connection) is None
    plan = plan_of(connection, settings, confirmed=True) if ready else None
    wanted = []
    for category in in_order(connection.spec.categories):
        live = observed.cron_job(category)
        if f"CronJob {connection.name}-{category.suffix}" in observed.foreign:
            continue
        if plan is not None or live is not None:
            wanted.append(_cron_job(observed, settings, category, plan, suspend=suspend is not None))
    return Scheduling(plan, tuple(wanted), suspend)


def _suspended(connection: Connection, refused: Statement | None) -> Statement | None:
    if connection.spec.paused:
        reason = connection.spec.pause_reason
        return Statement(
            TRUE,
            "Paused",
            f"spec.paused is true{f' ({reason})' if reason else ''}; set it to false to go on.",
        )
    if refused is not None:
        return refused
    if (moved := identity.reconfirm(connection)) is not None:
        return moved
    if connection.status.schools is not None and not review.links(connection.status.schools):
        return Statement(FALSE, "NoSchoolLinked", "No school is linked, so nothing runs.")
    return None


def _cron_job(
    observed: Observed, settings: Settings, category: Category, plan: Plan | None, *, suspend: bool
) -> Manifest:
    connection = observed.connection
    live = observed.cron_job(category)
    name = manifests.plan_name(connection.name, plan) if plan else live.plan if live else ""
    cron = schedule.cron_of(connection.spec.schedule, connection.key, category)
    run_seconds, _ = manifests.time_limits(
        schedule.window_minutes(connection.spec.schedule),
        schedule.shortest_interval(connection.spec.schedule),
    )
    unchanged = live is not None and (suspend or not _restarts(live, name, cron, connection))
    return manifests.cron_job(
        connection,
        category,
        settings,
        plan=name,
        run_seconds=run_seconds,
        schedule=cron,
        suspend=suspend,
        not_before=live.not_before if live is not None and unchanged else rfc3339(observed.now),
    )


def _restarts(live: CronJobView, plan: str, cron: str, connection: Connection) -> bool:
    """Whether the CronJob controller could now fire a slot that was missed meanwhile."""
    spec = live.manifest["spec"]
    return (
        live.suspended
        or live.plan != plan
        or spec["schedule"] != cron
        or spec.get("timeZone") != connection.spec.schedule.time_zone
    )
