"""What runs withheld: what is said of it, and what persons decided about it. Pure."""

from oneroster_operator.api import group
from oneroster_operator.api.category import Category, in_order
from oneroster_operator.api.conditions import MAX_MESSAGE
from oneroster_operator.api.resource import Connection
from oneroster_operator.api.status import Answer, ConnectionStatus
from oneroster_operator.controller import requests
from oneroster_operator.controller.statement import TRUE, Statement, clean

_NOT_ACCEPTED = frozenset({requests.REFUSED, requests.RECORDED})


def fingerprints(token: str) -> list[str]:
    """Those in an annotation or an answer."""
    return [fingerprint for part in token.split(",") if (fingerprint := part.strip())]


def approved(status: ConnectionStatus) -> tuple[str, ...]:
    """What runs are told to let through: the last approval, for as long as its holds are there.

    Also after its own Job has failed: then the next scheduled run does it.
    """
    known = _known(status)
    return tuple(f for f in _accepted(status.requests.approve) if f in known)


def discarded(status: ConnectionStatus) -> tuple[str, ...]:
    """What runs are told to discard: the last such request, until a run has."""
    held, let_through = _held(status), approved(status)
    return tuple(f for f in _accepted(status.requests.discard) if f in held and f not in let_through)


def unknown(status: ConnectionStatus, token: str) -> str:
    """Why nothing can be decided about what the token names; empty where all of it is withheld."""
    asked, known = fingerprints(token), _known(status)
    strange = [f for f in asked if f not in known]
    if asked and not strange:
        return ""
    held = ", ".join(f"{f} ({category})" for f, category in _held(status).items())
    name = ", ".join(strange) or "none"
    return f"no hold of this connection has the fingerprint {name}; held now: {held or 'nothing'}"


def categories(connection: Connection, token: str) -> list[Category]:
    """Those that a run for these holds has to sync; all selected ones where a hold left status meanwhile."""
    held = _held(connection.status)
    found = {held.get(f) for f in fingerprints(token)}
    return in_order({c for c in connection.spec.categories if c in found or None in found})


def statement(connection: Connection, status: ConnectionStatus) -> Statement | None:
    """`ChangesHeld`, where the last run of a category that came to an end withheld what nobody discarded."""
    decided = discarded(status)
    holds = {c.name: c.hold for c in status.categories if c.hold and c.hold.fingerprint not in decided}
    if not holds:
        return None
    text = " ".join(f"{name}: {hold.message}" for name, hold in holds.items())
    command = _command(connection, [hold.fingerprint for hold in holds.values() if hold.fingerprint])
    return Statement(TRUE, "BeyondLimits", clean(text, MAX_MESSAGE - len(command)) + command)


def _command(connection: Connection, found: list[str]) -> str:
    if not found:
        return ""
    return (
        f" To let it through once: kubectl annotate {group.SINGULAR} -n {connection.namespace} {connection.name} "
        f"--overwrite {group.APPROVE_ANNOTATION}={','.join(found)}"
    )


def _accepted(answer: Answer | None) -> list[str]:
    return fingerprints(answer.token) if answer and answer.outcome not in _NOT_ACCEPTED else []


def _held(status: ConnectionStatus) -> dict[str, Category]:
    return {c.hold.fingerprint: c.name for c in status.categories if c.hold and c.hold.fingerprint}


def _known(status: ConnectionStatus) -> set[str]:
    """What is withheld, what was discarded last among it."""
    return {*_held(status), *_accepted(status.requests.discard)}
