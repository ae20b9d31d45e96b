"""GUIDRefs of which only the sourcedId can be relied on."""

from urllib.parse import urlsplit

from tests.district.quirks.shape import each_reference
from tests.district.wire import Payload

FOREIGN = "https://roster.elsewhere.example"


def reference_types_wrong(_: str, payload: Payload) -> Payload:
    """Every GUIDRef has the type ``user``, also one to an org (libre-oneroster)."""
    changed: Payload = each_reference(payload, lambda ref: ref | {"type": "user"})
    return changed


def href_relative(_: str, payload: Payload) -> Payload:
    """``href`` is ``~/ims/...`` (Aeries)."""
    changed: Payload = each_reference(payload, lambda ref: ref | {"href": f"~{_path(ref['href'])}"})
    return changed


def href_wrong(_: str, payload: Payload) -> Payload:
    """``href`` leads to nothing on this server."""
    changed: Payload = each_reference(payload, lambda ref: ref | {"href": f"{ref['href']}/nowhere"})
    return changed


def href_foreign(_: str, payload: Payload) -> Payload:
    """``href`` leads to another host (ClassLink)."""
    changed: Payload = each_reference(payload, lambda ref: ref | {"href": f"{FOREIGN}{_path(ref['href'])}"})
    return changed


def _path(href: str) -> str:
    """From ``/ims/`` on, where there is that."""
    path = urlsplit(href).path
    return path[max(path.find("/ims/"), 0) :]
