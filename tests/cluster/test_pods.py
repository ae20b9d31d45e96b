"""What the operator and its sync rely on in a cluster, seen from inside a pod."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import choose
from tests.cluster.images import Build, ensure
from tests.cluster.progress import Progress
from tests.cluster_fixtures import Kubernetes

pytestmark = pytest.mark.cluster

NAMESPACE = "cluster-test"
IMAGE = "localhost/cluster-test:1"
CONTAINERFILE = """\
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
COPY probe.py /probe.py
ENTRYPOINT ["python3", "/probe.py"]
"""
# Written to the termination message: what each name resolves to, how long the slowest took, and the API's answer.
PROBE = """\
import json, socket, ssl, time, urllib.request
from pathlib import Path

def resolve(name):
    try:
        return socket.gethostbyname(name)
    except socket.gaierror:
        return None

began = time.monotonic()
names = ["kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
         "absent.default.svc", "district.example"]
found = {name: resolve(name) for name in names}
seconds = time.monotonic() - began
account = Path("/var/run/secrets/kubernetes.io/serviceaccount")
request = urllib.request.Request("https://kubernetes.default.svc/version",
                                 headers={"Authorization": "Bearer " + (account / "token").read_text()})
trust = ssl.create_default_context(cafile=str(account / "ca.crt"))
with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
    status = answer.status
Path("/dev/termination-log").write_text(json.dumps({"names": found, "seconds": seconds, "status": status}))
"""
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, kubernetes: Kubernetes) -> str:
    context = tmp_path_factory.mktemp("image")
    (context / "Containerfile").write_text(CONTAINERFILE)
    (context / "probe.py").write_text(PROBE)
    progress = Progress()
    build = Build(IMAGE, context / "Containerfile", Path(context))
    ensure(build, choose.image_engine(progress), progress)
    choose.cluster(progress).load([IMAGE])
    return IMAGE


@pytest.fixture
def namespace(kubernetes: Kubernetes) -> Iterator[str]:
    kubernetes.kubectl("create", "namespace", NAMESPACE)
    kubernetes.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    yield NAMESPACE
    kubernetes.kubectl("delete", "namespace", NAMESPACE)


def test_a_restricted_pod_finds_services_by_name_and_reaches_the_api_server(
    kubernetes: Kubernetes, image: str, namespace: str
) -> None:
    container = {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": RESTRICTED,
        "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
    }
    pod = {"restartPolicy": "Never", "containers": [container]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
    kubernetes.kubectl("apply", "--filename=-", input=json.dumps(job))
    kubernetes.kubectl(
        "wait", "--for=condition=Complete", "job/probe", f"--namespace={namespace}", "--timeout=60s"
    )
    path = "{.items[0].status.containerStatuses[0].state.terminated.message}"
    listed = ("get", "pods", "--selector=job-name=probe", f"--namespace={namespace}", f"--output=jsonpath={path}")
    seen = json.loads(kubernetes.kubectl(*listed).stdout)

    api_server = seen["names"]["kubernetes.default"]
    assert seen["names"] == {
        "kubernetes.default": api_server,
        "kubernetes.default.svc": api_server,
        "kubernetes.default.svc.cluster.local": api_server,
        "absent.default.svc": None,
        "district.example": None,
    }
    assert api_server is not None
    assert seen["status"] == 200
    assert seen["seconds"] < 5  # a resolver that is silent about a name takes that long for one
