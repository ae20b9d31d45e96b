"""The district and its schools: levels, names, identifiers. Does not depend on how many people go there."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.district import names
from tests.district.records import Level, Org

DISTRICT_ID = "1"

_LEVELS: tuple[Level, ...] = (
    "high", "middle", "elementary", "elementary", "k8", "virtual",
    "middle", "elementary", "high", "elementary", "elementary", "middle",
)  # fmt: skip
_SHARES_STEM_WITH_PREVIOUS = {1, 2, 9}
_WITHOUT_IDENTIFIER = 2
_SUFFIXES: dict[Level, str] = {
    "elementary": "Elementary School",
    "middle": "Middle School",
    "high": "High School",
    "k8": "K-8 School",
    "virtual": "Virtual Academy",
}
_PLACES = ("Juniper Flats", "Marrow Bay", "Tallgrass", "Pinyon County", "Saltfork", "Windrow", "Cañada Verde")


def level_of(index: int) -> Level:
    """The level of the school number ``index``; only the first dozen has a virtual school."""
    level = _LEVELS[index % len(_LEVELS)]
    return "elementary" if level == "virtual" and index >= len(_LEVELS) else level


def school_id(index: int) -> str:
    return f"{101 + index:04d}"


def district_and_schools(seed: int, schools: int, today: date) -> list[Org]:
    """The district org first, then its schools.

    Neighbouring high, middle and elementary schools share a stem ("Lincoln High School", "Lincoln Middle
    School"); the first high school is named after a person; one school in six has no identifier.
    Raises ValueError for more schools than there are names (2,160).
    """
    rng = Random(f"{seed}/schools")
    modified = datetime.combine(today - timedelta(days=100), time(6, 30), UTC)
    identifier = f"99{rng.randrange(100_000):05d}"
    orgs = [
        Org(
            sourced_id=DISTRICT_ID,
            modified=modified,
            name=f"{rng.choice(_PLACES)} Unified School District",
            type="district",
            identifier=identifier,
        )
    ]
    for index, stem in enumerate(_stems(rng, schools)):
        level = level_of(index)
        orgs.append(
            Org(
                sourced_id=school_id(index),
                modified=modified,
                name=f"{stem} {_SUFFIXES[level]}",
                type="school",
                identifier=None if index % 6 == _WITHOUT_IDENTIFIER else f"{identifier}{index + 1:05d}",
                parent=DISTRICT_ID,
                level=level,
            )
        )
    return orgs


def _stems(rng: Random, schools: int) -> list[str]:
    """What each school is called after."""
    fresh = iter(names.stems(rng))
    stems: list[str] = []
    for index in range(schools):
        shared = index % len(_LEVELS) in _SHARES_STEM_WITH_PREVIOUS
        stem = stems[-1] if shared else next(fresh, None)
        if stem is None:
            msg = f"the lists of names do not suffice for {schools} schools"
            raise ValueError(msg)
        stems.append(stem)
    return stems
