"""What a district's owner asks for: the spec of a OneRosterConnection."""

from enum import StrEnum

from pydantic import ConfigDict, Field

from oneroster_operator.api.category import Category
from oneroster_operator.api.schema import (
    LIST_SET,
    Part,
    PlatformId,
    SourcedId,
    list_map,
    rules,
)
from oneroster_operator.api.text_rules import Cron, Scope, SecretName, TimeOfDay, TimeZone, https_url


class ApiVersion(StrEnum):
    """Version of OneRoster that the endpoint speaks."""

    V1P1 = "1.1"
    V1P2 = "1.2"


class AuthType(StrEnum):
    """How requests are authenticated."""

    OAUTH1 = "OAuth1"
    OAUTH2 = "OAuth2"


class Endpoint(Part):
    """Where the district's OneRoster service is."""

    url: str = Field(
        max_length=1024,
        description="Base URL of the rostering service, without the name of a collection; the district or its "
        "OneRoster provider gives it. 1.2 usually ends in /ims/oneroster/rostering/v1p2, 1.1 in "
        "/ims/oneroster/v1p1.",
        json_schema_extra=https_url(
            "https://sis.springfield.example/ims/oneroster/rostering/v1p2",
            (
                "!self.contains('?') && !self.contains('#') && !self.contains('@')",
                (
                    "must be the base URL alone: no ?query, no #fragment, no user@; credentials belong in the "
                    "Secret that spec.auth.secretRef names"
                ),
            ),
        ),
    )
    version: ApiVersion = Field(
        default=ApiVersion.V1P2,
        description="Version of OneRoster that the endpoint speaks. 1.2 is recommended where both sides have it.",
    )
    ca_bundle: str | None = Field(
        default=None,
        max_length=65536,
        description="PEM certificates that are trusted for this district besides the usual ones.",
        json_schema_extra=rules(
            (
                "self.contains('-----BEGIN CERTIFICATE-----') && self.contains('-----END CERTIFICATE-----')",
                "must be PEM: one or more blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
            ),
            (
                "!self.contains('PRIVATE KEY-----')",
                "must hold certificates alone: leave out the private key, and replace it if it was a real one",
            ),
        ),
    )


class SecretRef(Part):
    """A Secret in the connection's own namespace."""

    name: SecretName = Field(description="Name of the Secret.")


class Auth(Part):
    """How the operator and its pods authenticate with the district's service."""

    type: AuthType = Field(description="OAuth2 (client credentials), or OAuth1, which only OneRoster 1.1 has.")
    token_url: str | None = Field(
        default=None,
        max_length=1024,
        description="Where OAuth 2 tokens are asked for; the district or its OneRoster provider gives it.",
        json_schema_extra=https_url(
            "https://sis.springfield.example/oauth/token",
            (
                "!self.contains('#') && !self.contains('@')",
                (
                    "must have no #fragment and no user@; credentials belong in the Secret that "
                    "spec.auth.secretRef names"
                ),
            ),
        ),
    )
    secret_ref: SecretRef = Field(
        description="Secret with the keys clientId and clientSecret and the label "
        "oneroster.masteryprep.com/credentials=true. Its optional key allowedHosts, host names separated by "
        "commas or lines, pins where they may be sent: spec.endpoint.url and tokenUrl at any other are refused."
    )
    scopes: list[Scope] = Field(
        default=[],
        max_length=16,
        description="OAuth 2 scopes to ask for. Empty: the client works out what the server accepts.",
        json_schema_extra=LIST_SET,
    )


class Action(StrEnum):
    """What a person decided about one of the district's schools."""

    LINK = "Link"
    IGNORE = "Ignore"


class Assignment(Part):
    """A person's decision about one of the district's schools."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "(self.action == 'Link') == has(self.schoolId)",
                "action Link needs schoolId, the platform's id of the school; action Ignore must not have one",
            ),
        )
    )

    sourced_id: SourcedId = Field(description="The school's sourcedId, as status.schools.items shows it.")
    action: Action = Field(description="Link it to a school of the platform, or Ignore it.")
    school_id: PlatformId | None = Field(
        default=None, description="The platform's id of the school; with action Link only."
    )


class Schools(Part):
    """How the district's schools map to the platform's."""

    district_org: SourcedId | None = Field(
        default=None,
        description="sourcedId of our district's org; needed where the server lists several districts.",
    )
    assignments: list[Assignment] = Field(
        default=[],
        max_length=2000,
        description="Decisions of a person; they go before what the operator finds by itself.",
        json_schema_extra=list_map("sourcedId"),
    )


class Frequency(StrEnum):
    """How often each category syncs."""

    HOURLY = "Hourly"
    DAILY = "Daily"
    WEEKLY = "Weekly"


class Window(Part):
    """The part of the day in which syncs start; it may cross midnight."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.start != self.end", "start and end must differ; leave out window for the whole day"),
        )
    )

    start: TimeOfDay = Field(description="HH:MM, in schedule.timeZone.")
    end: TimeOfDay = Field(description="HH:MM, in schedule.timeZone.")


class Schedule(Part):
    """When the categories sync. With neither frequency nor cron: daily."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("!(has(self.cron) && has(self.frequency))", "write either frequency or cron, not both"),
            (
                "!has(self.window) || !has(self.cron)",
                "window belongs to frequency: leave out window, or cron",
            ),
            (
                "!has(self.window) || !has(self.frequency) || self.frequency != 'Hourly'",
                "window is for Daily and Weekly: leave it out with frequency Hourly",
            ),
        )
    )

    frequency: Frequency | None = Field(
        default=None, description="Hourly, Daily or Weekly; the operator spreads districts over the window."
    )
    window: Window | None = Field(
        default=None, description="For Daily and Weekly; without it any time of the day."
    )
    cron: Cron | None = Field(
        default=None,
        description="Exactly this schedule for all categories, in five cron fields; in place of frequency.",
    )
    time_zone: TimeZone = Field(
        default="Etc/UTC",
        description="IANA name of the time zone of window and cron, and of the district's calendar days.",
    )


class FullPulls(StrEnum):
    """When a run asks the district for all of a category, not only for what changed."""

    ALWAYS = "Always"
    WEEKLY = "Weekly"


class Sync(Part):
    """How much each run asks the district for."""

    full: FullPulls = Field(
        default=FullPulls.ALWAYS,
        description="Always: every run asks for all of it. Weekly: once a week, and otherwise for what changed "
        "since the run before; what the district no longer lists is then noticed once a week. A run asks for all "
        "of it also where schools, categories, endpoint or time zone changed, something is held, an enrollment "
        "waits, or the district's server cannot tell what changed: status.categories[].lastRun says so. "
        "Default Always.",
    )


class SafetyMode(StrEnum):
    """Whether runs may end what the platform has."""

    NORMAL = "Normal"
    ADDITIONS_ONLY = "AdditionsOnly"


class Safety(Part):
    """What a single run may change without a person; what is beyond is withheld and reported."""

    mode: SafetyMode = Field(
        default=SafetyMode.NORMAL,
        description="Normal, or AdditionsOnly (for the turn of the school year): then no run ends or deactivates "
        "anything, except that an administrator who explicitly lost the role loses it. Default Normal.",
    )
    max_removed_percent: int = Field(
        default=10,
        ge=0,
        le=100,
        description="Most removals of a run, in percent of the rows of each kind, in all and in each school; "
        "100 lets even the last row go. Default 10.",
    )
    removed_floor: int = Field(
        default=20,
        ge=0,
        le=100_000,
        description="Up to so many removals or changes the percentages are not applied; not for "
        "administrators, an emptied school, an empty answer or an incomplete one. Default 20.",
    )
    max_changed_percent: int = Field(
        default=75,
        ge=0,
        le=100,
        description="Most rows of a kind that a run may give another identity, in percent: name, username "
        "or identifier of people; user, class or school of enrollments; school of classes. Default 75.",
    )
    max_new_admins: int = Field(
        default=5,
        ge=0,
        le=10_000,
        description="Most administrator roles of a category that a run may add, unless all of them are "
        "within the number that the preview showed before it was confirmed. Default 5.",
    )


class ConnectionSpec(Part):
    """One school district and what of its data is wanted."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.auth.type != 'OAuth2' || has(self.auth.tokenUrl)",
                "auth.type OAuth2 needs auth.tokenUrl, the URL at which tokens are asked for",
            ),
            (
                (
                    "self.auth.type != 'OAuth1' || (!has(self.auth.tokenUrl) && "
                    "(!has(self.auth.scopes) || size(self.auth.scopes) == 0))"
                ),
                "auth.type OAuth1 knows no tokens: leave out auth.tokenUrl and auth.scopes",
            ),
            (
                "self.auth.type != 'OAuth1' || self.endpoint.version == '1.1'",
                (
                    "OneRoster 1.2 has OAuth2 only: write auth.type OAuth2 with a tokenUrl, "
                    'or endpoint.version "1.1"'
                ),
            ),
            (
                "!has(self.categories) || !('ClassRosters' in self.categories) || 'Students' in self.categories",
                "ClassRosters enrols students, so categories must have Students with it",
            ),
        )
    )

    district_id: PlatformId = Field(
        description="The platform's id of the district. Immutable.",
        json_schema_extra=rules(
            (
                "self == oldSelf",
                "is immutable: make another OneRosterConnection for another district and delete this one",
            )
        ),
    )
    endpoint: Endpoint = Field(description="Where the district's OneRoster service is.")
    auth: Auth = Field(description="How the operator and its pods authenticate there.")
    platform_ref: SecretRef = Field(
        default=SecretRef(name="oneroster-platform"),
        description="Secret with the platform's database: keys operatorUrl and syncUrl, and the label "
        "oneroster.masteryprep.com/credentials=true.",
    )
    schools: Schools = Field(default=Schools(), description="How the district's schools map to the platform's.")
    categories: list[Category] = Field(
        default=[],
        max_length=5,
        description="The data to sync: Students, TeacherAssignments, ClassRosters (with Students), SchoolAdmins, "
        "DistrictAdmins. Removing one stops its sync and deletes no data.",
        json_schema_extra=LIST_SET,
    )
    schedule: Schedule = Field(
        default=Schedule(), description="When the categories sync. With neither frequency nor cron: daily."
    )
    sync: Sync = Field(default=Sync(), description="How much each run asks the district for.")
    safety: Safety = Field(default=Safety(), description="What a single run may change without a person.")
    confirmed: bool = Field(
        default=False,
        description="That schools, categories and preview have been reviewed; nothing is scheduled before.",
    )
    paused: bool = Field(default=False, description="Suspends all syncs; nothing is lost.")
    pause_reason: str = Field(default="", max_length=256, description="Why, for whoever finds it paused.")
