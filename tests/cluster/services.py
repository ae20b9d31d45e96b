"""The addresses of services: kube-proxy and its rules.

With nftables these are tables of its own, which can be told from everybody else's and removed whole.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import network
from tests.cluster.commands import run, succeeds
from tests.cluster.files import write_if_changed
from tests.cluster.kubernetes import NODE_NAME, component_kubeconfig
from tests.cluster.places import KUBECONFIG, RUN
from tests.cluster.processes import Processes
from tests.cluster.waiting import wait_for

TABLES = ("ip kube-proxy", "ip6 kube-proxy")


def tables() -> tuple[str, ...]:
    """Those of kube-proxy that are there, whoever made them."""
    listed = run("nft", "list", "tables").splitlines()
    return tuple(name for name in TABLES if f"table {name}" in listed)


def start(programs: Mapping[str, Path], processes: Processes) -> None:
    """Returns when the API server can be reached by its service's address, as pods reach it."""
    settings = write_if_changed(RUN / "config" / "kube-proxy.json", json.dumps(_settings(), indent=1))
    processes.ensure("kube-proxy", [programs["kube-proxy"], f"--config={settings}"], [settings], _remove_tables)
    wait_for("kube-proxy", lambda: are_reachable(programs["kubectl"]), processes, ["kube-proxy"])


def are_reachable(kubectl: Path) -> bool:
    server = f"--server=https://{network.API_SERVICE_ADDRESS}"
    return succeeds(kubectl, "--kubeconfig", KUBECONFIG, server, "--request-timeout=3s", "get", "--raw", "/readyz")


def _remove_tables() -> None:
    """kube-proxy 1.34 takes a rule chain that it finds for complete (epChainSkipUpdate in its nftables proxier).

    One that its predecessor had just emptied stays empty, and the service out of reach.
    """
    for name in tables():
        run("nft", "delete", "table", *name.split())


def _settings() -> dict[str, object]:
    """https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(component_kubeconfig("kube-proxy"))},
        "clusterCIDR": network.POD_CIDR,
        "hostnameOverride": NODE_NAME,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "nodePortAddresses": ["primary"],
        "oomScoreAdj": 0,  # a lower one needs the capability SYS_RESOURCE
        # Zero leaves the machine's own settings as they are.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
