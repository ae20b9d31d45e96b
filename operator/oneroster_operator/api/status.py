"""What the operator has to say: the status of a OneRosterConnection.

Counts, school names and school ids; no people.
"""

from enum import StrEnum

from pydantic import Field

from oneroster_operator.api.category import Category
from oneroster_operator.api.conditions import Condition
from oneroster_operator.api.report import Outcome
from oneroster_operator.api.schema import (
    LIST_ATOMIC,
    Count,
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
    """Strings for the columns of `kubectl get`."""

    schools: Word = Field(default="", description="Linked schools of all that are to be linked, such as 10/12.")
    categories: str = Field(default="", max_length=128)
    next_sync: str = Field(default="", max_length=40)
    last_sync: str = Field(default="", max_length=40)


class Credentials(Part):
    """The last test of the credentials, and what it was a test of."""

    checked_time: Time
    inputs_hash: Word = Field(description="Of what was tested: endpoint, auth and the Secret's version.")
    outcome: Word = Field(description="Accepted, Refused or Unreachable.")
    reason: Word
    detail: Sentence = ""
    authentication: Word = Field(default="", description="How the server took the client's credentials.")
    granted_scopes: list[str] = Field(default=[], max_length=16, json_schema_extra=LIST_ATOMIC)
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


LINKED = frozenset({Link.ASSIGNED, Link.EARLIER, Link.IDENTIFIER, Link.NAME})
TO_DECIDE = frozenset({Link.OPEN, Link.PROPOSED, Link.INVALID})


class Candidate(Part):
    """A school of the platform that an open school might be."""

    school_id: PlatformId
    name: str = Field(max_length=255)
    score: int = Field(ge=0, le=100, description="Likeness of the names, 100 is equal.")


class SchoolItem(Part):
    """One school of the district and what became of it."""

    sourced_id: SourcedId
    name: str = Field(max_length=255)
    identifier: str | None = Field(default=None, max_length=255)
    link: Link
    school_id: PlatformId | None = None
    candidates: list[Candidate] = Field(default=[], max_length=3, json_schema_extra=LIST_ATOMIC)


class SchoolsStatus(Part):
    """The district's schools as last imported."""

    checked_time: Time
    inputs_hash: Word = Field(description="Of what was imported: endpoint, Secret, districtOrg, assignments.")
    district_org: SourcedId | None = Field(default=None, description="sourcedId of the district's own org.")
    total: Count
    linked: Count
    proposed: Count = 0
    open: Count = 0
    ignored: Count = 0
    truncated: bool = Field(default=False, description="Candidates were left out to keep the object small.")
    unknown_assignments: list[SourcedId] = Field(
        default=[],
        max_length=20,
        description="sourcedIds in spec.schools.assignments that the district does not list; the first 20.",
        json_schema_extra=LIST_ATOMIC,
    )
    items: list[SchoolItem] = Field(default=[], max_length=5000, json_schema_extra=LIST_ATOMIC)


class SchoolCount(Part):
    """How much of a category one school would bring."""

    sourced_id: SourcedId
    count: Count


class CategoryPreview(Part):
    """What a category would bring."""

    name: Category
    total: Count
    new_admins: Count = 0
    schools: list[SchoolCount] = Field(
        default=[], max_length=100, description="The first 100.", json_schema_extra=LIST_ATOMIC
    )


class Preview(Part):
    """What the selected categories would bring, counted by a dry run before anything is written."""

    inputs_hash: Word = Field(description="Of the spec and the links that were previewed.")
    time: Time
    outcome: Word = Field(description="Succeeded, or the outcome of the category that failed.")
    message: Sentence = ""
    categories: list[CategoryPreview] = Field(default=[], max_length=5, json_schema_extra=list_map("name"))


class ScheduleStatus(Part):
    """The schedule in words."""

    frequency: Frequency | None = Field(default=None, description="Absent with spec.schedule.cron.")
    time_zone: str = Field(max_length=64)
    description: str = Field(max_length=256)


class LastRun(Part):
    """How a category's last run ended. Counts are rows of the platform's roster tables."""

    time: Time
    job: str = Field(max_length=63)
    outcome: Outcome
    created: Count = 0
    changed: Count = 0
    removed: Count = 0
    withheld: Count = 0
    waiting: Count = 0
    quarantined: Count = 0
    reason: Word = ""
    message: Sentence = ""


class CategoryStatus(Part):
    """A selected category: when it runs, how it went."""

    name: Category
    cron_job: str = Field(max_length=52)
    schedule: str = Field(default="", max_length=100)
    next_run: Time | None = None
    last_run: LastRun | None = None
    last_success: Time | None = None
    failures: Count = Field(default=0, description="Runs in a row that failed.")


class Answer(Part):
    """What came of a request made by annotation."""

    token: Word
    outcome: Word = Field(description="Done, Failed, Refused, Recorded (seen, not run), or Running.")
    message: Sentence = ""
    time: Time


class Requests(Part):
    """Answers to the requests, by what was asked."""

    test: Answer | None = None
    sync: Answer | None = None
    preview: Answer | None = None


class ConnectionStatus(Part):
    """All that the operator knows of a connection."""

    observed_generation: int = Field(default=-1, ge=-1, json_schema_extra={"format": "int64"})
    conditions: list[Condition] = Field(default=[], max_length=16, json_schema_extra=list_map("type"))
    summary: Summary = Summary()
    confirmed_time: Time | None = None
    first_confirmed_time: Time | None = None
    credentials: Credentials | None = None
    schools: SchoolsStatus | None = None
    preview: Preview | None = None
    schedule: ScheduleStatus | None = None
    categories: list[CategoryStatus] = Field(default=[], max_length=5, json_schema_extra=list_map("name"))
    requests: Requests = Requests()
