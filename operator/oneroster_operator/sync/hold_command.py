"""`oneroster-sync hold`: lists what runs of a district withheld, and shows the rows of one hold."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from oneroster_operator.platform.connection import Connection
from oneroster_operator.platform.holds import StoredHold, hold_rows, stored_hold, stored_holds
from oneroster_operator.sync.listing import Listing
from oneroster_operator.sync.look_up import add_options, look_up, minute, printable

_HOLDS = ("fingerprint", "category", "state", "reason", "rows", "foundAt", "seenAt", "decidedAt")
_ROWS = ("kind", "action", "sourcedId", "schoolId")


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit codes are those of a run, 1 for an unknown hold, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    return look_up(options, partial(options.run, options))


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
        add_options(command)
    return parser


async def _list(options: argparse.Namespace, connection: Connection, district_id: str) -> None:
    found = await stored_holds(connection, district_id)
    found = [hold for hold in found if options.all or hold.state == "open"]
    if options.form is None:
        for hold in found:
            print(
                f"{hold.fingerprint} {hold.category:<18} {hold.state:<9} {minute(hold.found_at)} "
                f"{hold.rows:>7} rows {hold.reason}"
            )
        return
    listing = Listing(sys.stdout, _HOLDS, options.form)
    for hold in found:
        times = [minute(time) if time else None for time in (hold.found_at, hold.seen_at, hold.decided_at)]
        listing.add([hold.fingerprint, hold.category, hold.state, hold.reason, str(hold.rows), *times])
    listing.end()


async def _show(options: argparse.Namespace, connection: Connection, district_id: str) -> None:
    hold = await stored_hold(connection, district_id, options.fingerprint)
    rows = hold_rows(connection, district_id, hold.fingerprint, names=options.show_names)
    if options.form is None:
        for line in _account(hold):
            print(line)
        async for kind, action, sourced_id, school_id, name in rows:
            print(printable(f"{kind:<17} {action:<6} {school_id or '-':<20} {sourced_id} {name or ''}").rstrip())
        return
    listing = Listing(sys.stdout, (*_ROWS, "name") if options.show_names else _ROWS, options.form)
    async for row in rows:
        listing.add(row if options.show_names else row[:-1])
    listing.end()


def _account(hold: StoredHold) -> list[str]:
    decided = f", decided {minute(hold.decided_at)}" if hold.decided_at else ""
    lines = [
        f"{hold.category} {hold.state}: {hold.reason}",
        printable(hold.message),
        f"found {minute(hold.found_at)}, last seen {minute(hold.seen_at)}{decided}",
    ]
    for kind, actions in sorted(hold.counts.items()):
        lines.append(f"{kind}: " + ", ".join(f"{count} {action}" for action, count in sorted(actions.items())))
    if hold.state == "cleared":
        lines.append("It did not occur again, so its rows are not kept.")
    return lines
