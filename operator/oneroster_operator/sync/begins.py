"""When what is not in force yet comes into force. Pure."""

import datetime as dt
from collections.abc import Iterable

from oneroster_operator.oneroster import Enrollment, Record, User


def earliest(known: dt.date | None, records: Iterable[Record], today: dt.date) -> dt.date | None:
    """The first day after `today` on which a role or an enrollment begins, or `known` if that is sooner.

    Nothing else of a record has a begin that counts.
    """
    days = (day for record in records if record.status == "active" for day in _begins(record))
    coming = min((day for day in days if day is not None and day > today), default=None)
    return coming if known is None or (coming is not None and coming < known) else known


def _begins(record: Record) -> Iterable[dt.date | None]:
    if isinstance(record, Enrollment):
        return (record.begin_date,)
    return (role.begin_date for role in record.roles) if isinstance(record, User) else ()
