"""What an error means for a category: its outcome, a reason, who can mend it, and whether the next may try."""

from dataclasses import dataclass, replace

from oneroster_operator.api.category import Category
from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import Collection, DistrictError, Refused
from oneroster_operator.platform.connection import PlatformError
from oneroster_operator.platform.directory import DistrictUnknown, SchoolUnknown
from oneroster_operator.sync.identity import ReconfirmNeeded
from oneroster_operator.sync.lock import LockLost

_OF_ONE_COLLECTION = frozenset({"Forbidden", "InsufficientScope", "NotFound", "BadRequest", "RequestRefused"})


@dataclass(frozen=True, slots=True)
class Failure:
    """How a category ended that came to no merge."""

    outcome: Outcome
    reason: str
    message: str
    final: bool = False
    """Whether it would be the same for every other category, so that none is tried any more."""


class PullFailed(Exception):
    """A collection could not be had; `error` says why."""

    def __init__(self, category: Category, collection: Collection, error: DistrictError) -> None:
        super().__init__(error.message)
        self.category = category
        self.collection = collection
        self.error = error


INTERRUPTED = Failure(
    Outcome.FAILED,
    "Interrupted",
    "The pod was told to stop before it was done; what was not finished was not written, the next run does it.",
    final=True,
)


def foreseen(error: Exception) -> Failure | None:
    """The failure that an error is, if it is one that has words of its own."""
    match error:
        case PullFailed(error=district_error):
            return _district(error.category, error.collection, district_error)
        case PlatformError():
            return Failure(Outcome.PLATFORM_FAILED, error.reason, error.message, final=True)
        case LockLost():
            return Failure(
                Outcome.PLATFORM_FAILED,
                "LockLost",
                "The district's lock was lost before the merge, so nothing was written: the platform URL must "
                "lead to PostgreSQL itself or to a pooler that keeps a session together.",
                final=True,
            )
        case ReconfirmNeeded():
            return Failure(Outcome.FAILED, "ReconfirmNeeded", str(error), final=True)
        case DistrictUnknown():
            return Failure(Outcome.FAILED, "DistrictUnknown", str(error), final=True)
        case SchoolUnknown():
            return Failure(Outcome.FAILED, "SchoolUnknown", str(error), final=True)
    return None


def unforeseen(error: Exception) -> Failure:
    """The failure that any other error is: its class is told and not its text, which may hold data."""
    name = type(error).__name__
    return Failure(Outcome.FAILED, name, f"The run failed with {name}: the operator's maintainers need its log.")


def deadline_exceeded(seconds: int, *, pulling: bool) -> Failure:
    """The run's own time was up, while the district was being read or while the platform was written."""
    if pulling:
        return Failure(
            Outcome.DISTRICT_FAILED,
            "DeadlineExceeded",
            f"The district's service had not sent everything after {seconds} s, so nothing was written.",
            final=True,
        )
    return Failure(
        Outcome.PLATFORM_FAILED,
        "DeadlineExceeded",
        f"The platform's database was not done when the run's {seconds} s were over, so nothing was written.",
        final=True,
    )


def lost_for_good(failure: Failure) -> Failure:
    """The last session broke off by the failure, or no other was to be had by it."""
    return replace(
        failure,
        message="The run lost its session with the platform's database; what was not finished was not written, "
        f"the next run does it. {failure.message}",
    )


def lock_held(seconds: int) -> Failure:
    """Another run of the district was in progress all the time."""
    return Failure(
        Outcome.SKIPPED,
        "LockHeld",
        f"Another run of this district was still in progress after {seconds} s of waiting, so nothing was done.",
        final=True,
    )


def _district(category: Category, collection: Collection, error: DistrictError) -> Failure:
    if not isinstance(error, Refused):
        return Failure(Outcome.DISTRICT_FAILED, error.reason, error.message)
    if error.stage == "call" and error.reason in _OF_ONE_COLLECTION:
        return Failure(Outcome.REFUSED, error.reason, f"{category} needs {collection}: {error.message}")
    return Failure(Outcome.REFUSED, error.reason, error.message, final=True)
