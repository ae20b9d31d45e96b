"""How products stray from the specification, each by name and by itself. See ``require`` and the three tables.

- ``VIEWS`` change who and what is listed: from a population to the one that the consumer gets to see.
- ``PAYLOADS`` change one object as it is shown.
- ``ENVELOPES`` change what stands around the objects of an answer.
"""

from collections.abc import Iterable

from tests.district.population import Population
from tests.district.quirks.catalogue import ENVELOPES, PAYLOADS, VIEWS
from tests.district.quirks.envelopes import Envelope
from tests.district.wire import Payload

QUIRKS: dict[str, str] = {
    name: " ".join((quirk.__doc__ or "").split())
    for table in (VIEWS, PAYLOADS, ENVELOPES)
    for name, quirk in table.items()
}
"""Every quirk's name and what it does."""


def require(names: Iterable[str]) -> None:
    """Raises LookupError unless each is the name of a quirk."""
    unknown = [name for name in names if name not in QUIRKS]
    if unknown:
        msg = f"no quirk {', '.join(unknown)}; there are {', '.join(QUIRKS)}"
        raise LookupError(msg)


def viewed(names: Iterable[str], population: Population) -> Population:
    """The population as the views among ``names`` leave it; itself where there is none."""
    for name in names:
        if name in VIEWS:
            population = VIEWS[name](population)
    return population


def shown(names: Iterable[str], kind: str, payload: Payload) -> Payload:
    """An object of ``kind`` (``user``, ``org``, ...) as the payload quirks among ``names`` show it."""
    for name in names:
        if name in PAYLOADS:
            payload = PAYLOADS[name](kind, payload)
    return payload


def enveloped(names: Iterable[str], collection: str, envelope: Envelope) -> Envelope:
    """An answer as the envelope quirks among ``names`` wrap it."""
    for name in names:
        if name in ENVELOPES:
            envelope = ENVELOPES[name](collection, envelope)
    return envelope
