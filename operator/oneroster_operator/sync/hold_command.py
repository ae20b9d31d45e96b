"""`oneroster-sync hold`: lists what runs of a district withheld, and shows the rows of one hold."""

import argparse
import asyncio
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from oneroster_operator.api.report import Outcome
from oneroster_operator.platform.connection import Connection, PlatformError, connect
from oneroster_operator.platform.directory import DistrictUnknown, schools
from oneroster_operator.platform.grants import check_granted
from oneroster_operator.platform.holds import HoldUnknown, StoredHold, hold_rows, stored_hold, stored_holds
from oneroster_operator.platform.schema import check_schema
from oneroster_operator.sync.listing import Listing
from oneroster_operator.sync.mounted import Unusable, platform_directory, read_plan, read_sync_url

_HOLDS = ("fingerprint", "category", "state", "reason", "rows", "foundAt", "seenAt", "decidedAt")
_ROWS = ("kind", "action", "sourcedId", "schoolId")


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit codes are those of a run, 1 for an unknown hold, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        config = read_plan(options.config)[0] if options.config else None
        options.district = config.district_id if config else options.district
        url = read_sync_url(platform_directory(options.platform, options.config, config))
        asyncio.run(_run(url, options))
    except Unusable as unusable:
        return _failed(unusable.message, Outcome.FAILED)
    except (DistrictUnknown, HoldUnknown) as unknown:
        return _failed(str(unknown), Outcome.FAILED)
    except PlatformError as error:
        return _failed(error.message, Outcome.PLATFORM_FAILED)
    return 0


def _failed(message: str, outcome: Outcome) -> int:
    print(f"oneroster-sync: {message}", file=sys.stderr)
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-sync hold",
        description="What runs withheld because it is beyond the limits of spec.safety. It is approved or "
        "discarded by annotating the connection with oneroster.masteryprep.com/approve=FINGERPRINT or "
        "/discard=FINGERPRINT.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="the holds of a district, the oldest first")
    listing.add_argument("--all", action="store_true", help="also those that were applied, discarded or cleared")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="a hold's rows: kind, action, sourcedId, the platform's school id")
    show.add_argument("fingerprint", metavar="FINGERPRINT", help="as in status.categories[].hold")
    show.add_argument("--show-names", action="store_true", help="with names of people and titles of classes")
    show.set_defaults(run=_show)
    for command in (listing, show):
        which = command.add_mutually_exclusive_group(required=True)
        which.add_argument("--district", metavar="ID", help="the platform's id of the district")
        which.add_argument("--config", type=Path, metavar="FILE", help="the district's plan")
        command.add_argument(
            "--platform",
            type=Path,
            metavar="DIR",
            help="directory with the file syncUrl, the URL of the platform's database",
        )
        form = command.add_mutually_exclusive_group()
        for name in ("json", "csv"):
            form.add_argument(
                f"--{name}", action="store_const", const=name, dest="form", help=f"as {name.upper()}"
            )
    return parser


async def _run(url: str, options: argparse.Namespace) -> None:
    async with await connect(url, application="oneroster-sync") as connection:
        await check_schema(connection)
        await check_granted(connection, options.district)
        await schools(connection, options.district)
        await options.run(connection, options)


async def _list(connection: Connection, options: argparse.Namespace) -> None:
    found = await stored_holds(connection, options.district)
    found = [hold for hold in found if options.all or hold.state == "open"]
    if options.form is None:
        for hold in found:
            print(
                f"{hold.fingerprint} {hold.category:<18} {hold.state:<9} {_time(hold.found_at)} "
                f"{hold.rows:>7} rows {hold.reason}"
            )
        return
    listing = Listing(sys.stdout, _HOLDS, options.form)
    for hold in found:
        times = [_time(time) if time else None for time in (hold.found_at, hold.seen_at, hold.decided_at)]
        listing.add([hold.fingerprint, hold.category, hold.state, hold.reason, str(hold.rows), *times])
    listing.end()


async def _show(connection: Connection, options: argparse.Namespace) -> None:
    hold = await stored_hold(connection, options.district, options.fingerprint)
    rows = hold_rows(connection, options.district, hold.fingerprint, names=options.show_names)
    if options.form is None:
        for line in _account(hold):
            print(line)
        async for kind, action, sourced_id, school_id, name in rows:
            print(_shown(f"{kind:<17} {action:<6} {school_id or '-':<20} {sourced_id} {name or ''}").rstrip())
        return
    listing = Listing(sys.stdout, (*_ROWS, "name") if options.show_names else _ROWS, options.form)
    async for row in rows:
        listing.add(row if options.show_names else row[:-1])
    listing.end()


def _account(hold: StoredHold) -> list[str]:
    decided = f", decided {_time(hold.decided_at)}" if hold.decided_at else ""
    lines = [
        f"{hold.category} {hold.state}: {hold.reason}",
        _shown(hold.message),
        f"found {_time(hold.found_at)}, last seen {_time(hold.seen_at)}{decided}",
    ]
    for kind, actions in sorted(hold.counts.items()):
        lines.append(f"{kind}: " + ", ".join(f"{count} {action}" for action, count in sorted(actions.items())))
    if hold.state == "cleared":
        lines.append("It did not occur again, so its rows are not kept.")
    return lines


def _shown(text: str) -> str:
    """Ids and names are the district's text, and a terminal obeys control characters."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _time(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"
