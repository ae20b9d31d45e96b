"""The one node: containerd, kubelet and the network of its pods."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import network
from tests.cluster.certificates import Authority
from tests.cluster.commands import run, succeeds
from tests.cluster.debian import CNI_PLUGINS, CONTAINERD
from tests.cluster.files import write_if_changed
from tests.cluster.kubernetes import KUBELET, NODE_NAME, component_kubeconfig
from tests.cluster.places import KUBECONFIG, LOGS, RUN
from tests.cluster.processes import Processes
from tests.cluster.provider import ClusterError
from tests.cluster.waiting import answers, wait_for

CONTAINERD_SOCKET = RUN / "containerd.sock"
CNI_NETWORK = "oneroster"
PAUSE_IMAGE = "localhost/pause:1"
KUBELET_HEALTH = "127.0.0.1:10248/healthz"  # its default

_CONFIG = RUN / "config"


def start_containerd(processes: Processes) -> None:
    """Returns when it answers, so that images can be imported before the first pod needs them."""
    settings = write_if_changed(_CONFIG / "containerd.toml", _containerd())
    pod_network = write_if_changed(_CONFIG / "cni" / "10-oneroster.conflist", json.dumps(_pod_network(), indent=1))
    processes.ensure("containerd", [CONTAINERD, "--config", settings], [settings, pod_network])
    wait_for("containerd", containerd_answers, processes, ["containerd"])


def containerd_answers() -> bool:
    return succeeds("ctr", "--address", CONTAINERD_SOCKET, "version")


def start(programs: Mapping[str, Path], authority: Authority, processes: Processes) -> None:
    write_if_changed(_CONFIG / "resolv.conf", f"nameserver {network.NODE_ADDRESS}\n")
    kubelet = write_if_changed(_CONFIG / "kubelet.json", json.dumps(_kubelet(authority), indent=1))
    processes.ensure(
        "kubelet",
        [
            programs["kubelet"],
            f"--config={kubelet}",
            f"--kubeconfig={component_kubeconfig('kubelet')}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={network.NODE_ADDRESS}",
            f"--root-dir={RUN}/kubelet",
        ],
        [kubelet],
    )


def wait_until_ready(kubectl: Path, processes: Processes) -> None:
    names = ("kubelet", "containerd", "kube-scheduler", "kube-controller-manager")
    wait_for("the node", lambda: is_ready(kubectl), processes, names)


def is_ready(kubectl: Path) -> bool:
    """The node accepts pods, and pods have a service account to run under."""
    if not answers(KUBELET_HEALTH):
        return False
    as_admin = (kubectl, "--kubeconfig", KUBECONFIG, "--request-timeout=5s", "get")
    try:
        node = json.loads(run(*as_admin, "node", NODE_NAME, "--output=json"))
        run(*as_admin, "serviceaccount", "default", "--namespace=default")
    except ClusterError:
        return False
    conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
    return conditions.get("Ready") == "True" and not node["spec"].get("taints")


def _containerd() -> str:
    return f"""\
version = 2
root = "{RUN}/containerd"
state = "{RUN}/containerd-state"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{RUN}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Without the capability SYS_RESOURCE, as inside many a virtual machine, no sandbox starts otherwise.
  restrict_oom_score_adj = true
  # So that the network namespaces are found, and removed, with the rest of our state.
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{_CONFIG}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def _pod_network() -> dict[str, object]:
    """Each pod has a wire of its own to the machine, which routes: no bridge, no masquerading, no rules."""
    return {
        "cniVersion": "0.4.0",
        "name": CNI_NETWORK,
        "plugins": [
            {
                "type": "ptp",
                "ipam": {
                    "type": "host-local",
                    "dataDir": f"{RUN}/pod-addresses",
                    "subnet": network.POD_CIDR,
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }


def _kubelet(authority: Authority) -> dict[str, object]:
    """https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"""
    certificate, key = authority.key_pair(KUBELET)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,  # a lower one needs the capability SYS_RESOURCE
        "clusterDNS": [network.NODE_ADDRESS],
        "clusterDomain": network.CLUSTER_DOMAIN,
        "resolvConf": f"{_CONFIG}/resolv.conf",
        "makeIPTablesUtilChains": False,
        "podLogsDir": str(LOGS / "pods"),
        "volumePluginDir": f"{RUN}/volume-plugins",
        "maxPods": 250,
        # A developer's disk is often nearly full, and images that were loaded cannot be pulled again.
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
            "imagefs.inodesFree": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }
