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

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import (
    CREDENTIALS_DIRECTORY,
    JOB_NAME_VARIABLE,
    PLAN_FILE,
    PLATFORM_DIRECTORY,
    TERMINATION_LOG,
)
from oneroster_operator.api.report import CategoryReport, Outcome, Report, encode_report
from oneroster_operator.platform.runs import category_report
from oneroster_operator.sync.mounted import Unusable, read_access, read_plan
from oneroster_operator.sync.pipeline import Invocation
from oneroster_operator.sync.run import Run, log_unforeseen
from oneroster_operator.sync.slot import slot_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is the report's (`api.report.Outcome.exit_code`)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    started = _now()
    try:
        categories = asyncio.run(_run(options))
    except Unusable as unusable:
        categories = _all(options, unusable.outcome, unusable.reason, unusable.message)
    except Exception as error:  # noqa: BLE001 - a pod that says nothing leaves its operator guessing
        failure = log_unforeseen(error)
        categories = _all(options, failure.outcome, failure.reason, failure.message)
    report = Report(started, _now(), categories, dry_run=options.dry_run)
    _leave(report, options.termination_log)
    return report.exit_code


def _all(options: argparse.Namespace, outcome: Outcome, reason: str, message: str) -> tuple[CategoryReport, ...]:
    """One and the same for every category asked for; for all there are where none was and no plan tells."""
    return tuple(
        CategoryReport(category, outcome, reason=reason, message=message)
        for category in options.category or Category
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oneroster-sync",
        description="Copies categories of a district's OneRoster data into the platform's database.",
    )
    parser.add_argument("--config", type=Path, default=Path(PLAN_FILE), metavar="FILE", help="the plan")
    parser.add_argument(
        "--credentials",
        type=Path,
        default=Path(CREDENTIALS_DIRECTORY),
        metavar="DIR",
        help="directory with the district's clientId and clientSecret, a file each",
    )
    parser.add_argument(
        "--platform",
        type=Path,
        default=Path(PLATFORM_DIRECTORY),
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
    plan, zone = read_plan(options.config)
    access = read_access(plan, options.credentials, options.platform, tuple(options.allowed_network))
    invocation = Invocation(plan, job or "manual", options.dry_run, _now)
    run = Run(invocation, access, zone, options.category or plan.categories)
    work = asyncio.create_task(run.work())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        await run.interrupted()
    return tuple(category_report(record) for record in run.records)


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


def _leave(report: Report, termination_log: Path | None) -> None:
    """A line for each category on standard output, and the report where Kubernetes looks for it."""
    for category in report.categories:
        print(_line(category), flush=True)
    file = termination_log or Path(TERMINATION_LOG)
    if termination_log or file.exists():
        file.write_bytes(encode_report(report))


def _line(category: CategoryReport) -> str:
    counts = " ".join(
        f"{name}={getattr(category, name)}"
        for name in ("created", "changed", "removed", "withheld", "waiting", "quarantined")
    )
    reason = f" reason={category.reason}" if category.reason else ""
    return f"{category.name}: {category.outcome}{reason} {counts}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


if __name__ == "__main__":
    sys.exit(main())
