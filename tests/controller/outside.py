"""A district and a platform in memory, which answer the operator's calls as `controller.calls` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oneroster_operator.api.resource import Connection
from oneroster_operator.controller.calls import found_before
from oneroster_operator.controller.manifests import Manifest
from oneroster_operator.controller.observed import Call, CallKind
from oneroster_operator.controller.preview import Counted, Previewed, previewed
from oneroster_operator.controller.review import Imported
from oneroster_operator.controller.take_in import Result
from oneroster_operator.controller.verdict import Tested
from oneroster_operator.matching.district import district_of, schools_of
from oneroster_operator.matching.match import match
from tests.controller.build import Org, School

GOOD, WRONG = "good", "wrong"

ORGS = [
    Org("1", "Springfield USD", "district"),
    Org("0042", "Lincoln High School", identifier="170001", parent_sourced_id="1"),
    Org("0043", "Roosevelt Elementary", parent_sourced_id="1"),
    Org("0099", "Springfield Virtual Academy", parent_sourced_id="1"),
]
SCHOOLS = [
    School("sch_lincoln", "Lincoln HS", "170001"),
    School("sch_roosevelt", "Roosevelt Elementary"),
    School("sch_virtual", "Springfield Online"),
]


@dataclass
class Outside:
    """What the district and the platform have, and whether they answer."""

    orgs: list[Org] = field(default_factory=lambda: list(ORGS))
    schools: list[School] = field(default_factory=lambda: list(SCHOOLS))
    accepted: str = GOOD
    """The client secret that the district takes."""
    district_outage: str = ""
    """Reason of the outage; empty while the district answers."""
    platform_outage: str = ""
    refusal: str = ""
    """Reason for which any credentials are refused; empty for none."""

    def answer(
        self, call: Call, connection: Connection, secret: Manifest, previews: Mapping[str, list[Counted]]
    ) -> Result | str:
        """The call's result, or the reason why there is none."""
        if call.kind is CallKind.TEST:
            return self._test(call, secret["data"]["clientSecret"])
        if call.kind is CallKind.IMPORT:
            return self.district_outage or self.platform_outage or self._import(call, connection)
        return self.platform_outage or _preview(call, previews.get(call.job, []))

    def _test(self, call: Call, client_secret: str) -> Tested:
        if self.district_outage:
            return Tested(call.inputs, "Unreachable", self.district_outage, "The district does not answer.")
        if self.refusal:
            return Tested(call.inputs, "Refused", self.refusal, "Change this and that.")
        if client_secret != self.accepted:
            text = "The district refuses clientId and clientSecret."
            return Tested(call.inputs, "Refused", "InvalidCredentials", text)
        message, scopes = "The district's service answers.", ("roster.readonly", "roster-core.readonly")
        return Tested(call.inputs, "Accepted", "Accepted", message, "OAuth2 (Basic)", scopes)

    def _import(self, call: Call, connection: Connection) -> Imported:
        spec = connection.spec.schools
        items = match(
            schools_of(self.orgs, spec.district_org),
            self.schools,
            assignments=spec.assignments,
            known=found_before(connection),
            confirmed=connection.status.first_confirmed_time is not None,
        )
        district = district_of(self.orgs, spec.district_org)
        return Imported(call.inputs, tuple(items), district.sourced_id if district else None)


def _preview(call: Call, found: list[Counted]) -> Previewed:
    lost = "" if found else f"Job {call.job} left no counts; see its pod"
    return previewed(call.inputs, tuple(found), lost=lost)
