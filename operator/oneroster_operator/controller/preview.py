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
    categories: tuple[Counted, ...]
    lost: str = ""


def after_preview(previewed: Previewed, now: dt.datetime) -> Preview:
    """The preview in status."""
    failed = next(
        (c.report for c in previewed.categories if c.report.outcome not in {Outcome.SUCCEEDED, Outcome.HELD}), None
    )
    message = f"{failed.name}: {failed.message or failed.outcome}" if failed else previewed.lost
    outcome = (
        failed.outcome.value if failed else Outcome.FAILED.value if previewed.lost else Outcome.SUCCEEDED.value
    )
    return Preview(
        inputs_hash=previewed.inputs,
        time=rfc3339(now),
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


def good(connection: Connection) -> bool:
    """Whether this very spec has been previewed."""
    preview = connection.status.preview
    return (
        preview is not None
        and preview.inputs_hash == hashes.preview_inputs(connection)
        and preview.outcome == Outcome.SUCCEEDED
    )


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
    inputs = hashes.preview_inputs(connection)
    token = requests.asked(connection, "preview")
    if token is not None:
        return f"{inputs}-{token}"
    preview = connection.status.preview
    if preview is None or preview.inputs_hash != inputs:
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
    """Administrators accepted by confirming, for each selected category that gives their rights.

    What was accepted once stays: a later preview raises nothing by itself, only setting `confirmed` to false
    and to true again does. A category that was added since is accepted as its preview shows it.
    """
    status = connection.status
    before = {accepted.name: accepted.count for accepted in status.accepted_admins}
    shown = {c.name: c.total for c in status.preview.categories} if status.preview else {}
    return {
        category: before.get(category, shown.get(category, 0))
        for category in connection.spec.categories
        if category.grants_admin
    }


def statement(connection: Connection) -> Statement:
    """How the preview of this very spec stands."""
    preview = connection.status.preview
    if good(connection):
        return Statement(TRUE, "Previewed", "status.preview says what each category would bring.")
    if preview is not None and preview.inputs_hash == hashes.preview_inputs(connection):
        return Statement(
            FALSE,
            "PreviewFailed",
            f"The preview failed and is tried again {RETRY_AFTER.seconds // 60} minutes later: {preview.message}",
        )
    return Statement(UNKNOWN, "Previewing", "A dry run counts what each category would bring.")
