"""A client of the OneRoster REST API, 1.1 and 1.2, that never loses a record without saying so.

Knows no Kubernetes and no database. Start reading at `client`; below it are

- walks over a collection: `paging`, what they prove (`tally`, `digests`), how a page is asked for (`pages`,
  `filters`, `link_header`);
- records: `records` is the model, `decode` makes it of a page (`envelope`, `wire`, `normalise`, `values`);
- calls: `calls` authenticates them (`access`, `oauth1`, `oauth2`), `exchange` sends one (`addresses`, `hosts`),
  `retry` sends it again, `refusal` and `status_info` read a no, `errors` are what comes of it;
- the test of a connection: `probe` and what it imports.
"""

from oneroster_operator.oneroster.access import Endpoint, OAuth1, OAuth2, Version, hosts_in
from oneroster_operator.oneroster.client import OneRosterClient, Organizations
from oneroster_operator.oneroster.errors import (
    DistrictError,
    Inconsistent,
    Malformed,
    Refused,
    Unreachable,
)
from oneroster_operator.oneroster.paging import Page, Walk, WalkOutcome
from oneroster_operator.oneroster.probe import Verdict
from oneroster_operator.oneroster.records import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    Ref,
    Rejected,
    Role,
    Rule,
    Status,
    User,
)
from oneroster_operator.oneroster.retry import Patience

__all__ = [
    "AcademicSession",
    "Class",
    "Collection",
    "Course",
    "DistrictError",
    "Endpoint",
    "Enrollment",
    "Inconsistent",
    "Malformed",
    "OAuth1",
    "OAuth2",
    "OneRosterClient",
    "Org",
    "Organizations",
    "Page",
    "Patience",
    "Record",
    "Ref",
    "Refused",
    "Rejected",
    "Role",
    "Rule",
    "Status",
    "Unreachable",
    "User",
    "Verdict",
    "Version",
    "Walk",
    "WalkOutcome",
    "hosts_in",
]
