"""The operator, installed by its chart as a platform engineer does it."""

from collections.abc import Sequence

from tests.installation import images, namespaces
from tests.installation.kubectl import CommandFailed, Kubectl

NAMESPACE = "oneroster-system"
RELEASE = "oneroster-operator"
_BY_CHART = "app.kubernetes.io/name=oneroster-operator"


def command(allowed_networks: Sequence[str]) -> tuple[str, ...]:
    """helm, with what the installation needs."""
    image = images.in_pods(images.OPERATOR)
    repository, _, tag = image["image"].rpartition(":")
    values = {
        "image.repository": repository,
        "image.tag": tag,
        "image.pullPolicy": image["imagePullPolicy"],
        "support.contact": "support@platform.example",
    }
    if allowed_networks:
        values["allowedNetworks"] = f"{{{','.join(allowed_networks)}}}"
    return (
        *("helm", "upgrade", "--install", RELEASE, str(images.ROOT / "charts/oneroster-operator")),
        *("--namespace", NAMESPACE),
        *("--set", ",".join(f"{name}={value}" for name, value in values.items())),
        "--take-ownership",  # of a CRD that the API tests or a person applied by kubectl
        *("--wait", "--timeout=120s"),
    )


def service_networks(kubectl: Kubectl) -> list[str]:
    """Where the cluster's Services are, and so the simulated districts.

    Kubernetes says it since 1.33; before, any private address may be a Service's.
    """
    if "servicecidrs" not in kubectl("api-resources", "--api-group=networking.k8s.io", "-o", "name"):
        return ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    return kubectl("get", "servicecidrs", "-o", "jsonpath={.items[*].spec.cidrs[*]}").split()


def install(kubectl: Kubectl, allowed_networks: Sequence[str]) -> None:
    """Install or upgrade; a running operator is started anew, so that it runs the image that was just built.

    Raises `CommandFailed` where the cluster has an operator that is not ours.
    """
    _refuse_another(kubectl)
    namespaces.ensure(kubectl, NAMESPACE)
    running = kubectl.list(NAMESPACE, "deployments", _BY_CHART)
    kubectl.run(*command(allowed_networks), seconds=150)
    if running:
        kubectl("rollout", "restart", f"deployment/{RELEASE}", "-n", NAMESPACE)
    kubectl("rollout", "status", f"deployment/{RELEASE}", "-n", NAMESPACE, "--timeout=120s")


def _refuse_another(kubectl: Kubectl) -> None:
    """Two operators would both look after every connection of the cluster."""
    found = kubectl("get", "deployments", "-A", "-l", _BY_CHART, "-o", "jsonpath={.items[*].metadata.namespace}")
    for namespace in found.split():
        if namespace != NAMESPACE:
            raise CommandFailed(
                f"the namespace {namespace} of this cluster has a OneRoster operator: with a second one, each "
                "would look after the other's connections too. Use another cluster"
            )
