"""A status in which nothing is left empty."""

from collections.abc import Iterator

from pydantic import BaseModel

from oneroster_operator.api.category import Category
from oneroster_operator.api.conditions import Condition, ConditionType
from oneroster_operator.api.report import Outcome, Pull
from oneroster_operator.api.spec import Frequency
from oneroster_operator.api.status import (
    AcceptedAdmins,
    Answer,
    Candidate,
    CategoryPreview,
    CategoryStatus,
    ConnectionStatus,
    Credentials,
    Hold,
    LastRun,
    Link,
    Preview,
    Requests,
    RuleCount,
    ScheduleStatus,
    SchoolCount,
    SchoolItem,
    SchoolsStatus,
    Summary,
)

_TIME = "2026-11-24T08:13:00Z"
_ANSWER = Answer(token="monday", outcome="Done", message="Accepted.", time=_TIME)

FULL = ConnectionStatus(
    observed_generation=1,
    conditions=[
        Condition(
            type=type_,
            status="True",
            observed_generation=1,
            last_transition_time=_TIME,
            reason="ChangesHeld" if type_ is ConditionType.READY else "AsExpected",
            message="A sentence for a person.",
        )
        for type_ in ConditionType
    ],
    summary=Summary(
        schools="1/2",
        categories="Students, SchoolAdmins",
        next_sync="2026-11-25T02:13:00-06:00",
        last_sync="2026-11-24T02:19:44-06:00",
    ),
    confirmed_time=_TIME,
    first_confirmed_time=_TIME,
    confirmed_endpoint="4f1e2d3c4b",
    approved_endpoint="4f1e2d3c4b",
    accepted_admins=[AcceptedAdmins(name=Category.SCHOOL_ADMINS, count=12)],
    credentials=Credentials(
        checked_time=_TIME,
        inputs_hash="0f1e2d3c4b",
        outcome="Refused",
        reason="CredentialsRefused",
        detail="The token endpoint answered invalid_client.",
        authentication="Basic",
        stage="done",
        evidence=["sis.springfield.example/ims/oneroster/rostering/v1p2/orgs: 200, 1 row of 13"],
        granted_scopes=["https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly"],
        accepted_time=_TIME,
        accepted_hash="1f1e2d3c4b",
        refused_since=_TIME,
        failures=1,
    ),
    schools=SchoolsStatus(
        checked_time=_TIME,
        inputs_hash="2f1e2d3c4b",
        district_org="1",
        total=4,
        linked=1,
        proposed=1,
        open=1,
        ignored=1,
        missing=1,
        unusable=1,
        truncated=True,
        unknown_assignments=["0100"],
        items=[
            SchoolItem(
                sourced_id="0042",
                name="Lincoln High School",
                identifier="170993000942",
                link=Link.PROPOSED,
                school_id="sch_lincoln_hs",
                candidates=[Candidate(school_id="sch_lincoln_ms", name="Lincoln Middle School", score=86)],
            )
        ],
    ),
    preview=Preview(
        inputs_hash="3f1e2d3c4b",
        links_hash="5f1e2d3c4b",
        time=_TIME,
        outcome="Succeeded",
        message="Counted by a dry run.",
        categories=[
            CategoryPreview(
                name=Category.SCHOOL_ADMINS,
                total=3,
                new_admins=2,
                schools=[SchoolCount(sourced_id="0042", count=3)],
            )
        ],
    ),
    schedule=ScheduleStatus(
        frequency=Frequency.DAILY,
        time_zone="America/Chicago",
        description="daily between 01:00 and 05:00, America/Chicago",
    ),
    categories=[
        CategoryStatus(
            name=Category.STUDENTS,
            cron_job="springfield-students",
            schedule="13 2 * * *",
            next_run="2026-11-25T08:13:00Z",
            last_run=LastRun(
                time=_TIME,
                job="springfield-students-29400000",
                outcome=Outcome.HELD,
                created=1,
                changed=2,
                removed=3,
                withheld=4,
                waiting=5,
                quarantined=6,
                quarantined_by_rule=[RuleCount(rule="UnknownRole", count=6)],
                pull=Pull.FULL,
                pull_reason="All of it was last asked for a week ago.",
                reason="RemovalsHeld",
                message="4 removals are withheld.",
            ),
            last_success=_TIME,
            failures=1,
            hold=Hold(
                fingerprint="5f0c9a17be42",
                reason="RemovalsHeld",
                count=38,
                since=_TIME,
                message="38 removals are withheld.",
            ),
        )
    ],
    requests=Requests(test=_ANSWER, sync=_ANSWER, preview=_ANSWER, approve=_ANSWER, discard=_ANSWER),
)


def empty_fields(model: BaseModel, path: str = "status") -> Iterator[str]:
    """The fields, at any depth, that say nothing."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value in (None, "", [], 0, False):
            yield f"{path}.{name}"
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                yield from empty_fields(part, f"{path}.{name}")
