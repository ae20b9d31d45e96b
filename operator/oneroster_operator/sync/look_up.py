"""What the commands share that look something up: of which district, in which database, printed in what form."""

import argparse
import asyncio
import datetime as dt
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import Connection, PlatformError, connect
from oneroster_operator.platform.directory import DistrictUnknown, schools
from oneroster_operator.platform.grants import check_granted
from oneroster_operator.platform.holds import HoldUnknown
from oneroster_operator.platform.schema import check_schema
from oneroster_operator.sync.mounted import Unusable, platform_directory, read_plan, read_sync_url

Look = Callable[[Connection, str], Awaitable[None]]
"""Looks up and prints; takes the connection and the district's id."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that all of them have; `form` is csv, json or None."""
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


def look_up(options: argparse.Namespace, look: Look) -> int:
    """Run `look` on the platform that the options name; the exit codes are those of a run."""
    try:
        config = read_plan(options.config)[0] if options.config else None
        district_id = config.district_id if config else options.district
        url = read_sync_url(platform_directory(options.platform, options.config, config))
        asyncio.run(_connected(url, district_id, look))
    except Unusable as unusable:
        return _failed(unusable.message, Outcome.FAILED)
    except (DistrictUnknown, HoldUnknown) as unknown:
        return _failed(str(unknown), Outcome.FAILED)
    except PlatformError as error:
        return _failed(error.message, Outcome.PLATFORM_FAILED)
    return 0


async def _connected(url: str, district_id: str, look: Look) -> None:
    async with await connect(url, application="oneroster-sync") as connection:
        await check_schema(connection)
        await check_granted(connection, district_id)
        await schools(connection, district_id)
        await look(connection, district_id)


def _failed(message: str, outcome: Outcome) -> int:
    print(f"oneroster-sync: {message}", file=sys.stderr)
    return outcome.exit_code


def printable(text: str) -> str:
    """Ids and names are the district's text, and a terminal obeys control characters."""
    return "".join(character if character.isprintable() else "?" for character in text)


def minute(time: dt.datetime) -> str:
    """In UTC, as 2026-11-24T02:13Z."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"
