"""What waits for a person's decision: changes beyond the limits, and whose a district is."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Apply, Live
from tests.installation.connection import Connection
from tests.installation.kubectl import eventually
from tests.installation.platform import labelled_secret

pytestmark = pytest.mark.cluster

LEAVING = 4
TRANSFER = re.compile(r"oneroster-platform transfer (--district \S+ --to \S+)")


@pytest.fixture(scope="module")
def decided(apply: Apply) -> Live:
    """A live district from which three students may leave between two runs; each test leaves it so."""
    safety = {"maxRemovedPercent": 1, "removedFloor": 3}
    live = apply("decided", categories=["Students"], confirmed=True, safety=safety)
    live.connection.await_ready("Scheduled", seconds=120)
    assert live.sync()["outcome"] == "Done"
    return live


@pytest.fixture
def held(decided: Live) -> Iterator[str]:
    """Fingerprint of what is held, once more students have left than may; it is decided on by the test."""
    school = decided.connection.linked()[0]
    for _ in range(LEAVING):
        decided.server.change("withdraw-student", "--school", school)
    assert decided.sync()["outcome"] == "Done", "a run that holds something is no failure"
    decided.connection.await_ready("ChangesHeld")
    (students,) = decided.connection.status()["categories"]
    yield students["hold"]["fingerprint"]
    assert decided.connection.condition("ChangesHeld") == ("", "")


def test_an_approval_has_what_is_held_applied_by_a_job(decided: Live, held: str) -> None:
    connection = decided.connection
    (students,) = connection.status()["categories"]
    assert students["hold"]["count"] >= LEAVING
    assert f"oneroster.masteryprep.com/approve={held}" in connection.message("ChangesHeld")
    assert decided.counts()["Students"] != decided.expected()["Students"], "nobody was removed yet"
    answer = connection.decide("approve", held)
    assert answer["outcome"] == "Done"
    job = answer["message"].rpartition("(Job ")[2].rstrip(")")
    assert (
        decided.kubectl("get", "job", job, "-n", connection.namespace, "-o", "name").strip() == f"job.batch/{job}"
    )
    connection.await_ready("Scheduled")
    assert decided.counts()["Students"] == decided.expected()["Students"]


def test_what_is_discarded_stays_withheld_and_is_told_no_more(decided: Live, held: str) -> None:
    before = decided.counts()
    assert decided.connection.decide("discard", held)["outcome"] == "Done"
    decided.connection.await_ready("Scheduled")
    assert decided.sync()["outcome"] == "Done"
    assert decided.connection.condition("Ready") == ("True", "Scheduled")
    assert decided.counts() == before
    assert before["Students"] != decided.expected()["Students"]


def test_a_district_is_one_connections_until_it_is_handed_over(decided: Live) -> None:
    first = decided.connection
    manifest = {**decided.manifest, "metadata": {"name": f"{first.name}-2", "namespace": first.namespace}}
    manifest["spec"] = {**manifest["spec"], "confirmed": False}
    decided.kubectl.apply(manifest)
    second = Connection(decided.kubectl, first.namespace, f"{first.name}-2")
    second.await_ready("DistrictTaken")
    assert second.condition("Stalled") == ("True", "DistrictTaken")
    assert f"{first.namespace}/{first.name}" in second.message("Ready")
    transferred(decided, second)
    second.await_ready("AwaitingConfirmation", seconds=90)

    decided.sync()
    first.await_ready("DistrictTaken", seconds=30)
    suspended(decided)
    decided.kubectl("delete", "orc", second.name, "-n", second.namespace)
    transferred(decided, first)
    goes_on(decided)


def test_a_district_that_is_not_granted_rests_until_it_is(decided: Live) -> None:
    decided.platform.revoke(decided.district_id)
    try:
        decided.sync()
        decided.connection.await_ready("DistrictNotGranted", seconds=30)
        assert decided.connection.condition("Stalled") == ("True", "DistrictNotGranted")
        suspended(decided)
    finally:
        decided.platform.grant(decided.district_id)
    goes_on(decided)


def test_credentials_go_to_no_host_that_their_owner_does_not_name(decided: Live) -> None:
    connection = decided.connection
    secret = decided.server.credentials(connection.namespace)
    name = secret["metadata"]["name"]
    pin(decided, "elsewhere.example")
    connection.await_ready("HostNotAllowed", seconds=20)
    assert f"Secret {connection.namespace}/{name}" in connection.message("Ready")
    suspended(decided)
    pin(decided, f"elsewhere.example\n{decided.server.district.host}")
    goes_on(decided)


def pin(live: Live, hosts: str) -> None:
    secret = live.server.credentials(live.connection.namespace)
    values = {**secret["stringData"], "allowedHosts": hosts}
    live.kubectl.apply(labelled_secret(secret["metadata"]["name"], live.connection.namespace, values))


def transferred(live: Live, to: Connection) -> None:
    """The district is handed over by the very command that the connection which lacks it tells."""
    command = eventually(
        lambda: TRANSFER.search(to.message("Ready")), bool, f"the command that hands over to {to.name}"
    )
    assert command is not None
    said = live.platform.administer("transfer", *command[1].split())
    assert f"belongs to {command[1].split()[-1]}" in said


def suspended(live: Live) -> None:
    connection = live.connection
    eventually(
        connection.cron_jobs,
        lambda jobs: all(c["spec"]["suspend"] for c in jobs.values()),
        "the CronJobs are suspended",
        seconds=20,
    )
    assert connection.condition("Scheduled") == ("False", connection.condition("Ready")[1])


def goes_on(live: Live) -> None:
    live.connection.await_ready("Scheduled", seconds=90)
    assert not any(c["spec"]["suspend"] for c in live.connection.cron_jobs().values())
    assert live.sync()["outcome"] == "Done"
