"""Names of services for pods: CoreDNS as a process of the machine."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import network
from tests.cluster.commands import run
from tests.cluster.files import write_if_changed
from tests.cluster.kubernetes import component_kubeconfig
from tests.cluster.places import KUBECONFIG, RUN
from tests.cluster.processes import Processes
from tests.cluster.waiting import answers, wait_for

READY = "127.0.0.1:8181"

# Whatever is not a name of the cluster does not exist, at once: pods that ask for the outside fail fast and alike
# on every machine.
COREFILE = f"""\
.:53 {{
    bind {network.NODE_ADDRESS}
    ready {READY}
    errors
    cache 5
    kubernetes {network.CLUSTER_DOMAIN} {{
        kubeconfig {component_kubeconfig("coredns")}
        ttl 5
    }}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""

# What CoreDNS's kubernetes plugin lists and watches.
RIGHTS: dict[str, object] = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "system:coredns"},
            "rules": [
                {"apiGroups": [""], "resources": ["services", "namespaces"], "verbs": ["list", "watch"]},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "system:coredns"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:coredns"}],
        },
    ],
}


def start(programs: Mapping[str, Path], processes: Processes) -> None:
    corefile = write_if_changed(RUN / "config" / "Corefile", COREFILE)
    run(programs["kubectl"], "--kubeconfig", KUBECONFIG, "apply", "--filename=-", stdin=json.dumps(RIGHTS))
    processes.ensure("coredns", [programs["coredns"], "-conf", corefile], [corefile])
    wait_for("CoreDNS", lambda: answers(f"{READY}/ready"), processes, ["coredns"])
