"""The learning platform: its PostgreSQL in a pod, with districts and schools, and the roster tables."""

import base64
import json
import secrets

import yaml

from tests.installation import images, namespaces
from tests.installation.kubectl import Kubectl, Manifest

NAMESPACE = "platform"
HOST = f"platform-db.{NAMESPACE}.svc"
_LOGINS = {"operatorUrl": "oneroster_operator_login", "syncUrl": "oneroster_sync_login"}


class Platform:
    """A platform on the cluster."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def install(self) -> None:
        """PostgreSQL, the platform's own tables, the migration by the product's image, two logins.

        One that runs is started anew and empty, so that it has the image that was just built.
        """
        passwords = {name: secrets.token_urlsafe(18) for name in ("postgres", *_LOGINS.values())}
        namespaces.ensure(self._kubectl, NAMESPACE)
        if not self._kubectl("get", "secret", "passwords", "-n", NAMESPACE, "--ignore-not-found"):
            admin = f"postgresql://postgres:{passwords['postgres']}@{HOST}:5432/postgres"
            self._kubectl.apply(_secret("passwords", NAMESPACE, passwords | {"admin-url": admin}))
        running = self._kubectl("get", "deployment", "platform-db", "-n", NAMESPACE, "--ignore-not-found")
        self._kubectl.apply(_service(), _deployment())
        if running:
            self._kubectl("rollout", "restart", "deployment/platform-db", "-n", NAMESPACE)
        self._kubectl("rollout", "status", "deployment/platform-db", "-n", NAMESPACE, "--timeout=120s")
        self._migrate()
        self._exec(
            "python",
            "-m",
            "tests.platform",
            "users",
            "--url-file",
            "/secrets/admin-url",
            "--password-dir",
            "/secrets",
        )

    def secret(self, namespace: str, name: str = "oneroster-platform") -> Manifest:
        """The Secret by which connections of a namespace reach the platform."""
        data = self._kubectl.get(NAMESPACE, "secret", "passwords")["data"]
        plain = {key: _decoded(data[login]) for key, login in _LOGINS.items()}
        urls = {
            key: f"postgresql://{_LOGINS[key]}:{password}@{HOST}:5432/postgres" for key, password in plain.items()
        }
        return labelled_secret(name, namespace, urls)

    def add_district(self, district: str, schools: list[dict[str, str | None]]) -> None:
        """Give the platform a district and its schools, as they were before any OneRoster."""
        self._exec(
            "sh",
            "-c",
            f"cat > /tmp/schools.json && python -m tests.platform seed --url-file /secrets/admin-url "
            f"--district {district} --schools /tmp/schools.json",
            stdin=json.dumps(schools),
        )
        self.grant(district)

    def grant(self, district: str) -> None:
        """Let both logins at the rows of a district."""
        self.administer("grant", "--district", district, "--to", *_LOGINS.values())

    def revoke(self, district: str) -> None:
        """Take that back."""
        self.administer("revoke", "--district", district, "--from", *_LOGINS.values())

    def administer(self, command: str, *arguments: str) -> str:
        """What `oneroster-platform` says to the platform's administrator."""
        return self._exec("oneroster-platform", command, "--url-file", "/secrets/admin-url", *arguments)

    def query(self, sql: str) -> list[list[str]]:
        """The rows of a query, as text."""
        out = self._exec("sh", "-c", 'psql -v ON_ERROR_STOP=1 -At -F "|" "$(cat /secrets/admin-url)" -c "$0"', sql)
        return [line.split("|") for line in out.splitlines()]

    def table(self, sql: str) -> str:
        """The answer to a query as psql prints it for a person."""
        return self._exec("sh", "-c", 'psql -v ON_ERROR_STOP=1 "$(cat /secrets/admin-url)" -c "$0"', sql)

    def _exec(self, *command: str, stdin: str | None = None) -> str:
        flags = ("-i",) if stdin is not None else ()
        return self._kubectl(
            "exec", *flags, "-n", NAMESPACE, "deployment/platform-db", "--", *command, stdin=stdin
        )

    def _migrate(self) -> None:
        url = _decoded(self._kubectl.get(NAMESPACE, "secret", "passwords")["data"]["admin-url"])
        self._kubectl.apply(_secret("oneroster-platform-admin", NAMESPACE, {"url": url}))
        job = json.dumps(_migration())
        self._kubectl("replace", "--force", "-n", NAMESPACE, "-f", "-", stdin=job)
        self._kubectl(
            "wait", "--for=condition=Complete", "job/oneroster-migrate", "-n", NAMESPACE, "--timeout=60s"
        )


def labelled_secret(name: str, namespace: str, values: dict[str, str]) -> Manifest:
    """A Secret that its owner allows the operator to read."""
    manifest = _secret(name, namespace, values)
    manifest["metadata"]["labels"] = {"oneroster.masteryprep.com/credentials": "true"}
    return manifest


def _secret(name: str, namespace: str, values: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": values,
    }


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def _service() -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "platform-db", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "platform-db"}, "ports": [{"port": 5432}]},
    }


def _deployment() -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "platform-db", "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": "platform-db"}},
            "template": {
                "metadata": {"labels": {"app": "platform-db"}},
                "spec": {
                    "automountServiceAccountToken": False,
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001},
                    "containers": [
                        {
                            "name": "postgres",
                            **images.in_pods(images.BENCH),
                            "command": ["python", "-m", "tests.platform", "serve"],
                            "args": ["--data", "/data/pg", "--listen", "0.0.0.0", "--password-dir", "/secrets"],
                            "readinessProbe": {
                                "tcpSocket": {"port": 5432},
                                "periodSeconds": 1,
                            },
                            "volumeMounts": [
                                {"name": "data", "mountPath": "/data"},
                                {"name": "secrets", "mountPath": "/secrets"},
                            ],
                        }
                    ],
                    "volumes": [
                        {"name": "data", "emptyDir": {}},
                        {"name": "secrets", "secret": {"secretName": "passwords"}},
                    ],
                },
            },
        },
    }


def _migration() -> Manifest:
    """As a platform's administrator would run it."""
    job: Manifest = yaml.safe_load((images.ROOT / "manifests/platform-migrate.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container.update(images.in_pods(images.OPERATOR))
    return job
