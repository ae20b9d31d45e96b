"""What keeps a connection from working until a person changes something in the cluster."""

from oneroster_operator.api import group
from oneroster_operator.controller import schedule
from oneroster_operator.controller.observed import Observed, SecretState, SecretView
from oneroster_operator.controller.statement import FALSE, Statement


def invalid_spec(observed: Observed) -> Statement | None:
    """A spec that got past the schema and cannot work."""
    try:
        schedule.check(observed.connection.spec.schedule, observed.now)
    except schedule.ScheduleInvalid as error:
        return Statement(FALSE, "InvalidSchedule", str(error))
    return None


def name_taken(observed: Observed) -> Statement | None:
    """A child's name that somebody else's object has: the other children are kept as the spec says."""
    if not observed.foreign:
        return None
    names = ", ".join(observed.foreign)
    return Statement(
        FALSE,
        "NameTaken",
        f"{names} in namespace {observed.connection.namespace} belongs to somebody else and has the name that "
        "a child of this connection needs; rename it, or use another name for this connection.",
    )


def unusable_secret(observed: Observed) -> Statement | None:
    """A Secret that is missing, not labelled or lacks a key: the first one's reason, and how to mend both."""
    broken = [
        (secret, prefix)
        for secret, prefix in ((observed.credentials, ""), (observed.platform, "Platform"))
        if secret.state is not SecretState.USABLE
    ]
    if not broken:
        return None
    (first, prefix), *_ = broken
    text = " ".join(_mend(secret, observed.connection.namespace) for secret, _ in broken)
    return Statement(FALSE, f"{prefix}{first.state}", text)


def _mend(secret: SecretView, namespace: str) -> str:
    where = f"Secret {namespace}/{secret.name}"
    keys = " and ".join(secret.missing_keys)
    label = f"kubectl -n {namespace} label secret {secret.name} {group.CREDENTIALS_LABEL}=true"
    if secret.state is SecretState.MISSING:
        return f"{where} does not exist: create it with the keys {keys}, then {label}."
    if secret.state is SecretState.NOT_LABELLED:
        return f"{where} may not be read until its owner allows it: {label}."
    return f"{where} lacks the key {keys}: add it." if " and " not in keys else f"{where} lacks {keys}: add them."
