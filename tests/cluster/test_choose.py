import pytest

from tests.cluster.choose import Machine, way
from tests.cluster.provider import ClusterError


def machine(wanted: str = "", *, docker: bool = False, root: bool = False, debian: bool = False) -> Machine:
    return Machine(wanted, docker, root, debian)


def test_the_cluster_at_hand_comes_before_everything_else() -> None:
    assert way(machine("current", docker=True, root=True, debian=True)) == "current"


def test_docker_comes_before_processes_of_the_machine() -> None:
    assert way(machine(docker=True, root=True, debian=True)) == "kind"


def test_root_on_debian_needs_no_container_engine() -> None:
    assert way(machine(root=True, debian=True)) == "local"


@pytest.mark.parametrize("poor", [machine(), machine(root=True), machine(debian=True)])
def test_where_there_is_no_way_all_three_are_named(poor: Machine) -> None:
    with pytest.raises(ClusterError, match=r"(?s)CLUSTER=current.*Docker.*root on Debian"):
        way(poor)


def test_a_wish_that_is_not_known_is_refused_rather_than_ignored() -> None:
    with pytest.raises(ClusterError, match="CLUSTER=minikube"):
        way(machine("minikube", docker=True))
