"""The report: what a sync run has to say, small enough for a container's termination message.

Kubernetes keeps 4,096 bytes of a termination message
(https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/). The full account is
the platform's `sync_runs`. Neither names a person.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from oneroster_operator.api.category import Category

MAX_BYTES = 4096
_MAX_MESSAGE = 400
MAX_RULES = 12


class Outcome(StrEnum):
    """How the run of one category ended; the exit code is that of the first category which did not end well.

    | what happened                           | outcome                | exit code | the Job  |
    |-----------------------------------------|------------------------|-----------|----------|
    | written                                 | Succeeded              | 0         | Complete |
    | nothing to do                           | Succeeded, counts of 0 | 0         | Complete |
    | written in part, the rest is withheld   | Held                   | 0         | Complete |
    | nothing tried: old slot, lock in use    | Skipped                | 0         | Complete |
    | our own fault, or a plan or Secret's    | Failed                 | 1         | Failed   |
    | wrong usage, told before anything is run | none                  | 2         | Failed   |
    | the district's service refused us       | Refused                | 10        | Failed   |
    | the district's service is at fault      | DistrictFailed         | 11        | Failed   |
    | the platform's database is at fault     | PlatformFailed         | 12        | Failed   |
    """

    SUCCEEDED = "Succeeded"
    HELD = "Held"
    """What was within the limits is written, the rest is withheld and counted."""
    SKIPPED = "Skipped"
    """Nothing was asked or written: an old slot, or another run held the district's lock until the end."""
    REFUSED = "Refused"
    """The district's service refused us: credentials, scope, path, certificate."""
    DISTRICT_FAILED = "DistrictFailed"
    """The district's service did not answer properly or its answer could not be proven complete."""
    PLATFORM_FAILED = "PlatformFailed"
    """The platform's database was away, refused us, or has another schema."""
    FAILED = "Failed"
    """Our fault, or a plan or Secret that the pod cannot use."""

    @property
    def exit_code(self) -> int:
        """0 where the Job is to count as complete."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Outcome.SUCCEEDED: 0,
    Outcome.HELD: 0,
    Outcome.SKIPPED: 0,
    Outcome.REFUSED: 10,
    Outcome.DISTRICT_FAILED: 11,
    Outcome.PLATFORM_FAILED: 12,
    Outcome.FAILED: 1,
}


class Pull(StrEnum):
    """How much of a category a run asked the district for."""

    FULL = "Full"
    DELTA = "Delta"
    """What changed since an earlier run; nothing is removed because it is not listed."""


class CategoryReport(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One category of one run. Counts are rows of the platform's roster tables."""

    name: Category
    outcome: Outcome
    created: int = 0
    changed: int = 0
    removed: int = 0
    withheld: int = 0
    """Removals, changes or new admins beyond the limits: seen, counted, not written."""
    hold: str = ""
    """Fingerprint of what is withheld, by which it is approved."""
    waiting: int = 0
    """Enrollments whose user or class has not arrived yet."""
    quarantined: int = 0
    """Records that could not be used."""
    quarantined_by_rule: dict[str, int] = {}
    """What they broke: at most `MAX_RULES` rules, the most frequent ones."""
    pull: Pull | None = None
    """None where the run did not get so far."""
    pull_reason: str = ""
    """Why all was asked for though the plan wants that once a week: one sentence."""
    reason: str = ""
    """A CamelCase word where the outcome is not `Succeeded`."""
    message: str = ""
    """One sentence: what happened, who can mend it."""

    @property
    def unchanged(self) -> bool:
        """Whether all was in place already, so that a run had nothing to do."""
        written = self.created or self.changed or self.removed
        return self.outcome is Outcome.SUCCEEDED and not written


class Report(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """All categories of one run, in the order in which they ran."""

    started: dt.datetime
    finished: dt.datetime
    categories: tuple[CategoryReport, ...]
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """That of the first category that did not end well, else 0."""
        return next((c.outcome.exit_code for c in self.categories if c.outcome.exit_code), 0)


def most_frequent(by_rule: Mapping[str, int]) -> dict[str, int]:
    """As many rules as a report takes, the most frequent first, and of equals by name."""
    return dict(sorted(by_rule.items(), key=lambda one: (-one[1], one[0]))[:MAX_RULES])


def encode_report(report: Report) -> bytes:
    """The report as JSON of at most `MAX_BYTES`; sentences are cut where it would be longer."""
    for limit in (_MAX_MESSAGE, 200, 80, 0):
        short = msgspec.structs.replace(
            report,
            categories=tuple(
                msgspec.structs.replace(c, message=c.message[:limit], pull_reason=c.pull_reason[:limit])
                for c in report.categories
            ),
        )
        encoded = msgspec.json.encode(short)
        if len(encoded) <= MAX_BYTES:
            return encoded
    raise ValueError(f"a report of {len(report.categories)} categories does not fit {MAX_BYTES} bytes")


def decode_report(text: bytes | str) -> Report:
    """The report from a termination message; raises `msgspec.MsgspecError` where it is something else."""
    return msgspec.json.decode(text, type=Report)
