"""The control plane: etcd, API server, controller manager, scheduler; and the kubeconfigs of all components.

Everything listens on 127.0.0.1, except the API server, which pods must reach.
"""

from collections.abc import Mapping
from pathlib import Path

from tests.cluster import network
from tests.cluster.certificates import Authority, Identity, kubeconfig
from tests.cluster.commands import succeeds
from tests.cluster.files import write_if_changed
from tests.cluster.places import KUBECONFIG, RUN
from tests.cluster.processes import Processes
from tests.cluster.waiting import wait_for

NODE_NAME = "oneroster"
SERVER = f"https://{network.NODE_ADDRESS}:6443"

ETCD = Identity("etcd", "etcd", addresses=("127.0.0.1",))
ETCD_CLIENT = Identity("apiserver-etcd-client", "kube-apiserver-etcd-client")
API_SERVER = Identity(
    "apiserver",
    "kube-apiserver",
    addresses=("127.0.0.1", network.NODE_ADDRESS, network.API_SERVICE_ADDRESS),
    names=(
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        f"kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
    ),
)
KUBELET_CLIENT = Identity("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "system:masters")
KUBELET = Identity(
    "kubelet",
    f"system:node:{NODE_NAME}",
    "system:nodes",
    addresses=(network.NODE_ADDRESS,),
    names=(NODE_NAME,),
)
COMPONENTS = (
    Identity("controller-manager", "system:kube-controller-manager"),
    Identity("scheduler", "system:kube-scheduler"),
    Identity("kube-proxy", "system:kube-proxy"),
    Identity("coredns", "system:coredns"),
    KUBELET,
)
ADMIN = Identity("admin", "kubernetes-admin", "system:masters")


def component_kubeconfig(name: str) -> Path:
    return RUN / "kubeconfigs" / name


def write_kubeconfigs(authority: Authority) -> None:
    for identity in COMPONENTS:
        _write_kubeconfig(component_kubeconfig(identity.file), authority, identity)
    _write_kubeconfig(KUBECONFIG, authority, ADMIN)


def start(programs: Mapping[str, Path], authority: Authority, processes: Processes) -> None:
    """Returns when the API server is ready. Raises `ClusterError` with the log's end when it never is."""
    processes.ensure("etcd", [programs["etcd"], *_etcd(authority)])
    processes.ensure("kube-apiserver", [programs["kube-apiserver"], *_api_server(authority)])
    ready = (programs["kubectl"], "--kubeconfig", KUBECONFIG, "get", "--raw", "/readyz")
    wait_for("the API server", lambda: succeeds(*ready), processes, ["kube-apiserver", "etcd"])
    processes.ensure(
        "kube-controller-manager", [programs["kube-controller-manager"], *_controller_manager(authority)]
    )
    processes.ensure("kube-scheduler", [programs["kube-scheduler"], *_scheduler()])


def _write_kubeconfig(path: Path, authority: Authority, identity: Identity) -> None:
    text = kubeconfig(SERVER, authority.certificate, *authority.key_pair(identity))
    write_if_changed(path, text, mode=0o600)


def _etcd(authority: Authority) -> list[str]:
    certificate, key = authority.key_pair(ETCD)
    client, peer = "https://127.0.0.1:2379", "https://127.0.0.1:2380"
    return [
        f"--name={NODE_NAME}",
        f"--data-dir={RUN}/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={NODE_NAME}={peer}",
        # Without client certificates any user of the machine could write here, and so become root by a pod.
        "--client-cert-auth",
        f"--cert-file={certificate}",
        f"--key-file={key}",
        f"--trusted-ca-file={authority.certificate}",
        "--peer-client-cert-auth",
        f"--peer-cert-file={certificate}",
        f"--peer-key-file={key}",
        f"--peer-trusted-ca-file={authority.certificate}",
        "--unsafe-no-fsync",  # nothing here outlives the machine
        "--log-level=warn",
    ]


def _api_server(authority: Authority) -> list[str]:
    certificate, key = authority.key_pair(API_SERVER)
    etcd_certificate, etcd_key = authority.key_pair(ETCD_CLIENT)
    kubelet_certificate, kubelet_key = authority.key_pair(KUBELET_CLIENT)
    service_accounts = authority.service_account_key()
    return [
        f"--advertise-address={network.NODE_ADDRESS}",
        f"--bind-address={network.NODE_ADDRESS}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={network.SERVICE_CIDR}",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--etcd-cafile={authority.certificate}",
        f"--etcd-certfile={etcd_certificate}",
        f"--etcd-keyfile={etcd_key}",
        f"--client-ca-file={authority.certificate}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--kubelet-certificate-authority={authority.certificate}",
        f"--kubelet-client-certificate={kubelet_certificate}",
        f"--kubelet-client-key={kubelet_key}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
        f"--service-account-key-file={service_accounts}",
        f"--service-account-signing-key-file={service_accounts}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
    ]


def _controller_manager(authority: Authority) -> list[str]:
    own = component_kubeconfig("controller-manager")
    return [
        f"--kubeconfig={own}",
        f"--authentication-kubeconfig={own}",
        f"--authorization-kubeconfig={own}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={authority.service_account_key()}",
        f"--root-ca-file={authority.certificate}",
        f"--flex-volume-plugin-dir={RUN}/volume-plugins",
    ]


def _scheduler() -> list[str]:
    own = component_kubeconfig("scheduler")
    return [
        f"--kubeconfig={own}",
        f"--authentication-kubeconfig={own}",
        f"--authorization-kubeconfig={own}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]
