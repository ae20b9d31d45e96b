"""The preview: a dry Job over all selected categories, once for each spec, its counts in status."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import CategoryReport, Outcome
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import (
    CategoryPreview,
    Preview,
    SchoolCount,
)
from oneroster_operator.api.times import instant, rfc3339
from oneroster_operator.controller import hashes, requests, review
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement, clean

RETRY_AFTER = dt.timedelta(minutes=10)
"""So long after a failed preview the next one is tried."""

_SCHOOLS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """What one category would bring, and how its dry run ended."""

    report: CategoryReport
    total: int
    new_admins: int
    schools: dict[str, int]


@dataclass(frozen=True, slots=True)
class Previewed:
    """The result of a preview Job. `lost` says why there are no counts."""

    inputs: str
    links: str
    categories: tuple[Counted, ...]
    lost: str = ""
    finished: dt.datetime | None = None


def after_preview(previewed: Previewed, connection: Connection, now: dt.datetime) -> Preview:
    """The preview in status: good only where every selected category has been counted to its end."""
    counted = {c.report.name for c in previewed.categories}
    uncounted = [c for c in connection.spec.categories if c not in counted]
    lost = previewed.lost or (f"{', '.join(uncounted)} not counted: its pod ended before" if uncounted else "")
    failed = next(
        (c.report for c in previewed.categories if c.report.outcome not in {Outcome.SUCCEEDED, Outcome.HELD}), None
    )
    message = f"{failed.name}: {failed.message or failed.outcome}" if failed else lost
    outcome = failed.outcome.value if failed else Outcome.FAILED.value if lost else Outcome.SUCCEEDED.value
    return Preview(
        inputs_hash=previewed.inputs,
        links_hash=previewed.links,
        time=rfc3339(previewed.finished or now),
        outcome=outcome,
        message=clean(message),
        categories=[_category(counted) for counted in previewed.categories],
    )


def _category(counted: Counted) -> CategoryPreview:
    shown: Sequence[tuple[str, int]] = sorted(counted.schools.items())[:_SCHOOLS_SHOWN]
    return CategoryPreview(
        name=counted.report.name,
        total=counted.total,
        new_admins=counted.new_admins,
        schools=[SchoolCount(sourced_id=id_, count=count) for id_, count in shown],
    )


def previewed(
    token: str, categories: tuple[Counted, ...], finished: dt.datetime | None = None, lost: str = ""
) -> Previewed:
    """The result of the Job that ran for the token of `wanted`."""
    inputs, _, links = token.partition("-")[0].partition(".")
    return Previewed(inputs, links, categories, lost, finished)


def _current(connection: Connection) -> bool:
    """Whether the preview is of this spec and, until it is confirmed, of the schools' links as they are now."""
    preview = connection.status.preview
    if preview is None or preview.inputs_hash != hashes.preview_inputs(connection):
        return False
    confirmed = connection.status.confirmed_time is not None
    return confirmed or preview.links_hash == hashes.reviewed_links(connection.status.schools)


def good(connection: Connection) -> bool:
    """Whether this very spec has been previewed."""
    preview = connection.status.preview
    return preview is not None and _current(connection) and preview.outcome == Outcome.SUCCEEDED


def impossible(connection: Connection) -> Statement | None:
    """Why there is nothing to preview: schools not imported for this spec, none linked, no category chosen."""
    schools = connection.status.schools
    if schools is None or schools.inputs_hash != hashes.schools_inputs(connection):
        return Statement(FALSE, "NotImported", "The schools have not been imported for this spec yet.")
    if not review.links(schools):
        return Statement(FALSE, "NoSchoolLinked", "No school is linked.")
    if not connection.spec.categories:
        return Statement(FALSE, "NoCategory", "spec.categories is empty.")
    return None


def possible(connection: Connection) -> bool:
    """Whether there is something to preview."""
    return impossible(connection) is None


def wanted(connection: Connection, now: dt.datetime) -> str | None:
    """The token of the preview Job that there should be now; None where none is needed yet."""
    if not possible(connection):
        return None
    inputs = f"{hashes.preview_inputs(connection)}.{hashes.reviewed_links(connection.status.schools)}"
    token = requests.asked(connection, "preview")
    if token is not None:
        return f"{inputs}-{token}"
    preview = connection.status.preview
    if preview is None or not _current(connection):
        return inputs
    if preview.outcome == Outcome.SUCCEEDED:
        return None
    return f"{inputs}-{preview.time}" if now >= instant(preview.time) + RETRY_AFTER else None


def retry_time(connection: Connection) -> dt.datetime | None:
    """When a failed preview is tried again."""
    preview = connection.status.preview
    if preview is None or good(connection) or not possible(connection):
        return None
    return instant(preview.time) + RETRY_AFTER


def accepted_admins(connection: Connection) -> dict[Category, int]:
    """Administrators that confirming accepts: those that the preview showed before `confirmed` was set.

    Frozen while it is set, so that no later preview, edit or category accepts more; with `confirmed` from the
    first apply nobody has seen a number, and none is accepted.
    """
    status = connection.status
    if connection.spec.confirmed:
        return {accepted.name: accepted.count for accepted in status.accepted_admins}
    if status.preview is None or not good(connection):
        return {}
    return {c.name: c.total for c in status.preview.categories if c.name.grants_admin}


def statement(connection: Connection) -> Statement:
    """How the preview of this very spec stands."""
    preview = connection.status.preview
    if good(connection):
        return Statement(TRUE, "Previewed", "status.preview says what each category would bring.")
    if preview is not None and _current(connection):
        return Statement(
            FALSE,
            "PreviewFailed",
            f"The preview failed and is tried again {RETRY_AFTER.seconds // 60} minutes later: {preview.message}",
        )
    return Statement(UNKNOWN, "Previewing", "A dry run counts what each category would bring.")
