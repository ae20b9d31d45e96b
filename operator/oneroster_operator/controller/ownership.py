"""Whether the district is this connection's to write: the platform says so at each import, and to each run."""

from oneroster_operator.api.conditions import ConditionType
from oneroster_operator.api.status import ConnectionStatus
from oneroster_operator.api.times import instant
from oneroster_operator.controller import hashes
from oneroster_operator.controller.observed import CallKind, Observed
from oneroster_operator.controller.statement import FALSE, Statement

_NOT_OURS = frozenset({"DistrictTaken", "DistrictNotGranted"})


def not_ours(seen: Observed, *, import_due: bool) -> Statement | None:
    """Set where the last import was refused because the district is another's: then nothing runs.

    What status says of it stands until the platform is asked again, also in an operator that was started anew.
    """
    postponed = seen.postponed.get(CallKind.IMPORT)
    asked = postponed is not None and postponed.inputs == hashes.schools_inputs(seen.connection)
    if asked and postponed is not None and postponed.reason in _NOT_OURS:
        return Statement(FALSE, postponed.reason, postponed.message)
    if not import_due:
        return None
    for said in seen.connection.status.conditions:
        if said.type is ConditionType.STALLED and said.reason in _NOT_OURS:
            return Statement(FALSE, said.reason, said.message)
    return None


def lost(status: ConnectionStatus) -> bool:
    """Whether a run has found since the last import that the district is another's."""
    checked = instant(status.schools.checked_time) if status.schools else None
    runs = [entry.last_run for entry in status.categories if entry.last_run is not None]
    return any(run.reason in _NOT_OURS and checked is not None and instant(run.time) > checked for run in runs)
