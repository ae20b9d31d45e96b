"""The district's schools in status: what an import found, and what a person still has to decide."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from oneroster_operator.api.resource import Connection
from oneroster_operator.api.spec import Action
from oneroster_operator.api.status import LINKED, SYNCED, TO_DECIDE, Link, SchoolItem, SchoolsStatus
from oneroster_operator.api.times import instant, rfc3339
from oneroster_operator.controller import hashes
from oneroster_operator.controller.statement import FALSE, TRUE, UNKNOWN, Statement, clean

FRESH_FOR = dt.timedelta(hours=24)
"""So long an import is not repeated for its own sake."""

MOST_BYTES = 700 * 1024
"""Past this, candidates are left out: the object has to stay under 1 MiB."""

_UNKNOWN_ASSIGNMENTS = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """A district's schools, matched; with the hash of what the import depended on."""

    inputs: str
    items: tuple[SchoolItem, ...]
    district_org: str | None
    unusable: int = 0
    """Orgs that were listed and could not be read."""


def after_import(imported: Imported, connection: Connection, now: dt.datetime) -> SchoolsStatus:
    """The schools in status after this import."""
    missing = _missing(imported, connection)
    counts = Counter(item.link for item in (*imported.items, *missing))
    listed = {item.sourced_id for item in imported.items}
    known = listed | {item.sourced_id for item in missing}
    links_of_persons = [a for a in connection.spec.schools.assignments if a.action is Action.LINK]
    unknown = [a.sourced_id for a in links_of_persons if a.sourced_id not in known]
    schools = SchoolsStatus(
        checked_time=rfc3339(now),
        inputs_hash=imported.inputs,
        district_org=imported.district_org,
        total=len(imported.items) + len(missing),
        linked=sum(counts[link] for link in LINKED),
        proposed=counts[Link.PROPOSED],
        open=counts[Link.OPEN] + counts[Link.INVALID],
        ignored=counts[Link.IGNORED],
        missing=len(missing),
        unusable=imported.unusable,
        unknown_assignments=unknown[:_UNKNOWN_ASSIGNMENTS],
        items=[_shown(item) for item in (*imported.items, *missing)],
    )
    return _within_bounds(schools)


def _missing(imported: Imported, connection: Connection) -> list[SchoolItem]:
    """Linked schools of a confirmed connection that this import did not bring: no school goes without a word.

    They stay in the plan, so that what the district still says of their people is followed. A person ends them by
    ignoring them; at another endpoint, where ids mean other schools, they are not carried over.
    """
    status = connection.status
    if status.schools is None or status.first_confirmed_time is None or moved(connection):
        return []
    listed = {item.sourced_id for item in imported.items}
    ignored = {a.sourced_id for a in connection.spec.schools.assignments if a.action is Action.IGNORE}
    return [
        item.model_copy(update={"link": Link.MISSING, "candidates": []})
        for item in status.schools.items
        if item.link in SYNCED and item.sourced_id not in listed | ignored
    ]


def moved(connection: Connection) -> bool:
    """Whether the endpoint's address or version is another than the one that was confirmed."""
    confirmed = connection.status.confirmed_endpoint
    return bool(confirmed) and confirmed != hashes.endpoint(connection)


def _shown(item: SchoolItem) -> SchoolItem:
    """The item with names as one clean line; a school without a name goes by its id."""
    candidates = [c.model_copy(update={"name": clean(c.name) or c.school_id}) for c in item.candidates]
    return item.model_copy(
        update={
            "name": clean(item.name) or item.sourced_id,
            "identifier": clean(item.identifier or "") or None,
            "candidates": candidates,
        }
    )


def _within_bounds(schools: SchoolsStatus) -> SchoolsStatus:
    if len(schools.model_dump_json(by_alias=True, exclude_none=True).encode()) <= MOST_BYTES:
        return schools
    bare = [item.model_copy(update={"candidates": []}) for item in schools.items]
    return schools.model_copy(update={"items": bare, "truncated": True})


def links(schools: SchoolsStatus | None) -> dict[str, str]:
    """The platform's school id by sourcedId, for every linked school."""
    items: Sequence[SchoolItem] = schools.items if schools else ()
    return {i.sourced_id: i.school_id for i in items if i.link in SYNCED and i.school_id}


def next_import(
    schools: SchoolsStatus | None, inputs: str, *, tested: str | None, spread: float
) -> dt.datetime | None:
    """When the schools are to be imported again; None means now. `tested`: when a test was asked for last."""
    if schools is None or schools.inputs_hash != inputs:
        return None
    checked = instant(schools.checked_time)
    if tested is not None and instant(tested) > checked:
        return None
    return checked + FRESH_FOR * (0.9 + 0.2 * spread)


def statement(schools: SchoolsStatus | None, connection: Connection, support: str) -> Statement:
    """`SchoolsMatched`."""
    if schools is None:
        return Statement(UNKNOWN, "NotImported", "The district's schools have not been imported yet.")
    if schools.total == 0:
        return Statement(
            FALSE,
            "NoSchools",
            "The district's server lists no school; the district has to share its schools with this client.",
        )
    strangers = _strangers(schools) + _unusable(schools)
    waiting = [item for item in schools.items if item.link in TO_DECIDE]
    if schools.missing:
        return Statement(FALSE, "SchoolsMissing", _gone(waiting) + strangers)
    if not waiting and schools.unusable:
        return Statement(FALSE, "UnusableOrgs", f"A school may be among them.{strangers}")
    if not waiting:
        ignored = f", {schools.ignored} ignored" if schools.ignored else ""
        return Statement(
            TRUE, "AllMatched", f"{schools.linked} of {schools.total} schools are linked{ignored}.{strangers}"
        )
    return Statement(FALSE, "NeedsReview", _review(schools, waiting, connection, support) + strangers)


def _gone(waiting: list[SchoolItem]) -> str:
    missing = [item for item in waiting if item.link is Link.MISSING]
    shown = ", ".join(f"{item.sourced_id} ({item.name})" for item in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    open_ = f" {len(waiting) - len(missing)} others wait for a person too." if len(waiting) > len(missing) else ""
    return (
        f"The district lists {len(missing)} linked schools no more: {shown}{more}. They stay linked and their "
        "people are kept; ask the district, and where a school is closed, Ignore it in spec.schools.assignments."
        f"{open_}"
    )


def _review(schools: SchoolsStatus, waiting: list[SchoolItem], connection: Connection, support: str) -> str:
    shown = ", ".join(f"{item.sourced_id} ({item.name})" for item in waiting[:3])
    more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
    invalid = [item for item in waiting if item.link is Link.INVALID]
    wrong = (
        f" {invalid[0].sourced_id} is assigned to {invalid[0].school_id}, which is no school of this district "
        "on the platform."
        if invalid
        else ""
    )
    command = f"kubectl -n {connection.namespace} get orc {connection.name} -o yaml"
    return (
        f"{len(waiting)} of {schools.total} schools wait for a person: {shown}{more}. Look at "
        f"status.schools.items ({command}), then Link or Ignore each in spec.schools.assignments; ask "
        f"{support} to add a school that the platform lacks.{wrong}"
    )


def _unusable(schools: SchoolsStatus) -> str:
    if not schools.unusable:
        return ""
    return (
        f" The district lists {schools.unusable} orgs in a form that cannot be read; have the district mend them."
    )


def _strangers(schools: SchoolsStatus) -> str:
    if not schools.unknown_assignments:
        return ""
    names = ", ".join(schools.unknown_assignments[:5])
    return f" The district lists no school {names}: correct spec.schools.assignments."
