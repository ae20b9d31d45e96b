"""A Kubernetes of this machine's own processes, for root on Debian without a container engine."""

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster import binaries, debian, dns, kubernetes, network, node, places, pods, services, traces
from tests.cluster.buildah import Buildah
from tests.cluster.certificates import Authority
from tests.cluster.commands import run
from tests.cluster.locks import exclusive
from tests.cluster.places import KUBECONFIG, LOGS, RUN
from tests.cluster.processes import Processes, boot_id
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError, Status

# Who depends on others comes first; the API server waits a while for those who still watch it.
ORDER = (
    "containerd",
    "kube-proxy",
    "coredns",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
)


class Local:
    """A `provider.Cluster`."""

    kubeconfig = KUBECONFIG

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._processes = Processes(RUN / "processes", LOGS)
        self._images = Buildah(progress)

    @property
    def program_directory(self) -> Path:
        return places.program_directory()

    def up(self) -> None:
        with exclusive(places.LOCK, self._progress):
            debian.require(self._progress)
            programs = self._prepare()
            if not self._is_of_this_boot():
                self._stop()
                self._begin()
            try:
                self._start(programs)
            except ClusterError as broken:
                self._progress.say(f"starting afresh, because: {broken}")
                self._stop()
                self._begin()
                self._start(programs)
            self._progress.say("the cluster is ready")

    def down(self) -> None:
        with exclusive(places.LOCK, self._progress):
            before = traces.written_down()
            with self._progress.step("stop the cluster"):
                self._stop()
            if before and (rest := traces.left_behind(before)):
                raise ClusterError("\n".join(("the cluster is stopped, but this is left of it:", *rest)))

    def status(self) -> Status:
        kubectl = self.program_directory / "kubectl"
        names = self._processes.names()
        if not names:
            return Status(False, ("the cluster is down",))
        dead = [name for name in names if not self._processes.alive(name)]
        ready = not dead and node.is_ready(kubectl) and services.are_reachable(kubectl)
        return Status(
            ready,
            (
                f"the cluster on this machine is {'ready' if ready else 'not ready'}",
                f"runs: {', '.join(name for name in names if name not in dead)}",
                *(f"{name} has ended: see {LOGS}/{name}.log" for name in dead),
                f"state in {RUN}, logs in {LOGS}",
            ),
        )

    def load(self, tags: Sequence[str]) -> None:
        with exclusive(places.LOCK, self._progress):
            if not self._processes.alive("containerd"):
                raise ClusterError("the cluster is down: start it with `python -m tests.cluster up`")
            for tag in tags:
                self._load(tag)

    def image_in_pods(self, tag: str) -> str:
        return tag

    def _prepare(self) -> dict[str, Path]:
        """Programs and images, at the same time."""
        with ThreadPoolExecutor() as pool:
            compiled = pool.submit(binaries.ensure, binaries.everything(), self._progress)
            pool.submit(self._images.ensure_base).result()
            pool.submit(self._images.ensure_pause, node.PAUSE_IMAGE).result()
            programs = compiled.result()
        binaries.link(programs)
        return programs

    def _is_of_this_boot(self) -> bool:
        try:
            return bool(json.loads((RUN / "boot.json").read_text()) == boot_id())
        except (OSError, ValueError):
            return False

    def _begin(self) -> None:
        """Everything from here on can be undone, because what was before is written down."""
        machine = traces.observe()
        traces.refuse_another_kubernetes(machine)
        network.check()
        shutil.rmtree(LOGS, ignore_errors=True)
        traces.write_down(machine)
        (RUN / "boot.json").write_text(json.dumps(boot_id()))

    def _start(self, programs: dict[str, Path]) -> None:
        authority = Authority(RUN / "certificates", dt.datetime.now(dt.UTC))
        network.ensure()
        kubernetes.write_kubeconfigs(authority)
        with self._progress.step("start the control plane"):
            kubernetes.start(programs, authority, self._processes)
        with self._progress.step("start the node"):
            node.start_containerd(self._processes)
            self._load(node.PAUSE_IMAGE)
            node.start(programs, authority, self._processes)
            services.start(programs, self._processes)
            dns.start(programs, self._processes)
            node.wait_until_ready(programs["kubectl"], self._processes)

    def _load(self, tag: str) -> None:
        """Into containerd, unless it is there already."""
        loaded = RUN / "loaded.json"
        known = json.loads(loaded.read_text()) if loaded.exists() else {}
        identifier = self._images.image_id(tag)
        if known.get(tag) == identifier:
            return
        with (
            self._progress.step(f"load image {tag}"),
            tempfile.TemporaryDirectory(prefix="oneroster-image-") as directory,
        ):
            archive = Path(directory) / "image.tar"
            self._images.save(tag, archive)
            run("ctr", "--address", node.CONTAINERD_SOCKET, "--namespace=k8s.io", "images", "import", archive)
        loaded.write_text(json.dumps(known | {tag: identifier}))

    def _stop(self) -> None:
        self._processes.stop("kubelet")
        if traces.written_down():
            pods.end_all()
        for name in ORDER:
            self._processes.stop(name)
        traces.undo()
