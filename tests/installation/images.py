"""The two images: the product, and on top of it the simulated district and the platform's PostgreSQL."""

from pathlib import Path

from tests.cluster import choose
from tests.cluster.images import Build, ensure
from tests.cluster.progress import Progress

ROOT = Path(__file__).parents[2]
OPERATOR = "localhost/oneroster-operator:dev"
BENCH = "localhost/oneroster-bench:dev"

_BUILDS = (
    Build(OPERATOR, ROOT / "Containerfile", ROOT),
    Build(BENCH, ROOT / "tests/installation/Containerfile", ROOT, {"PYTHON_IMAGE": OPERATOR}),
)


def build() -> None:
    """Build what has changed."""
    progress = Progress()
    engine = choose.image_engine(progress)
    for image in _BUILDS:
        ensure(image, engine, progress)


def load() -> None:
    """Make both runnable in pods."""
    choose.cluster(Progress()).load([OPERATOR, BENCH])


def in_pods(tag: str) -> dict[str, str]:
    """How a container's manifest names the image. Raises `ClusterError` where pods cannot have it.

    A node that once pulled a tag would keep what it was then.
    """
    name = choose.cluster(Progress()).image_in_pods(tag)
    return {"image": name, "imagePullPolicy": "IfNotPresent" if name == tag else "Always"}
