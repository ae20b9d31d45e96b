"""The namespaces of demo and tests, told by a label from those of whoever else uses the cluster."""

from tests.installation.kubectl import CommandFailed, Kubectl

LABEL = "oneroster.masteryprep.com/demo"


def ensure(kubectl: Kubectl, name: str) -> None:
    """Make the namespace, with our label, where it is missing. Raises `CommandFailed` where it is not ours."""
    if _refuse_foreign(kubectl, (name,)):
        return
    labels = {LABEL: "true"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def delete(kubectl: Kubectl, *names: str) -> None:
    """Delete those that are there, with all that is in them, and wait until they are gone.

    Raises `CommandFailed` before anything is deleted where one of them is not ours.
    """
    if found := _refuse_foreign(kubectl, names):
        kubectl("delete", "namespace", *found, "--wait", seconds=180)


def _refuse_foreign(kubectl: Kubectl, names: tuple[str, ...]) -> list[str]:
    """Those that are there; all of them are ours."""
    by_name = f"kubernetes.io/metadata.name in ({','.join(names)})"
    found = [manifest["metadata"] for manifest in kubectl.list("default", "namespaces", by_name)]
    for metadata in found:
        if metadata["labels"].get(LABEL) != "true":
            name = metadata["name"]
            raise CommandFailed(
                f"the namespace {name} is in this cluster, was not made by demo or tests, and is left as it is. "
                "Use another cluster; or, where it may be deleted with all that is in it, say so: "
                f"kubectl label namespace {name} {LABEL}=true"
            )
    return [metadata["name"] for metadata in found]
