import pytest

from tests.cluster.network import closed_firewall, collision


@pytest.mark.parametrize("destination", ["10.96.0.0/12", "10.244.7.0/24", "10.95.0.1", "10.0.0.0/8"])
def test_a_route_into_our_addresses_is_found(destination: str) -> None:
    assert collision([("default", "eth0"), (destination, "tun0")]) == (destination, "tun0")


def test_other_networks_do_not_matter() -> None:
    assert collision([("default", "eth0"), ("192.168.0.0/16", "eth0"), ("10.97.0.0/16", "tun0")]) is None


def chain(hook: str, policy: str) -> dict[str, str]:
    return {"family": "ip", "table": "filter", "name": hook.upper(), "hook": hook, "policy": policy}


@pytest.mark.parametrize("hook", ["forward", "input"])
def test_a_firewall_that_drops_what_pods_send_is_found(hook: str) -> None:
    assert closed_firewall([chain("output", "drop"), chain(hook, "drop")]) == f"ip filter {hook.upper()}"


def test_an_open_firewall_is_accepted() -> None:
    rules = {"family": "ip", "table": "filter", "name": "mine"}
    assert closed_firewall([rules, chain("input", "accept"), chain("forward", "accept")]) is None
