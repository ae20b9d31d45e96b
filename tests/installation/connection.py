"""A connection on the cluster, looked at and changed as its owner would."""

import json
from typing import Any

from tests.installation.kubectl import Kubectl, Manifest, eventually


class Connection:
    """One OneRosterConnection by name."""

    def __init__(self, kubectl: Kubectl, namespace: str, name: str) -> None:
        self._kubectl = kubectl
        self.namespace = namespace
        self.name = name

    def get(self) -> Manifest:
        """The whole object."""
        return self._kubectl.get(self.namespace, "orc", self.name)

    def status(self) -> Manifest:
        """Its status."""
        status: Manifest = self.get().get("status", {})
        return status

    def condition(self, type_: str) -> tuple[str, str]:
        """A condition's status and reason; both empty where it is not there."""
        for condition in self.status().get("conditions", ()):
            if condition["type"] == type_:
                return condition["status"], condition["reason"]
        return "", ""

    def message(self, type_: str) -> str:
        """A condition's message; empty where it is not there."""
        for condition in self.status().get("conditions", ()):
            if condition["type"] == type_:
                return str(condition["message"])
        return ""

    def await_ready(self, *reasons: str, seconds: float = 60) -> str:
        """Wait until Ready has one of the reasons for the spec as it is now; which one."""
        eventually(
            self.get,
            lambda body: (
                body["status"]["observedGeneration"] == body["metadata"]["generation"]
                and any(c["type"] == "Ready" and c["reason"] in reasons for c in body["status"]["conditions"])
            ),
            f"Ready of {self.name} with reason {' or '.join(reasons)}",
            seconds,
        )
        return self.condition("Ready")[1]

    def patch(self, spec: dict[str, Any]) -> None:
        """Merge into the spec."""
        patch = json.dumps({"spec": spec})
        self._kubectl("patch", "orc", self.name, "-n", self.namespace, "--type=merge", "-p", patch)

    def ask(self, what: str, token: str, seconds: float = 90) -> dict[str, str]:
        """Request a test, sync or preview by annotation and wait for the answer."""
        return self._asked(f"{what}-requested-at", what, token, seconds)

    def decide(self, what: str, fingerprint: str, seconds: float = 90) -> dict[str, str]:
        """Approve or discard what is held by annotation and wait for the answer."""
        return self._asked(what, what, fingerprint, seconds)

    def _asked(self, annotation: str, what: str, token: str, seconds: float) -> dict[str, str]:
        written = f"oneroster.masteryprep.com/{annotation}={token}"
        self._kubectl("annotate", "orc", self.name, "-n", self.namespace, "--overwrite", written)

        def answer() -> dict[str, str]:
            found: dict[str, str] = self.status().get("requests", {}).get(what, {})
            return found

        return eventually(
            answer,
            lambda a: a.get("token") == token and a["outcome"] != "Running",
            f"the answer to {what} request {token}",
            seconds,
        )

    def linked(self) -> list[str]:
        """sourcedIds of its linked schools."""
        linked = {"Assigned", "Earlier", "Identifier", "Name"}
        return [s["sourcedId"] for s in self.status()["schools"]["items"] if s["link"] in linked]

    def cron_jobs(self) -> dict[str, Manifest]:
        """Its CronJobs by name."""
        label = f"oneroster.masteryprep.com/connection={self.name}"
        return {m["metadata"]["name"]: m for m in self._kubectl.list(self.namespace, "cronjob", label)}
