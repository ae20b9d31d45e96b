import dataclasses

import pytest

from tests.cluster.provider import ClusterError
from tests.cluster.traces import Machine, differences, refuse_another_kubernetes

BEFORE = Machine(
    sysctls={"kernel/panic": "0", "net/ipv4/ip_forward": "1"},
    nft_tables=(),
    cgroups=(),
    directories=("/run/containerd",),
)
RUNNING = Machine(
    sysctls={"kernel/panic": "10", "net/ipv4/ip_forward": "1"},
    nft_tables=("ip kube-proxy", "ip6 kube-proxy"),
    cgroups=("/sys/fs/cgroup/kubepods",),
    directories=("/run/containerd", "/var/lib/kubelet"),
)


def test_what_came_goes_and_what_changed_goes_back() -> None:
    assert differences(BEFORE, RUNNING) == Machine(
        sysctls={"kernel/panic": "0"},
        nft_tables=("ip kube-proxy", "ip6 kube-proxy"),
        cgroups=("/sys/fs/cgroup/kubepods",),
        directories=("/var/lib/kubelet",),
    )


def test_what_was_there_before_stays() -> None:
    before = dataclasses.replace(BEFORE, nft_tables=("ip kube-proxy",))
    assert differences(before, RUNNING).nft_tables == ("ip6 kube-proxy",)


def test_nothing_is_left_to_undo_afterwards() -> None:
    assert differences(BEFORE, BEFORE) == Machine({}, (), (), ())


@pytest.mark.parametrize(
    "machine",
    [
        dataclasses.replace(BEFORE, nft_tables=("ip kube-proxy",)),
        dataclasses.replace(BEFORE, cgroups=("/sys/fs/cgroup/kubepods",)),
    ],
)
def test_a_second_kubernetes_is_refused(machine: Machine) -> None:
    with pytest.raises(ClusterError, match="another Kubernetes"):
        refuse_another_kubernetes(machine)


def test_a_machine_of_no_kubernetes_is_accepted() -> None:
    refuse_another_kubernetes(BEFORE)
