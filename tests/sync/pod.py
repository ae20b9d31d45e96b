"""The command `oneroster-sync` as a pod has it: what is mounted, what it says, what it leaves."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oneroster_operator
from oneroster_operator.api.plan import Plan, encode_plan
from oneroster_operator.api.report import MAX_BYTES, Report, decode_report
from tests.district.running import RunningDistrict
from tests.platform.databases import Database
from tests.sync.setting import LOOPBACK, add_to_platform, plan_of

SOURCE = str(Path(oneroster_operator.__file__).parents[1])


@dataclass
class Pod:
    """A pod's file system and what it is told."""

    mounts: Path
    plan: Plan
    district: RunningDistrict
    database: Database
    networks: tuple[str, ...] = tuple(map(str, LOOPBACK))

    def start(self, *arguments: str, job: str = "springfield-sync-abc") -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "oneroster_operator.sync.main"]
        for option in ("config", "credentials", "platform", "termination-log"):
            command += [f"--{option}", str(self.mounts / option)]
        self.write("config", encode_plan(self.plan))
        command += [argument for network in self.networks for argument in ("--allowed-network", network)]
        environment = {**os.environ, "JOB_NAME": job, "PYTHONPATH": SOURCE}
        pipe = subprocess.PIPE
        return subprocess.Popen([*command, *arguments], env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str, job: str = "springfield-sync-abc") -> tuple[int, Report, str, str]:
        process = self.start(*arguments, job=job)
        output, errors = process.communicate(timeout=60)
        return process.returncode, self.report(), output, errors

    def report(self) -> Report:
        message = (self.mounts / "termination-log").read_bytes()
        assert len(message) <= MAX_BYTES
        return decode_report(message)

    def write(self, file: str, text: str) -> None:
        (self.mounts / file).parent.mkdir(exist_ok=True)
        (self.mounts / file).write_text(text)


def pod_of(directory: Path, district: RunningDistrict, database: Database, **plan: Any) -> Pod:
    """A pod for all schools of the district, which the platform has from now on."""
    add_to_platform(database, district.population)
    pod = Pod(directory, plan_of(district, **plan), district, database)
    pod.write("credentials/clientId", district.client_id)
    pod.write("credentials/clientSecret", district.client_secret)
    pod.write("platform/syncUrl", database.sync_url)
    return pod
