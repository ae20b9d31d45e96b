"""Which of the orgs that a server lists are our district and its schools."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Org(Protocol):
    """What matching needs of a OneRoster org; the client's records have it."""

    @property
    def sourced_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def identifier(self) -> str | None: ...
    @property
    def parent_sourced_id(self) -> str | None: ...


class DistrictOrgUnclear(Exception):
    """The server lists several districts, or not the one that the spec names. The message says what to write."""


def district_of(orgs: Iterable[Org], district_org: str | None) -> Org | None:
    """The district's own org: the one that the spec names, else the only one of type `district`.

    None where the server lists no district at all. Raises `DistrictOrgUnclear`.
    """
    by_id = {org.sourced_id: org for org in orgs}
    if district_org is not None:
        if district_org not in by_id:
            raise DistrictOrgUnclear(
                f"spec.schools.districtOrg is {district_org!r}, which the district's server does not list; "
                "write the sourcedId of the district's own org"
            )
        named = by_id[district_org]
        if named.type != "district":
            raise DistrictOrgUnclear(
                f"spec.schools.districtOrg {district_org!r} is an org of type {named.type!r}; write the sourcedId "
                "of the district's own org, which is of type 'district'"
            )
        return named
    districts = sorted((o for o in by_id.values() if o.type == "district"), key=lambda o: o.sourced_id)
    if len(districts) > 1:
        names = ", ".join(f"{o.sourced_id} ({o.name})" for o in districts[:5])
        raise DistrictOrgUnclear(
            f"the server lists {len(districts)} districts; set spec.schools.districtOrg to the sourcedId "
            f"of ours: {names}"
        )
    return districts[0] if districts else None


def schools_of(orgs: Sequence[Org], district_org: str | None) -> list[Org]:
    """The district's schools, by sourcedId. With a `district_org` in the spec, its descendants alone."""
    by_id = {org.sourced_id: org for org in orgs}
    schools = [org for org in by_id.values() if org.type == "school"]
    if district_org is not None:
        schools = [org for org in schools if _descends(org, district_org, by_id)]
    return sorted(schools, key=lambda org: org.sourced_id)


def _descends(org: Org, ancestor: str, by_id: dict[str, Org]) -> bool:
    seen = {org.sourced_id}
    parent = org.parent_sourced_id
    while parent is not None and parent not in seen:
        if parent == ancestor:
            return True
        seen.add(parent)
        parent = by_id[parent].parent_sourced_id if parent in by_id else None
    return False
