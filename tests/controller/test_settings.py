"""What the chart sets, as the operator reads it."""

from ipaddress import ip_network

import pytest

from oneroster_operator.controller.settings import SettingInvalid, from_environment


def networks(text: str) -> list[str]:
    """ALLOWED_NETWORKS as it was understood."""
    return [str(n) for n in from_environment({"SYNC_IMAGE": "o:1", "ALLOWED_NETWORKS": text}).allowed_networks]


def test_an_image_is_needed_and_the_rest_has_defaults() -> None:
    with pytest.raises(SettingInvalid, match="SYNC_IMAGE is not set"):
        from_environment({})
    settings = from_environment({"SYNC_IMAGE": "o:1"})
    assert (settings.image, settings.workers, settings.namespaces, settings.allowed_networks) == ("o:1", 8, (), ())


def test_networks_of_both_kinds_are_read() -> None:
    read = from_environment({"SYNC_IMAGE": "o:1", "ALLOWED_NETWORKS": "10.20.0.0/16, fd00:12::/64"})
    assert read.allowed_networks == (ip_network("10.20.0.0/16"), ip_network("fd00:12::/64"))


def test_order_and_repetition_make_no_other_setting() -> None:
    assert networks("fd00::/8,10.20.0.0/16,10.0.0.0/16,10.20.0.0/16") == [
        "10.0.0.0/16",
        "10.20.0.0/16",
        "fd00::/8",
    ]


@pytest.mark.parametrize("wrong", ["10.20.0.1/16", "10.20.0.0/33", "sis.example", "10.20.0.0/16,all"])
def test_a_value_that_is_no_network_is_named_with_where_to_correct_it(wrong: str) -> None:
    with pytest.raises(SettingInvalid) as raised:
        networks(wrong)
    assert wrong.rpartition(",")[2] in str(raised.value)
    assert "the chart's allowedNetworks" in str(raised.value)
