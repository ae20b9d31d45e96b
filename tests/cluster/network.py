"""The cluster's addresses on this machine.

Pods cannot reach 127.0.0.1 of the machine, so the API server and the DNS server listen on an address of an
interface of our own. It is a bridge without ports, because not every kernel has dummy interfaces.
"""

import ipaddress
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.provider import ClusterError

LINK = "oneroster0"
NODE_ADDRESS = "10.95.0.1"
POD_CIDR = "10.244.0.0/16"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"  # always the first of the service range
CLUSTER_DOMAIN = "cluster.local"

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def collision(routes: list[tuple[str, str]]) -> tuple[str, str] | None:
    """The first of the machine's routes, as (destination, device), that shares addresses with the cluster's."""
    ours = [ipaddress.ip_network(network) for network in (f"{NODE_ADDRESS}/32", POD_CIDR, SERVICE_CIDR)]
    for destination, device in routes:
        if destination == "default":
            continue
        network = ipaddress.ip_network(destination, strict=False)
        if any(network.overlaps(other) for other in ours):
            return destination, device
    return None


def closed_firewall(chains: Iterable[Mapping[str, str]]) -> str | None:
    """The first of nftables' chains, as `ip filter FORWARD`, that drops what pods send unless a rule allows it."""
    for chain in chains:
        if chain.get("hook") in {"forward", "input"} and chain.get("policy") == "drop":
            return f"{chain['family']} {chain['table']} {chain['name']}"
    return None


def check() -> None:
    """Before anything was started. Raises `ClusterError` when pods could not talk on this machine."""
    listed = json.loads(run("ip", "-4", "-json", "route", "show", "table", "all"))
    routes = [(route["dst"], route.get("dev", "")) for route in listed]
    if found := collision([route for route in routes if route[1] != LINK]):
        message = (
            f"this machine routes {found[0]} through {found[1]}, which the cluster's own addresses overlap "
            f"({POD_CIDR}, {SERVICE_CIDR}, {NODE_ADDRESS}): remove that route, or change the addresses "
            f"in {__file__}, or use CLUSTER=current with a cluster elsewhere"
        )
        raise ClusterError(message)
    listed = json.loads(run("nft", "--json", "list", "chains"))["nftables"]
    if chain := closed_firewall(entry["chain"] for entry in listed if "chain" in entry):
        message = (
            f"this machine's firewall drops what pods send (nftables chain {chain} has the policy drop): set "
            "it to accept, for example with `ufw disable`, or use CLUSTER=current with a cluster elsewhere"
        )
        raise ClusterError(message)


def ensure() -> None:
    """The interface with the node's address, and forwarding between pods.

    Services are routed to it, so that the machine reaches them also where it has no default route; kube-proxy
    turns their addresses into those of pods before a packet gets there.
    """
    if LINK not in links():
        run("ip", "link", "add", LINK, "type", "bridge")
    run("ip", "address", "replace", f"{NODE_ADDRESS}/32", "dev", LINK)
    run("ip", "link", "set", LINK, "up")
    run("ip", "route", "replace", SERVICE_CIDR, "dev", LINK)
    IP_FORWARD.write_text("1")


def links() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}
