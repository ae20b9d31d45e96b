"""What a call or a finished Job brought, taken into status."""

from dataclasses import replace
from typing import Any

from oneroster_operator.controller import preview, requests, review, runs, verdict
from oneroster_operator.controller.observed import Observed
from oneroster_operator.controller.preview import Previewed
from oneroster_operator.controller.review import Imported
from oneroster_operator.controller.verdict import Tested

Result = Tested | Imported | Previewed


def take_in(observed: Observed, result: Result | None) -> Observed:
    """The same, its status updated by the Jobs that ended and by the result of the last call."""
    connection, now = observed.connection, observed.now
    first_visit = connection.status.observed_generation < 0
    answers = (requests.recorded if first_visit else requests.without_too_long)(connection, now)
    old = connection.status.model_copy(update={"requests": answers})
    connection = replace(connection, status=old)
    update: dict[str, Any] = {
        "categories": runs.after_runs(connection.spec.categories, old.categories, observed.jobs, connection.name)
    }
    if isinstance(result, Tested):
        update["credentials"] = verdict.after_test(old.credentials, result, now)
        if token := requests.asked(connection, "test"):
            answers = requests.answered(answers, "test", token, result.outcome, result.message, now)
    elif isinstance(result, Imported):
        update["schools"] = review.after_import(result, connection, now)
    elif isinstance(result, Previewed):
        made = preview.after_preview(result, connection, now)
        update["preview"] = made
        if token := requests.asked(connection, "preview"):
            answers = requests.answered(answers, "preview", token, made.outcome, made.message, now)
    status = old.model_copy(update={**update, "requests": answers})
    return replace(observed, connection=replace(connection, status=status))
