"""sourcedIds as products make them. Every way keeps different ids different."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import md5, sha256
from zlib import crc32

from tests.district.population import Population
from tests.district.quirks.listed import rebuilt
from tests.district.records import AcademicSession, AnyRecord, Class, Course, Enrollment, Org, User

_PERSON = re.compile(r"([A-Z])(\d.*)")
_DISTRICT = "1"


def ids_numbers(population: Population) -> Population:
    """Numbers of up to 12 digits, written as text."""
    return _renamed(population, lambda sourced_id: str(int(sha256(sourced_id.encode()).hexdigest()[:10], 16)))


def ids_hashed(population: Population) -> Population:
    """32 hexadecimal digits (Ed-Fi)."""
    return _renamed(population, lambda sourced_id: md5(sourced_id.encode(), usedforsecurity=False).hexdigest())


def ids_marked(population: Population) -> Population:
    """``+``, ``/``, ``|``, ``%`` and a space in every id."""
    return _renamed(population, lambda sourced_id: f"{sourced_id[:1]}+/| %{sourced_id[1:]}")


def ids_prefixed(population: Population) -> Population:
    """People's and enrollments' ids begin with a letter and a plus sign: ``s+0101-0001`` (Infinite Campus 1.1)."""

    def prefixed(sourced_id: str) -> str:
        parts = _PERSON.fullmatch(sourced_id)
        return f"{parts[1].lower()}+{parts[2]}" if parts else sourced_id

    return _renamed(population, prefixed)


def ids_underscored(population: Population) -> Population:
    """``7_`` in front and no hyphen: ``7_S0101_0001`` (ClassLink)."""
    return _renamed(population, lambda sourced_id: f"7_{sourced_id.replace('-', '_')}")


def ids_mixed_case(population: Population) -> Population:
    """About half of the ids in lower case, so that an order without regard to case is another order."""

    def mixed(sourced_id: str) -> str:
        return sourced_id.lower() if crc32(sourced_id.encode()) % 2 else sourced_id

    return _renamed(population, mixed)


def ids_zero_district(population: Population) -> Population:
    """The district's own org is ``0`` (Aeries)."""
    return _renamed(population, lambda sourced_id: "0" if sourced_id == _DISTRICT else sourced_id)


def _renamed(population: Population, spell: Callable[[str], str]) -> Population:
    return rebuilt(population, (_rename(record, spell) for record in population.records()))


def _rename(record: AnyRecord, spell: Callable[[str], str]) -> AnyRecord:
    sourced_id = spell(record.sourced_id)
    match record:
        case Org() | AcademicSession():
            return replace(record, sourced_id=sourced_id, parent=spell(record.parent) if record.parent else None)
        case Course():
            return replace(
                record, sourced_id=sourced_id, org=spell(record.org), school_year=spell(record.school_year)
            )
        case Class():
            return replace(
                record,
                sourced_id=sourced_id,
                course=spell(record.course),
                school=spell(record.school),
                terms=tuple(map(spell, record.terms)),
            )
        case User():
            return replace(
                record,
                sourced_id=sourced_id,
                roles=tuple(replace(role, org=spell(role.org)) for role in record.roles),
                agents=tuple(map(spell, record.agents)),
            )
        case Enrollment():
            return replace(
                record,
                sourced_id=sourced_id,
                user=spell(record.user),
                class_=spell(record.class_),
                school=spell(record.school),
            )
