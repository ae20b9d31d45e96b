"""The operator, installed by its chart as a platform engineer does it."""

from tests.installation.images import ROOT
from tests.installation.kubectl import Kubectl

NAMESPACE = "oneroster-system"
RELEASE = "oneroster-operator"
INSTALL = (
    "helm",
    "upgrade",
    "--install",
    RELEASE,
    str(ROOT / "charts/oneroster-operator"),
    "--namespace",
    NAMESPACE,
    "--create-namespace",
    "--set",
    "image.repository=localhost/oneroster-operator,image.tag=dev,support.contact=support@platform.example",
    "--take-ownership",  # of a CRD that the API tests or a person applied by kubectl
    "--wait",
    "--timeout=120s",
)


def install(kubectl: Kubectl) -> None:
    """Install or upgrade; a running operator is started anew, so that it runs the image that was just built."""
    running = kubectl("get", "namespace", NAMESPACE, "--ignore-not-found")
    kubectl.run(*INSTALL, seconds=150)
    if running:
        kubectl("rollout", "restart", f"deployment/{RELEASE}", "-n", NAMESPACE)
    kubectl("rollout", "status", f"deployment/{RELEASE}", "-n", NAMESPACE, "--timeout=120s")
