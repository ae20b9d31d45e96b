"""A school district's OneRoster server in a pod, and the connection to it."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from tests.installation import images, namespaces
from tests.installation.kubectl import Kubectl, Manifest
from tests.installation.platform import labelled_secret

NAMESPACE = "sis"


@dataclass(frozen=True, slots=True)
class District:
    """A simulated district: what it speaks and how large it is."""

    name: str
    version: str = "1.2"
    auth: str = "OAuth2"
    seed: int = 7
    schools: int = 12
    students_per_school: int = 60

    @property
    def host(self) -> str:
        """Its name on the cluster's network."""
        return f"{self.name}.{NAMESPACE}.svc"

    @property
    def client_id(self) -> str:
        """Its id for our client."""
        return f"{self.name}-client"


class Server:
    """The district on the cluster."""

    def __init__(self, kubectl: Kubectl, district: District) -> None:
        self._kubectl = kubectl
        self.district = district

    def install(self) -> None:
        """Start the server with a fresh secret, and wait until it answers."""
        namespaces.ensure(self._kubectl, NAMESPACE)
        name = self.district.name
        if not self._kubectl("get", "secret", name, "-n", NAMESPACE, "--ignore-not-found"):
            secret = {"secret": secrets.token_urlsafe(24)}
            self._kubectl.apply(
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "stringData": secret,
                }
            )
        self._kubectl.apply(_service(self.district), _deployment(self.district))
        self._kubectl("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=120s")

    def ask(self, *arguments: str) -> Any:
        """An answer of the district's own account: counts, requests, expected, platform-schools."""
        return json.loads(self._exec("python", "-m", "tests.district", *arguments))

    def platform_schools(self) -> list[dict[str, str | None]]:
        """The district's schools as the platform already has them, with their differences."""
        seed, schools = str(self.district.seed), str(self.district.schools)
        found: list[dict[str, str | None]] = self.ask("platform-schools", "--seed", seed, "--schools", schools)
        return found

    def change(self, *arguments: str) -> str:
        """Change the running district, for example `withdraw-student`; what it did, in words."""
        return self._exec("python", "-m", "tests.district", "control", *arguments).strip()

    def ca_bundle(self) -> str:
        """The certificate that signed the server's own."""
        return self._exec("cat", "/tls/ca.pem")

    def credentials(self, namespace: str) -> Manifest:
        """The Secret with which a connection authenticates; the secret is the one that the server began with."""
        return labelled_secret(
            f"{self.district.name}-oneroster",
            namespace,
            {"clientId": self.district.client_id, "clientSecret": self._exec("cat", "/secret/secret").strip()},
        )

    def connection(self, namespace: str, district_id: str, **spec: Any) -> Manifest:
        """A OneRosterConnection to this server."""
        district = self.district
        path = "/ims/oneroster/rostering/v1p2" if district.version == "1.2" else "/ims/oneroster/v1p1"
        auth: dict[str, Any] = {"type": district.auth, "secretRef": {"name": f"{district.name}-oneroster"}}
        if district.auth == "OAuth2":
            auth["tokenUrl"] = f"https://{district.host}:8443/oauth/token"
        endpoint = {"url": f"https://{district.host}:8443{path}", "version": district.version}
        return {
            "apiVersion": "oneroster.masteryprep.com/v1alpha1",
            "kind": "OneRosterConnection",
            "metadata": {"name": district.name, "namespace": namespace},
            "spec": {
                "districtId": district_id,
                "endpoint": endpoint | {"caBundle": self.ca_bundle()},
                "auth": auth,
                **spec,
            },
        }

    def _exec(self, *command: str) -> str:
        return self._kubectl("exec", "-n", NAMESPACE, f"deployment/{self.district.name}", "--", *command)


def _service(district: District) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": district.name, "namespace": NAMESPACE},
        "spec": {"selector": {"app": district.name}, "ports": [{"port": 8443}]},
    }


def _deployment(district: District) -> Manifest:
    command = ["python", "-m", "tests.district", "serve"]
    args = {
        "--host": "0.0.0.0",
        "--version": district.version,
        "--auth": district.auth.lower(),
        "--seed": str(district.seed),
        "--schools": str(district.schools),
        "--students-per-school": str(district.students_per_school),
        "--tls-dir": "/tls",
        "--tls-name": district.host,
        "--client-id": district.client_id,
        "--client-secret-file": "/secret/secret",
    }
    labels = {"app": district.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": district.name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001},
                    "containers": [
                        {
                            "name": "district",
                            **images.in_pods(images.BENCH),
                            "command": command,
                            "args": [word for pair in args.items() for word in pair],
                            "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
                            "volumeMounts": [
                                {"name": "secret", "mountPath": "/secret"},
                                {"name": "tls", "mountPath": "/tls"},
                            ],
                        }
                    ],
                    "volumes": [
                        {"name": "secret", "secret": {"secretName": district.name}},
                        {"name": "tls", "emptyDir": {}},
                    ],
                },
            },
        },
    }
