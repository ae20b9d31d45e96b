"""`oneroster-platform`: what the platform's administrator does to its database, from the command line."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from oneroster_operator.api.category import Category
from oneroster_operator.platform import ageing, commands
from oneroster_operator.platform.connection import PlatformError, PlatformReason
from oneroster_operator.platform.directory import DistrictUnknown
from oneroster_operator.platform.grants import RoleUnknown
from oneroster_operator.platform.owners import DistrictOwner
from oneroster_operator.platform.reactivation import NotReactivated
from oneroster_operator.platform.removal import CategoryRunning

URL_VARIABLE = "PLATFORM_ADMIN_URL"

_EXIT_CODES = {
    PlatformReason.URL_INVALID: 2,
    PlatformReason.UNREACHABLE: 3,
    PlatformReason.REFUSED: 4,
    PlatformReason.SCHEMA: 5,
    PlatformReason.POOLED: 2,
}
_NOT_AS_ASKED = 6

_DESCRIPTION = f"""\
Prepares the platform's PostgreSQL database for rosters, says who may write which district, and ends, removes or
brings back what rosters left. The connection URL of the database's administrator, who owns the tables, comes
from the environment variable {URL_VARIABLE} or from a file, never from the command line.
"""

_EPILOG = """\
exit codes: 0 done, or nothing to do; 2 wrong usage or URL; 3 database away or in use; 4 database refused the
login or a right; 5 the database's schema is not, or cannot become, this version's (status: migrations pending);
6 not possible as it was asked for
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those of `--help`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "purge" and options.confirm != options.district:
        parser.error(f"to delete all rows of {options.district}, say its id again: --confirm {options.district}")
    try:
        code: int = asyncio.run(options.run(_url(options.url_file), options))
    except PlatformError as error:
        return _failed(error.message, _EXIT_CODES.get(error.reason, 1))
    except (DistrictUnknown, RoleUnknown, CategoryRunning, NotReactivated) as error:
        return _failed(str(error), _NOT_AS_ASKED)
    except psycopg.errors.ForeignKeyViolation as error:
        table = f"{error.diag.schema_name}.{error.diag.table_name}"
        return _failed(
            f"{table} still refers to rows that were to be deleted: delete its rows first.", _NOT_AS_ASKED
        )
    except KeyboardInterrupt:
        return _failed("interrupted; what was not finished was undone.", 130)
    return code


def _failed(message: str, code: int) -> int:
    print(f"oneroster-platform: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-platform",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    database = argparse.ArgumentParser(add_help=False)
    database.add_argument("--url-file", type=Path, metavar="FILE", help="file that holds the administrator's URL")
    district = argparse.ArgumentParser(add_help=False, parents=[database])
    district.add_argument("--district", required=True, metavar="ID", help="the platform's id of the district")
    dry = argparse.ArgumentParser(add_help=False)
    dry.add_argument("--dry-run", action="store_true", help="count the rows, change none")

    added = parser.add_subparsers(dest="command", required=True)
    migrate = added.add_parser("migrate", parents=[database], help="bring the schema to this version")
    migrate.set_defaults(run=commands.migrate)
    status = added.add_parser("status", parents=[database], help="show the schema's version and what is pending")
    status.set_defaults(run=commands.status)

    grant = added.add_parser("grant", parents=[district], help="let roles read and write a district's rows")
    grant.add_argument("--to", required=True, nargs="+", metavar="ROLE", help="logins, or groups of them")
    grant.set_defaults(run=commands.grant)
    revoke = added.add_parser("revoke", parents=[district], help="take that back")
    revoke.add_argument("--from", required=True, nargs="+", metavar="ROLE", dest="roles")
    revoke.set_defaults(run=commands.revoke)
    transfer = added.add_parser("transfer", parents=[district], help="hand a district over to another connection")
    transfer.add_argument("--to", required=True, type=_owner, metavar="CLUSTER/NAMESPACE/NAME")
    transfer.set_defaults(run=commands.transfer)

    runs = added.add_parser("runs", parents=[district], help="list a district's latest runs")
    runs.set_defaults(run=commands.runs)
    reactivate = added.add_parser("reactivate", parents=[database, dry], help="bring back what a run removed")
    reactivate.add_argument("id", type=int, metavar="RUN", help="number of the run")
    reactivate.set_defaults(run=commands.reactivate)
    release = added.add_parser(
        "release", parents=[district, dry], help="end what a category left that is not selected any more"
    )
    release.add_argument("category", type=Category, choices=list(Category), metavar="CATEGORY")
    release.set_defaults(run=commands.release)
    purge = added.add_parser(
        "purge",
        parents=[district, dry],
        help="delete what the roster brought of a district; what was made by hand stays",
    )
    purge.add_argument("--confirm", metavar="ID", help="the district's id again")
    purge.set_defaults(run=commands.purge)
    retention = added.add_parser(
        "retention",
        parents=[database, dry],
        help="delete people who have had no role for a time, and old accounts of runs, in all districts",
    )
    retention.add_argument(
        "--days", type=_days, required=True, metavar="N", help="people who have had no role for so long go"
    )
    retention.add_argument(
        "--runs-days",
        type=_run_days,
        default=ageing.KEEP_DAYS,
        metavar="N",
        help="accounts of runs, and of what they withheld, go after so many days, by default %(default)s; "
        "of each category the last run that wrote is kept, and one that removed something for at least --days",
    )
    retention.set_defaults(run=commands.retention)
    return parser


def _owner(text: str) -> DistrictOwner:
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no CLUSTER/NAMESPACE/NAME; CLUSTER is what kubectl get namespace kube-system "
            "-o jsonpath={.metadata.uid} prints there"
        )
    return DistrictOwner(*parts)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36500:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to 36500")
    return int(text)


def _run_days(text: str) -> int:
    if _days(text) < ageing.LEAST_DAYS:
        raise argparse.ArgumentTypeError(
            f"{text} is too few: runs are judged by those of the days before, so keep at least {ageing.LEAST_DAYS}"
        )
    return int(text)


def _url(file: Path | None) -> str:
    if file is None:
        if url := os.environ.get(URL_VARIABLE):
            return url
        raise PlatformError(
            PlatformReason.URL_INVALID,
            f"No URL: set the environment variable {URL_VARIABLE} or give --url-file FILE.",
        )
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise PlatformError(PlatformReason.URL_INVALID, f"Cannot read {file}: {why}.") from None
