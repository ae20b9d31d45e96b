"""`oneroster-sync quarantine`: lists what of a district's records cannot be used, and by which rule."""

import argparse
import asyncio
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import PlatformError, connect
from oneroster_operator.platform.directory import DistrictUnknown, schools
from oneroster_operator.platform.grants import check_granted
from oneroster_operator.platform.quarantine import Quarantined, quarantined
from oneroster_operator.platform.schema import check_schema
from oneroster_operator.sync.listing import Listing
from oneroster_operator.sync.mounted import Unusable, platform_directory, read_plan, read_sync_url

_COLUMNS = ("rule", "collection", "sourcedId", "category", "firstSeen", "job")


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit codes are those of a run, and 2 where it is used wrongly."""
    options = _parser().parse_args(arguments)
    try:
        config = read_plan(options.config)[0] if options.config else None
        district_id = config.district_id if config else options.district
        url = read_sync_url(platform_directory(options.platform, options.config, config))
        asyncio.run(_list(url, district_id, options.form))
    except Unusable as unusable:
        return _failed(unusable.message, Outcome.FAILED)
    except DistrictUnknown as unknown:
        return _failed(str(unknown), Outcome.FAILED)
    except PlatformError as error:
        return _failed(error.message, Outcome.PLATFORM_FAILED)
    return 0


def _failed(message: str, outcome: Outcome) -> int:
    print(f"oneroster-sync: {message}", file=sys.stderr)
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-sync quarantine",
        description="Lists the records of a district that its categories could not use when they last ran: rule, "
        "collection, when first seen, category, sourcedId; with --json or --csv also the Job that first met it. A "
        "record leaves the list in the run in which it comes good. An enrollment that is ahead of its user comes "
        "on it after 14 days.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--district", metavar="ID", help="the platform's id of the district")
    which.add_argument("--config", type=Path, metavar="FILE", help="the district's plan")
    parser.add_argument(
        "--platform",
        type=Path,
        metavar="DIR",
        help="directory with the file syncUrl, the URL of the platform's database",
    )
    form = parser.add_mutually_exclusive_group()
    for name in ("json", "csv"):
        form.add_argument(f"--{name}", action="store_const", const=name, dest="form", help=f"as {name.upper()}")
    return parser


async def _list(url: str, district_id: str, form: str | None) -> None:
    async with await connect(url, application="oneroster-sync") as connection:
        await check_schema(connection)
        await check_granted(connection, district_id)
        await schools(connection, district_id)
        found = quarantined(connection, district_id, dt.datetime.now(dt.UTC))
        if form is None:
            async for record in found:
                print(_line(record))
            return
        listing = Listing(sys.stdout, _COLUMNS, "csv" if form == "csv" else "json")
        async for record in found:
            row = msgspec.to_builtins(record)
            listing.add([row[column] for column in _COLUMNS])
        listing.end()


def _line(record: Quarantined) -> str:
    seen = record.first_seen.astimezone(dt.UTC)
    # An id is the district's text, and a terminal obeys control characters.
    sourced_id = "".join(character if character.isprintable() else "?" for character in record.sourced_id)
    return f"{record.rule:<17} {record.collection:<16} {seen:%Y-%m-%dT%H:%MZ} {record.category:<18} {sourced_id}"
