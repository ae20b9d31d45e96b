"""The command `oneroster-sync`: what the district's pods run, and what runs on a laptop just as well."""

import argparse
import asyncio
import contextlib
import datetime as dt
import logging
import os
import signal
import sys
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TextIO

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import (
    CLIENT_ID_KEY,
    CLIENT_SECRET_KEY,
    CREDENTIALS_DIRECTORY,
    JOB_NAME_VARIABLE,
    PLAN_FILE,
    PLATFORM_DIRECTORY,
    SYNC_URL_KEY,
    TERMINATION_LOG,
)
from oneroster_operator.api.report import CategoryReport, Outcome, Report, encode_report
from oneroster_operator.platform.runs import category_report
from oneroster_operator.sync import hold_command, quarantine_command
from oneroster_operator.sync.changes import Changes
from oneroster_operator.sync.mounted import (
    Unusable,
    credentials_directory,
    platform_directory,
    read_access,
    read_plan,
)
from oneroster_operator.sync.pipeline import Invocation
from oneroster_operator.sync.run import Run, log_unforeseen
from oneroster_operator.sync.slot import slot_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is the report's (`api.report.Outcome.exit_code`)."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in _COMMANDS:
        return _COMMANDS[given[0]](given[1:])
    options = _options(given)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    started = _now()
    try:
        categories = asyncio.run(_run(options))
    except Unusable as unusable:
        categories = _all(options, unusable.outcome, unusable.reason, unusable.message)
        # Who writes a plan by hand has to know where it is wrong; a pod's log shows nothing of its content.
        if unusable.__cause__ is not None and not os.environ.get(JOB_NAME_VARIABLE):
            print(f"{options.config}: {unusable.__cause__}", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - a pod that says nothing leaves its operator guessing
        failure = log_unforeseen(error)
        categories = _all(options, failure.outcome, failure.reason, failure.message)
    report = Report(started, _now(), categories, dry_run=options.dry_run)
    _leave(report, options.termination_log, sys.stderr if options.changes else sys.stdout)
    return report.exit_code


def _all(options: argparse.Namespace, outcome: Outcome, reason: str, message: str) -> tuple[CategoryReport, ...]:
    """One and the same for every category asked for; for all there are where none was and no plan tells."""
    return tuple(
        CategoryReport(category, outcome, reason=reason, message=message)
        for category in options.category or Category
    )


_COMMANDS = {"hold": hold_command.main, "quarantine": quarantine_command.main}

_EPILOG = f"""\
commands, each with a --help of its own:
  oneroster-sync hold         list what was withheld, and show its rows
  oneroster-sync quarantine   list the records that cannot be used, and by which rule

The plan is JSON: what the operator writes into the ConfigMap NAME-plan-HASH, so that
  kubectl get configmap NAME-plan-HASH -o jsonpath='{{.data.plan\\.json}}' > plan.json
makes one to begin with. Outside of a pod two more fields may say where the secrets are, as directories with a
file for each key, relative to the plan: "credentials" ({CLIENT_ID_KEY}, {CLIENT_SECRET_KEY}) and "platform"
({SYNC_URL_KEY}). Without them, and without the options, they are where a pod has them mounted:
{CREDENTIALS_DIRECTORY} and {PLATFORM_DIRECTORY}.
"""


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.changes and not options.dry_run:
        parser.error("--changes lists what a run would do: add --dry-run")
    if options.show_names and not options.changes:
        parser.error("--show-names is about the list of --changes csv or json: add that")
    if options.changes and os.environ.get(JOB_NAME_VARIABLE):
        parser.error(f"--changes names people, and a pod's output is a log ({JOB_NAME_VARIABLE} is set)")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-sync",
        description="Copies categories of a district's OneRoster data into the platform's database.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, default=Path(PLAN_FILE), metavar="FILE", help="the plan")
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="DIR",
        help="directory with the district's clientId and clientSecret, a file each",
    )
    parser.add_argument(
        "--platform",
        type=Path,
        metavar="DIR",
        help="directory with the file syncUrl, the URL of the platform's database",
    )
    parser.add_argument(
        "--termination-log",
        type=Path,
        metavar="FILE",
        help=f"where the report goes; by default {TERMINATION_LOG}, where that exists",
    )
    parser.add_argument(
        "--category",
        type=_category,
        action="append",
        metavar="NAME",
        help="a category to run, in the order given; by default all of the plan",
    )
    parser.add_argument("--dry-run", action="store_true", help="count what would be there, write no roster")
    parser.add_argument(
        "--changes",
        choices=["csv", "json"],
        help="with --dry-run: list on standard output what would be written, by id; the counts then go to "
        "standard error",
    )
    parser.add_argument(
        "--show-names", action="store_true", help="with --changes: the names of people and classes as well"
    )
    parser.add_argument(
        "--not-before",
        type=_time,
        metavar="TIME",
        help="given by CronJobs, in RFC 3339: a Job whose slot is earlier is skipped",
    )
    parser.add_argument(
        "--allowed-network",
        type=_network,
        action="append",
        default=[],
        metavar="CIDR",
        help="a private, link-local or loopback network that the district may be in; may be repeated",
    )
    return parser


