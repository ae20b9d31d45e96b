"""What the operator has to say: the status of a OneRosterConnection.

Counts, school names and school ids; no people.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from oneroster_operator.api.category import Category
from oneroster_operator.api.conditions import Condition
from oneroster_operator.api.report import MAX_RULES, Outcome, Pull
from oneroster_operator.api.schema import (
    LIST_ATOMIC,
    Count,
    Generation,
    Part,
    PlatformId,
    Sentence,
    SourcedId,
    Time,
    Word,
    list_map,
)
from oneroster_operator.api.spec import Frequency


class Summary(Part):
    """Strings for the columns of kubectl get."""

    schools: Word = Field(default="", description="Linked schools of all that are to be linked, such as 10/12.")
    categories: str = Field(default="", max_length=128, description="The selected categories.")
    next_sync: str = Field(
        default="", max_length=40, description="When the next sync starts, in spec.schedule.timeZone."
    )
    last_sync: str = Field(
        default="", max_length=40, description="When the last sync ended, in spec.schedule.timeZone."
    )


class Credentials(Part):
    """The last test of the credentials, and what it was a test of."""

    checked_time: Time = Field(description="When they were tested.")
    inputs_hash: Word = Field(description="Of what was tested: endpoint, auth and the Secret's version.")
    outcome: Word = Field(description="Accepted, Refused or Unreachable.")
    reason: Word = Field(description="The reason that CredentialsValid takes from this test.")
    detail: Sentence = Field(default="", description="What the district's server answered, in our words.")
    stage: Word = Field(
        default="",
        description="Where it ended: name, connection, tls, token, call, shape, version, abilities, or done.",
    )
    evidence: list[Annotated[str, Field(max_length=256)]] = Field(
        default=[],
        max_length=16,
        description="What was asked, by host and path, and in a word what came.",
        json_schema_extra=LIST_ATOMIC,
    )
    authentication: Word = Field(default="", description="How the server took the client's credentials.")
    granted_scopes: list[Annotated[str, Field(max_length=256)]] = Field(
        default=[],
        max_length=16,
        description="OAuth 2 scopes that the server granted.",
        json_schema_extra=LIST_ATOMIC,
    )
    accepted_time: Time | None = Field(default=None, description="When credentials last worked.")
    accepted_hash: Word = Field(default="", description="inputsHash of what last worked.")
    refused_since: Time | None = Field(
        default=None, description="Since when what worked before has been refused without interruption."
    )
    failures: Count = Field(default=0, description="Tests in a row that were not accepted.")


class Link(StrEnum):
    """How a school of the district came by its school on the platform, or why it has none."""

    ASSIGNED = "Assigned"
    """A person said so."""
    EARLIER = "Earlier"
    """It has been synced as this school before."""
    IDENTIFIER = "Identifier"
    NAME = "Name"
    PROPOSED = "Proposed"
    """Equal by name, but found after confirmation: waits for a person."""
    OPEN = "Open"
    IGNORED = "Ignored"
    INVALID = "Invalid"
    """The assignment names a school that the platform's district does not have."""
    MISSING = "Missing"
    """Linked, and the district lists it no more: it stays linked until a person ignores it."""


LINKED = frozenset({Link.ASSIGNED, Link.EARLIER, Link.IDENTIFIER, Link.NAME})
SYNCED = LINKED | {Link.MISSING}
TO_DECIDE = frozenset({Link.OPEN, Link.PROPOSED, Link.INVALID, Link.MISSING})


class Candidate(Part):
    """A school of the platform that an open school might be."""

    school_id: PlatformId = Field(description="The platform's id of the school.")
    name: str = Field(max_length=255, description="Its name on the platform.")
    score: int = Field(ge=0, le=100, description="Likeness of the names, 100 is equal.")


class SchoolItem(Part):
    """One school of the district and what became of it."""

    sourced_id: SourcedId = Field(description="Its id in the district's OneRoster service.")
    name: str = Field(max_length=255, description="Its name there.")
    identifier: str | None = Field(
        default=None, max_length=255, description="Its identifier there, where it has one."
    )
    link: Link = Field(
        description="How it is linked (Assigned, Earlier, Identifier, Name), or why not: Proposed (equal by name, "
        "found after confirmation) and Open wait for an assignment, Ignored was assigned so, Invalid is assigned "
        "to a school that the platform's district does not have."
    )
    school_id: PlatformId | None = Field(
        default=None, description="The platform's id of the school that it is linked, proposed or assigned to."
    )
    candidates: list[Candidate] = Field(
        default=[],
        max_length=3,
        description="Schools of the platform with the likest names, where a person has to decide.",
        json_schema_extra=LIST_ATOMIC,
    )


