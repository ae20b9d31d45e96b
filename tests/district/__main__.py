"""Serve a simulated district, change it while it runs, ask what a platform should hold of it."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.district.control import control_port
from tests.district.control_client import ControlError, add_commands, ask, perform
from tests.district.district import District
from tests.district.platform_schools import platform_schools
from tests.district.population import Population
from tests.district.profiles import PROFILES
from tests.district.quirks import QUIRKS
from tests.district.running import listening
from tests.district.schools import district_and_schools
from tests.district.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        match options.action:
            case "serve":
                asyncio.run(_serve(options))
            case "platform-schools":
                orgs = district_and_schools(options.seed, options.schools, options.today)
                _print([asdict(school) for school in platform_schools(orgs)])
            case "quirks":
                _print(QUIRKS)
            case "control":
                print(perform(options))
            case "expected":
                query = urlencode({"linked": options.linked}, doseq=True)
                _print(ask(options.control_port, f"/expected?{query}"))
            case question:
                _print(ask(options.control_port, f"/{question}"))
    except ControlError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.district", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)

    schools = argparse.ArgumentParser(add_help=False)
    schools.add_argument("--seed", type=int, default=7)
    schools.add_argument("--schools", type=int, default=12)
    schools.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date())
    control = argparse.ArgumentParser(add_help=False)
    control.add_argument("--control-port", type=int, default=8081)

    _add_serve_options(
        actions.add_parser("serve", parents=[schools, control], help="answer requests until stopped")
    )
    add_commands(actions.add_parser("control", help="change the running district"), control)
    expected = actions.add_parser("expected", parents=[control], help="what a platform should hold, as JSON")
    expected.add_argument("--linked", nargs="+", default=[], metavar="ID", help="default: all active schools")
    actions.add_parser("counts", parents=[control], help="records per collection, as JSON")
    actions.add_parser("requests", parents=[control], help="requests per endpoint so far, as JSON")
    actions.add_parser("quirks", help="names of --quirk and what each does, as JSON")
    actions.add_parser("platform-schools", parents=[schools], help="the platform's list of them, as JSON")
    return parser


def _add_serve_options(serve: argparse.ArgumentParser) -> None:
    default = PROFILES["plain"]
    serve.add_argument("--profile", choices=tuple(PROFILES), default="plain", help="the product to be like")
    serve.add_argument(
        "--quirk", action="append", default=[], choices=tuple(QUIRKS), metavar="QUIRK", help="see quirks"
    )
    serve.add_argument("--students-per-school", type=int, default=60)
    serve.add_argument("--version", choices=("1.1", "1.2"), help="default: the profile's")
    serve.add_argument("--auth", choices=("oauth1", "oauth2"), help="default: the profile's")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=8443)
    serve.add_argument("--tls-name", nargs="+", default=[], help="DNS names and addresses; none: plain http")
    serve.add_argument("--tls-dir", type=Path, help="where ca.pem is written, and the server's certificate")
    serve.add_argument("--client-id", default=default.client_id)
    serve.add_argument("--client-secret-file", type=Path, required=True)
    serve.add_argument("--token-seconds", type=int, help="default: the profile's")


async def _serve(options: argparse.Namespace) -> None:
    """Prints one line of JSON (baseUrl, tokenUrl, controlUrl) once requests are answered."""
    population = Population.generate(
        options.seed,
        today=options.today,
        schools=options.schools,
        students_per_school=options.students_per_school,
    )
    district = District(population, _settings(options), options.client_secret_file.read_text().strip())
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with (
        listening(district, options.host, options.port, options.tls_name, options.tls_dir) as running,
        control_port(district, running.controls, options.control_port) as control_url,
    ):
        ready = {"baseUrl": running.base_url, "tokenUrl": running.token_url, "controlUrl": control_url}
        print(json.dumps(ready), flush=True)
        await over.wait()


def _settings(options: argparse.Namespace) -> Settings:
    profile = PROFILES[options.profile]
    return replace(
        profile,
        version=options.version or profile.version,
        auth=options.auth or profile.auth,
        client_id=options.client_id,
        token_seconds=options.token_seconds or profile.token_seconds,
        quirks=(*profile.quirks, *options.quirk),
    )


def _print(answer: Any) -> None:
    print(json.dumps(answer, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
