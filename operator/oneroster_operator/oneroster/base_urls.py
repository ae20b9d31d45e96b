"""Where else on its host a OneRoster service may be, when the endpoint URL leads to none. Pure.

Source: REST bindings of OneRoster 1.1 and 1.2; documentation and connectors of Infinite Campus, Aeries, Genesis,
PowerSchool and Skyward (which leaves `rostering` out).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from yarl import URL

from oneroster_operator.oneroster.access import Version
from oneroster_operator.oneroster.records import Collection

MOST: Final = 6
"""Bases that are worth a request."""
OTHER: Final[dict[Version, Version]] = {"1.1": "1.2", "1.2": "1.1"}
_VERSIONS: Final[dict[str, Version]] = {"v1p1": "1.1", "v1p2": "1.2"}

_SUFFIXES: Final[dict[Version, tuple[str, ...]]] = {
    "1.1": ("ims/oneroster/v1p1",),
    "1.2": ("ims/oneroster/rostering/v1p2", "ims/oneroster/v1p2"),
}
_PREFIXES: Final[dict[Version, tuple[str, ...]]] = {
    "1.1": ("campus/api", "aeries", "genesis", "ws/v1p1"),
    "1.2": ("campus/api",),
}
_COLLECTIONS: Final = frozenset(collection.lower() for collection in Collection).union(
    ("demographics", "gradingperiods", "schools", "students", "teachers", "terms")
)
_OURS: Final = _COLLECTIONS | {"oneroster", "rostering", *_VERSIONS}


@dataclass(frozen=True, slots=True)
class Base:
    """A base URL, and the version whose services are at such a place."""

    url: URL
    version: Version


def other_bases(given: URL, declared: Version) -> list[Base]:
    """Of the same origin, likeliest first, at most `MOST`; `given` itself is not among them.

    What a person gave may end in the name of a collection, have a suffix twice or only a part of it, or lack the
    vendor's prefix.
    """
    tried = {given.raw_path.rstrip("/")}
    found = []
    for path, version in _paths([part for part in given.raw_path.split("/") if part], declared):
        if path not in tried:
            tried.add(path)
            found.append(Base(given.with_path(path or "/", encoded=True), version))
    return found[:MOST]


def _paths(given: Sequence[str], declared: Version) -> Iterator[tuple[str, Version]]:
    other = OTHER[declared]
    tidy = _without(given, _COLLECTIONS)
    yield _path(tidy), _VERSIONS.get(tidy[-1].lower(), declared) if tidy else declared
    root = _root(given)
    for suffix in _SUFFIXES[declared]:
        yield _path(root, suffix), declared
    yield _path(root, _SUFFIXES[other][0]), other
    alike = [prefix for prefix in _PREFIXES[declared] if root and prefix.split("/")[0] == root[0].lower()]
    for prefix in (*alike, "", *_PREFIXES[declared]):
        for suffix in _SUFFIXES[declared][: 1 if prefix else None]:
            yield _path([], prefix, suffix), declared


def _root(given: Sequence[str]) -> Sequence[str]:
    """What goes before a suffix: a vendor's prefix, a tenant, an application's id."""
    names = [part.lower() for part in given]
    return given[: names.index("ims")] if "ims" in names else _without(given, _OURS)


def _without(parts: Sequence[str], tails: frozenset[str]) -> Sequence[str]:
    while parts and parts[-1].lower() in tails:
        parts = parts[:-1]
    return parts


def _path(root: Sequence[str], *more: str) -> str:
    return "".join(f"/{part}" for part in (*root, *more) if part)