class SchoolsStatus(Part):
    """The district's schools as last imported."""

    checked_time: Time = Field(description="When they were imported.")
    inputs_hash: Word = Field(
        description="Of what was imported: district, endpoint, platform, districtOrg, assignments."
    )
    district_org: SourcedId | None = Field(default=None, description="sourcedId of the district's own org.")
    total: Count = Field(description="Schools that the district lists.")
    linked: Count = Field(description="Of those, schools that are linked to a school of the platform.")
    proposed: Count = Field(default=0, description="Schools whose link waits for a person's assent.")
    open: Count = Field(default=0, description="Schools without a link that need an assignment.")
    ignored: Count = Field(default=0, description="Schools assigned to be ignored.")
    missing: Count = Field(default=0, description="Linked schools that the district lists no more.")
    unusable: Count = Field(default=0, description="Orgs that the district lists in a form that cannot be read.")
    truncated: bool = Field(default=False, description="Candidates were left out to keep the object small.")
    unknown_assignments: list[SourcedId] = Field(
        default=[],
        max_length=20,
        description="sourcedIds in spec.schools.assignments that the district does not list; the first 20.",
        json_schema_extra=LIST_ATOMIC,
    )
    items: list[SchoolItem] = Field(
        default=[],
        max_length=5000,
        description="Every school of the district, and linked ones that it lists no more.",
        json_schema_extra=LIST_ATOMIC,
    )


class SchoolCount(Part):
    """How much of a category one school would bring."""

    sourced_id: SourcedId = Field(description="The school's id in the district's OneRoster service.")
    count: Count = Field(description="Records of the category at this school.")


class CategoryPreview(Part):
    """What a category would bring."""

    name: Category = Field(description="The category.")
    total: Count = Field(description="Records over all linked schools.")
    new_admins: Count = Field(default=0, description="Administrator roles that the platform does not have yet.")
    schools: list[SchoolCount] = Field(
        default=[], max_length=100, description="The first 100.", json_schema_extra=LIST_ATOMIC
    )


class Preview(Part):
    """What the selected categories would bring, counted by a dry run before anything is written."""

    inputs_hash: Word = Field(description="Of the spec that was previewed.")
    links_hash: Word = Field(default="", description="Of the schools' links that were previewed.")
    time: Time = Field(description="When the dry run ended.")
    outcome: Word = Field(description="Succeeded, or the outcome of the category that failed.")
    message: Sentence = Field(default="", description="What happened, where it did not succeed.")
    categories: list[CategoryPreview] = Field(
        default=[],
        max_length=5,
        description="What each selected category would bring.",
        json_schema_extra=list_map("name"),
    )


class ScheduleStatus(Part):
    """The schedule in words."""

    frequency: Frequency | None = Field(default=None, description="Absent with spec.schedule.cron.")
    time_zone: str = Field(max_length=64, description="IANA name of the time zone in which syncs are scheduled.")
    description: str = Field(
        max_length=256, description="In words, such as: daily between 01:00 and 05:00, America/Chicago."
    )


class RuleCount(Part):
    """How many records of a run broke a rule."""

    rule: Word = Field(description="The rule, such as UnknownRole or DanglingUser.")
    count: Count = Field(description="Records.")


class LastRun(Part):
    """How a category's last run ended. Counts are rows of the platform's roster tables."""

    time: Time = Field(description="When it ended.")
    job: str = Field(max_length=63, description="Name of its Job.")
    outcome: Outcome = Field(
        description="Succeeded; Held (part of it is withheld); Skipped (nothing was asked or written); Refused or "
        "DistrictFailed (by the district's service); PlatformFailed (by the platform's database); Failed."
    )
    created: Count = Field(default=0, description="Rows created.")
    changed: Count = Field(default=0, description="Rows changed.")
    removed: Count = Field(default=0, description="Rows ended; none is deleted.")
    withheld: Count = Field(default=0, description="Rows beyond the limits of spec.safety: counted, not written.")
    waiting: Count = Field(default=0, description="Enrollments whose user or class has not arrived yet.")
    quarantined: Count = Field(default=0, description="Records that could not be used.")
    quarantined_by_rule: list[RuleCount] = Field(
        default=[],
        max_length=MAX_RULES,
        description="Which rules they broke, the most frequent first; oneroster-sync quarantine lists their ids.",
        json_schema_extra=LIST_ATOMIC,
    )
    pull: Pull | None = Field(
        default=None,
        description="Full where all of the category was asked for, Delta where only what changed (spec.sync).",
    )
    pull_reason: Sentence = Field(
        default="", description="Why all of it was asked for though spec.sync.full is Weekly."
    )
    reason: Word = Field(default="", description="Why, in a word, where it did not succeed.")
    message: Sentence = Field(
        default="", description="What happened and who can mend it, where it did not succeed."
    )


