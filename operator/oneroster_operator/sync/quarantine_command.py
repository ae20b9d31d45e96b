"""`oneroster-sync quarantine`: lists what of a district's records cannot be used, and by which rule."""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from functools import partial

import msgspec

from oneroster_operator.platform.connection import Connection
from oneroster_operator.platform.quarantine import Quarantined, quarantined
from oneroster_operator.sync.listing import Format, Listing
from oneroster_operator.sync.look_up import add_options, look_up, minute, printable

_COLUMNS = ("rule", "collection", "sourcedId", "category", "firstSeen", "job")


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit codes are those of a run, and 2 where it is used wrongly."""
    options = _parser().parse_args(arguments)
    return look_up(options, partial(_list, options.form))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-sync quarantine",
        description="Lists the records of a district that its categories could not use when they last ran: rule, "
        "collection, when first seen, category, sourcedId; with --json or --csv also the Job that first met it. A "
        "record leaves the list in the run in which it comes good. An enrollment that is ahead of its user comes "
        "on it after 14 days.",
    )
    add_options(parser)
    return parser


async def _list(form: Format | None, connection: Connection, district_id: str) -> None:
    found = quarantined(connection, district_id, dt.datetime.now(dt.UTC))
    if form is None:
        async for record in found:
            print(_line(record))
        return
    listing = Listing(sys.stdout, _COLUMNS, form)
    async for record in found:
        row = msgspec.to_builtins(record)
        listing.add([row[column] for column in _COLUMNS])
    listing.end()


def _line(record: Quarantined) -> str:
    sourced_id = printable(record.sourced_id)
    return (
        f"{record.rule:<17} {record.collection:<16} {minute(record.first_seen)} {record.category:<18} {sourced_id}"
    )
