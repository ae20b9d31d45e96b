"""Which networks the operator and its pods connect to is the installation's to say."""

import pytest

from tests.e2e.conftest import Apply, Live
from tests.installation import operator
from tests.installation.connection import Connection
from tests.installation.kubectl import Kubectl, Manifest

pytestmark = pytest.mark.cluster

METADATA = "169.254.169.254"
"""The clouds' metadata service."""


def arguments(cron_job: Manifest) -> list[str]:
    """Of the container that it starts."""
    (container,) = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    found: list[str] = container["args"]
    return found


def plans(live: Live) -> dict[str, str]:
    """The plan that each CronJob mounts."""
    return {
        name: volume["configMap"]["name"]
        for name, cron_job in live.connection.cron_jobs().items()
        for volume in cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "plan"
    }


def test_a_connection_to_a_clouds_metadata_service_is_refused(kubectl: Kubectl, live: Live) -> None:
    manifest = live.server.connection(live.connection.namespace, live.district_id)
    manifest["metadata"]["name"] = "metadata"
    manifest["spec"]["endpoint"]["url"] = f"https://{METADATA}/latest"
    manifest["spec"]["auth"]["tokenUrl"] = f"https://{METADATA}/token"
    kubectl.apply(manifest)
    found = Connection(kubectl, live.connection.namespace, "metadata")
    try:
        found.await_ready("AddressRefused")
        assert found.condition("CredentialsValid") == ("False", "AddressRefused")
        assert found.condition("Stalled") == ("True", "AddressRefused")
        assert "allowedNetworks" in found.status()["credentials"]["detail"]
    finally:
        kubectl("delete", "orc", "metadata", "-n", live.connection.namespace)


def test_what_is_no_longer_allowed_stops_and_what_is_allowed_again_goes_on(kubectl: Kubectl, apply: Apply) -> None:
    live = apply("networks", categories=["Students"], confirmed=True)
    connection, networks = live.connection, operator.service_networks(kubectl)
    connection.await_ready("Scheduled", seconds=120)
    before, confirmed = plans(live), connection.status()["confirmedTime"]
    try:
        operator.install(kubectl, [])
        connection.await_ready("AddressRefused")
        cron_jobs = connection.cron_jobs().values()
        assert all(cron_job["spec"]["suspend"] for cron_job in cron_jobs)
        assert not any("--allowed-network" in arguments(cron_job) for cron_job in cron_jobs)
    finally:
        operator.install(kubectl, networks)
    connection.await_ready("Scheduled")
    assert not any(cron_job["spec"]["suspend"] for cron_job in connection.cron_jobs().values())
    assert all(arguments(c)[-2:] == ["--allowed-network", networks[-1]] for c in connection.cron_jobs().values())
    assert (plans(live), connection.status()["confirmedTime"]) == (before, confirmed)
    assert live.sync()["outcome"] == "Done"