class Hold(Part):
    """What a category's last run withheld, until a person decides or it no longer occurs."""

    fingerprint: Word = Field(
        default="",
        description="Of the withheld rows: it approves or discards them; oneroster-sync hold show lists them.",
    )
    reason: Word = Field(default="", description="Which limit, in a word.")
    count: Count = Field(default=0, description="Rows that the run withheld.")
    since: Time = Field(description="When a run first withheld just these.")
    message: Sentence = Field(default="", description="What is withheld and which limit it is beyond.")


class CategoryStatus(Part):
    """A selected category: when it runs, how it went."""

    name: Category = Field(description="The category.")
    cron_job: str = Field(max_length=52, description="Name of its CronJob.")
    schedule: str = Field(default="", max_length=100, description="Cron expression of its CronJob.")
    next_run: Time | None = Field(
        default=None, description="When it runs next; absent while nothing is scheduled."
    )
    last_run: LastRun | None = Field(default=None, description="How its last run ended.")
    last_success: Time | None = Field(default=None, description="When a run last succeeded.")
    failures: Count = Field(default=0, description="Runs in a row that failed.")
    hold: Hold | None = Field(default=None, description="What is withheld, until a run finds nothing to withhold.")


class Answer(Part):
    """What came of a request made by annotation."""

    token: Word = Field(description="The annotation's value that is answered.")
    outcome: Word = Field(description="Done, Failed, Refused, Recorded (seen, not run), or Running.")
    message: Sentence = Field(default="", description="What came of it, or why it was refused.")
    time: Time = Field(description="When it was answered.")


class Requests(Part):
    """Answers to the requests, by what was asked."""

    test: Answer | None = Field(
        default=None, description="To oneroster.masteryprep.com/test-requested-at: test the credentials."
    )
    sync: Answer | None = Field(
        default=None,
        description="To oneroster.masteryprep.com/sync-requested-at: sync every selected category once.",
    )
    preview: Answer | None = Field(
        default=None, description="To oneroster.masteryprep.com/preview-requested-at: make the preview anew."
    )
    approve: Answer | None = Field(
        default=None,
        description="To oneroster.masteryprep.com/approve: let the holds of these fingerprints through, once; or "
        "go on with another endpoint than before, by its fingerprint.",
    )
    discard: Answer | None = Field(
        default=None,
        description="To oneroster.masteryprep.com/discard: keep these holds withheld and report them no more.",
    )


class AcceptedAdmins(Part):
    """How many administrator roles of a category were accepted by confirming."""

    name: Category = Field(description="The category.")
    count: Count = Field(description="Roles in all, one for each person and school, as the preview showed.")


class ConnectionStatus(Part):
    """All that the operator knows of a connection."""

    observed_generation: Generation = Field(
        default=-1,
        ge=-1,
        description="metadata.generation of the spec that this status is about; -1 before the first visit.",
    )
    conditions: list[Condition] = Field(
        default=[],
        max_length=16,
        description="Ready, CredentialsValid, SchoolsMatched, Scheduled, LastSyncSucceeded and Paused from the "
        "first visit on; ChangesHeld, Reconciling and Stalled only while True.",
        json_schema_extra=list_map("type"),
    )
    summary: Summary = Summary()
    confirmed_time: Time | None = Field(
        default=None, description="When spec.confirmed took effect; absent while it does not."
    )
    first_confirmed_time: Time | None = Field(default=None, description="When it first did; stays.")
    confirmed_endpoint: Word = Field(
        default="", description="Of the address and version of the endpoint that was confirmed."
    )
    approved_endpoint: Word = Field(
        default="",
        description="Of the address and version of an endpoint that a person approved after another one.",
    )
    accepted_admins: list[AcceptedAdmins] = Field(
        default=[],
        max_length=5,
        description="Administrator roles that the preview showed before a person confirmed; new ones beyond wait.",
        json_schema_extra=list_map("name"),
    )
    credentials: Credentials | None = None
    schools: SchoolsStatus | None = None
    preview: Preview | None = None
    schedule: ScheduleStatus | None = None
    categories: list[CategoryStatus] = Field(
        default=[],
        max_length=5,
        description="One entry for each selected category.",
        json_schema_extra=list_map("name"),
    )
    requests: Requests = Requests()
