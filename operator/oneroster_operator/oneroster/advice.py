"""What several answers together mean, in words for the people who can mend it. Pure.

The message of an error knows of one answer alone, and says enough of a wrong secret, an untrusted certificate, a
clock or a name; what is here knows what else the same server was seen to do.
"""

from collections.abc import Mapping, Sequence

from yarl import URL

from oneroster_operator.oneroster.abilities import Abilities
from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.base_urls import OTHER
from oneroster_operator.oneroster.errors import DistrictError, Refused, Unreachable
from oneroster_operator.oneroster.records import Collection

_SEEN = {
    "NotFound": "is not there (404)",
    "NotJSON": "sends a web page in place of JSON",
    "Redirected": "redirects",
}


def outage(error: Unreachable) -> str:
    """A firewall that drops what it does not know looks like a server that is down."""
    if error.stage != "connection":
        return error.message
    return f"{error.message} If others reach it, its firewall may not admit our address: ask the district."


def found_elsewhere(
    where: str, refusal: DistrictError, url: URL, spoken: Version, declared: Version
) -> DistrictError:
    """Nothing is at `where`, and at `url` is a service that speaks `spoken`."""
    seen = _SEEN.get(refusal.reason, "sends what is not OneRoster")
    if spoken == declared:
        message = f"{where} {seen}, but a OneRoster service answers at another path: give {url} as endpoint URL."
        return DistrictError(refusal.reason, message, refusal.stage)
    message = (
        f"{where} {seen}, but a OneRoster {spoken} service answers at another path: give {url} as endpoint URL "
        f"and declare version {spoken}, or ask the district for its {declared} service."
    )
    return Refused("VersionMismatch", message, "version")


def nowhere(where: str, refusal: DistrictError) -> DistrictError:
    """The usual paths have nothing either."""
    if refusal.reason != "NotFound":
        return refusal
    message = (
        f"{where} is not there (404), and nothing is at the usual paths: check the endpoint URL with the "
        "district, and that its OneRoster module is licensed and on."
    )
    return Refused("NotFound", message, refusal.stage)


def other_version(where: str, declared: Version, url: URL | None) -> Refused:
    """The service speaks the version that is not declared; the declared one is at `url`, where one was found."""
    spoken = OTHER[declared]
    instead = f"give {url} as endpoint URL" if url else f"give the address of the {declared} service"
    message = (
        f"{where} sends users as OneRoster {spoken} has them, but {declared} is declared: declare {spoken}, or "
        f"{instead}."
    )
    return Refused("VersionMismatch", message, "version")


def orgs_alone(where: str, refusal: DistrictError) -> DistrictError:
    """The orgs are not to be had, though the users are."""
    seen = _SEEN.get(refusal.reason, "is forbidden to us (403)")
    message = (
        f"{where} {seen}, though /users is shared with us: the district should share its orgs too, for without "
        "them no school is known."
    )
    return DistrictError(refusal.reason, message, refusal.stage)


def forbidden(where: str, refusal: DistrictError, sent: str, scopes: Sequence[str]) -> Refused:
    """A 403 for everything. `sent` is in a word what came with it, `scopes` what the token is for."""
    if scopes and not any("roster" in scope and "demographics" not in scope for scope in scopes):
        message = (
            f"{where} is forbidden to us (403), and the token is for no roster scope: the district should grant "
            "this client roster-core.readonly and roster.readonly."
        )
        return Refused("InsufficientScope", message, refusal.stage)
    if sent in {"a web page", "text"}:
        message = (
            f"{where} is forbidden to us (403), and {sent} says so, as a firewall in front of the service would: "
            "the district should admit our address, and if it does, share its OneRoster data with this client."
        )
        return Refused("Forbidden", message, refusal.stage)
    message = (
        f"{refusal.message} Its users are not shared with us either: is its OneRoster module licensed and on?"
    )
    return Refused("Forbidden", message, refusal.stage)


def accepted(listed: int, not_shared: Mapping[Collection, DistrictError], abilities: Abilities) -> str:
    """`listed` orgs came, the collections `not_shared` did not."""
    if not not_shared:
        sentences = ["The district's service answers as it should."]
    elif len(not_shared) == 1:
        sentences = ["The district's service answers, but:", *(error.message for error in not_shared.values())]
    else:
        names = ", ".join(
            f"{name} ({_SHORT.get(error.reason, error.reason)})" for name, error in not_shared.items()
        )
        missing = f"The district's service answers, but not to be had are {names}:"
        sentences = [f"{missing} the district should share or license what the categories need."]
    if not listed:
        sentences += ["It lists no org as yet."]
    if told := abilities.summary():
        sentences += [f"It has {told}."]
    return " ".join(sentences)


_SHORT = {"Forbidden": "403", "InsufficientScope": "403", "NotFound": "404"}
