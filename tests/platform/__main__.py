"""`python -m tests.platform`: the demo's platform, a step a command; each may be repeated."""

import argparse
import os
import signal
import sys
from pathlib import Path

import msgspec
import psycopg

from oneroster_operator.platform.directory import PlatformSchool
from tests.platform.databases import GROUP_ROLES, add_district, add_schools, create_base, create_users
from tests.platform.postgres import SUPERUSER, running


def main() -> None:
    """Run the command; anything that goes wrong ends it with a sentence and exit code 1."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    options = _parser().parse_args()
    try:
        options.run(options)
    except (RuntimeError, OSError, psycopg.Error, msgspec.MsgspecError) as error:
        sys.exit(f"tests.platform: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.platform", description=__doc__)
    commands = parser.add_subparsers(required=True)

    serve = commands.add_parser("serve", help="run PostgreSQL with the platform's own tables, until SIGTERM")
    serve.add_argument("--data", type=Path, required=True, metavar="DIR")
    serve.add_argument("--port", type=int, default=5432)
    serve.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS")
    _add_password_directory(serve, f"has the superuser's password in a file named {SUPERUSER}")
    serve.set_defaults(run=_serve)

    database = argparse.ArgumentParser(add_help=False)
    database.add_argument("--url-file", type=Path, metavar="FILE", help="else the variable PLATFORM_ADMIN_URL")

    users = commands.add_parser("users", parents=[database], help="create the two logins, after a migration")
    _add_password_directory(users, f"has the passwords in files named {' and '.join(GROUP_ROLES)}")
    users.set_defaults(run=_users)

    seed = commands.add_parser("seed", parents=[database], help="give the platform a district and its schools")
    seed.add_argument("--district", required=True, metavar="ID")
    seed.add_argument("--name", default="")
    seed.add_argument("--schools", type=Path, required=True, metavar="FILE", help="JSON: [{id, name, identifier}]")
    seed.set_defaults(run=_seed)
    return parser


def _add_password_directory(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--password-dir", type=Path, required=True, metavar="DIR", help=what)


def _serve(options: argparse.Namespace) -> None:
    password = _first_line(options.password_dir / SUPERUSER)
    with running(options.data, listen=options.listen, port=options.port, password=password, settings={}) as server:
        create_base(server.admin_url())
        print(f"The platform's database takes connections on {options.listen}:{options.port}.", flush=True)
        code = server.process.wait()
    sys.exit(f"tests.platform: PostgreSQL ended by itself with exit code {code}")


def _users(options: argparse.Namespace) -> None:
    passwords = {login: _first_line(options.password_dir / login) for login in GROUP_ROLES}
    create_users(_url(options), passwords)
    print(f"The logins {' and '.join(passwords)} are there.")


def _seed(options: argparse.Namespace) -> None:
    schools = msgspec.json.decode(options.schools.read_bytes(), type=list[PlatformSchool])
    url = _url(options)
    add_district(url, options.district, options.name, granted=False)
    add_schools(url, options.district, schools)
    print(f"The platform has {len(schools)} schools of the district {options.district}.")


def _url(options: argparse.Namespace) -> str:
    if options.url_file:
        return _first_line(options.url_file)
    if url := os.environ.get("PLATFORM_ADMIN_URL"):
        return url
    raise RuntimeError("set PLATFORM_ADMIN_URL or give --url-file FILE")


def _first_line(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    main()
