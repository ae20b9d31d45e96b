"""The minute for which a CronJob made a Job, as the Job's name tells it. Pure.

Kubernetes names it `<CronJob>-<minutes since 1970>` (pkg/controller/cronjob, `getJobName`).
"""

import datetime as dt
import re

_MINUTES = re.compile(r"-([0-9]{8,9})$")
"""From 1989 on; a shorter number is the end of a name that somebody chose."""


def slot_of(job: str) -> dt.datetime | None:
    """When the Job was due; None where a person made it, as by `kubectl create job --from`."""
    found = _MINUTES.search(job)
    return dt.datetime.fromtimestamp(int(found[1]) * 60, dt.UTC) if found else None
