"""`oneroster-platform`: what the platform's administrator does to its database, from the command line."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from oneroster_operator.platform.connection import PlatformError, PlatformReason, connect
from oneroster_operator.platform.migrate import migrate, pending_migrations
from oneroster_operator.platform.schema import applied_migrations, packaged_migrations

URL_VARIABLE = "PLATFORM_ADMIN_URL"

_EXIT_CODES = {
    PlatformReason.URL_INVALID: 2,
    PlatformReason.UNREACHABLE: 3,
    PlatformReason.REFUSED: 4,
    PlatformReason.SCHEMA: 5,
}

_DESCRIPTION = f"""\
Prepares the platform's PostgreSQL database for rosters. The connection URL of the database's administrator
comes from the environment variable {URL_VARIABLE} or from a file, never from the command line.
"""

_EPILOG = """\
exit codes: 0 done, or nothing to do; 2 wrong usage or URL; 3 database away or in use; 4 database refused the
login or a right; 5 the database's schema is not, or cannot become, this version's (status: migrations pending)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those of `--help`."""
    options = _parser().parse_args(arguments)
    try:
        url = _url(options.url_file)
        return asyncio.run(_status(url) if options.command == "status" else _migrate(url))
    except PlatformError as error:
        print(f"oneroster-platform: {error.message}", file=sys.stderr)
        return _EXIT_CODES[error.reason]
    except KeyboardInterrupt:
        print("oneroster-platform: interrupted; an unfinished migration was undone.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-platform",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    database = argparse.ArgumentParser(add_help=False)
    database.add_argument("--url-file", type=Path, metavar="FILE", help="file that holds the administrator's URL")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", parents=[database], help="bring the schema to this version")
    commands.add_parser("status", parents=[database], help="show the schema's version and what is pending")
    return parser


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


async def _migrate(url: str) -> int:
    migrations = packaged_migrations()
    async with await connect(url, application="oneroster-platform", statement_timeout=None) as connection:
        count = await migrate(connection, migrations, _say)
    _say(f"{'Done' if count else 'Nothing to do'}: the schema is version {migrations[-1].version}.")
    return 0


async def _status(url: str) -> int:
    async with await connect(url, application="oneroster-platform") as connection:
        applied = await applied_migrations(connection)
        _say(f"Schema version {applied[-1].version if applied else 0}.")
        pending = await pending_migrations(connection, packaged_migrations())
    for migration in pending:
        _say(f"Pending: {migration.name}")
    if pending:
        return _EXIT_CODES[PlatformReason.SCHEMA]
    _say("Nothing is pending.")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)
