from pathlib import Path

import pytest

from tests.cluster.current import Current, kubeconfig, registry_name
from tests.cluster.images import Engine
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError


def no_engine(_progress: Progress) -> Engine:
    raise AssertionError("nothing is to be pushed")


def test_the_first_kubeconfig_counts() -> None:
    assert kubeconfig({"KUBECONFIG": "/a:/b"}) == Path("/a")
    assert kubeconfig({}) == Path.home() / ".kube" / "config"


def test_images_need_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGE_REGISTRY", raising=False)
    with pytest.raises(ClusterError, match="IMAGE_REGISTRY"):
        Current(no_engine, Progress()).load(["localhost/product:1"])


def test_pods_name_an_image_as_it_was_pushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_REGISTRY", "registry.example/team")
    cluster = Current(no_engine, Progress())
    assert cluster.image_in_pods("localhost/product:1") == "registry.example/team/product:1"


def test_a_local_tag_is_pushed_under_the_registry_alone() -> None:
    assert registry_name("registry.example/team/", "localhost/product:1") == "registry.example/team/product:1"