async def _run(options: argparse.Namespace) -> tuple[CategoryReport, ...]:
    job = os.environ.get(JOB_NAME_VARIABLE, "")
    if options.not_before is not None:
        _check_slot(options.not_before, job)
    if not job and not options.config.exists():
        raise Unusable("PlanMissing", f"There is no plan {options.config}: --config names the file of one.")
    plan, zone = read_plan(options.config)
    access = read_access(
        plan,
        credentials_directory(options.credentials, options.config, plan),
        platform_directory(options.platform, options.config, plan),
        tuple(options.allowed_network),
    )
    changes = Changes(sys.stdout, options.changes, names=options.show_names) if options.changes else None
    invocation = Invocation(plan, job or "manual", options.dry_run, _now, changes)
    run = Run(invocation, access, zone, options.category or plan.categories)
    work = asyncio.create_task(run.work())
    _stop_on_signals(work)
    try:
        await work
    except asyncio.CancelledError:
        await run.interrupted()
    finally:
        if changes is not None:
            changes.end()
    return tuple(category_report(record) for record in run.records)


def _stop_on_signals(work: "asyncio.Task[None]") -> None:
    """SIGTERM and SIGINT cancel the work. They stay caught when it is over: the report is still to be left."""
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        if not work.done():
            loop.call_soon_threadsafe(work.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _check_slot(not_before: dt.datetime, job: str) -> None:
    """A CronJob that is resumed or edited starts the slot that it missed: nobody asked for that one."""
    slot = slot_of(job)
    if slot is not None and slot < not_before:
        raise Unusable(
            "SlotTooOld",
            f"The slot of {slot:%Y-%m-%d %H:%M} UTC is from before the present schedule "
            f"({not_before.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC), so nothing was done.",
            Outcome.SKIPPED,
        )


def _category(text: str) -> Category:
    try:
        return Category(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(Category)}") from None


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; a network is a CIDR such as 10.96.0.0/16") from None


def _time(text: str) -> dt.datetime:
    with contextlib.suppress(ValueError):
        time = dt.datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time
    raise argparse.ArgumentTypeError(f"{text!r} is no time with an offset, such as 2026-11-24T08:00:00Z")


def _leave(report: Report, termination_log: Path | None, lines: TextIO) -> None:
    """A line for each category, and the report where Kubernetes looks for it."""
    for category in report.categories:
        print(_line(category, report), file=lines, flush=True)
    file = termination_log or Path(TERMINATION_LOG)
    if termination_log or file.exists():
        file.write_bytes(encode_report(report))


def _line(category: CategoryReport, report: Report) -> str:
    counts = " ".join(
        f"{name}={getattr(category, name)}"
        for name in ("created", "changed", "removed", "withheld", "waiting", "quarantined")
    )
    unchanged = " (nothing to do)" if category.unchanged and not report.dry_run else ""
    reason = f" reason={category.reason}" if category.reason else ""
    message = f": {category.message}" if category.message else ""
    return f"{category.name}: {category.outcome}{unchanged}{reason} {counts}{message}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


if __name__ == "__main__":
    sys.exit(main())
