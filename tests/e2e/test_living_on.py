"""What people do to a district that is live, and what the operator leaves alone."""

import json
import time

import pytest

from tests.e2e.conftest import ALL, Apply, Live
from tests.installation import operator
from tests.installation.kubectl import eventually
from tests.installation.platform import labelled_secret

pytestmark = pytest.mark.cluster


def _versions(live: Live) -> dict[str, str]:
    """resourceVersion of the connection and of all its children."""
    kinds = "onerosterconnections.oneroster.masteryprep.com,cronjobs,configmaps,jobs"
    listed = json.loads(live.kubectl("get", kinds, "-n", live.connection.namespace, "-o", "json"))["items"]
    name = live.connection.name
    return {
        f"{m['kind']}/{m['metadata']['name']}": m["metadata"]["resourceVersion"]
        for m in listed
        if m["metadata"]["name"].startswith(name)
    }


def _settled(live: Live) -> dict[str, str]:
    return eventually(lambda: (_versions(live), _versions(live)), lambda pair: pair[0] == pair[1], "rest")[0]


@pytest.mark.parametrize("way", [(), ("--server-side", "--force-conflicts")], ids=["client side", "server side"])
def test_applying_the_same_again_changes_nothing(live: Live, way: tuple[str, ...]) -> None:
    """Each way by itself: kubectl rewrites its own annotation where the other way was used before."""
    text = json.dumps(live.manifest)
    live.kubectl("apply", *way, "-f", "-", stdin=text)
    before = _settled(live)
    live.kubectl("apply", *way, "-f", "-", stdin=text)
    time.sleep(5)
    assert _versions(live) == before, "not even the status"


def test_a_restarted_operator_changes_nothing_but_what_it_is_asked(live: Live) -> None:
    before = _settled(live)
    live.kubectl("rollout", "restart", f"deployment/{operator.RELEASE}", "-n", operator.NAMESPACE)
    live.kubectl("rollout", "status", f"deployment/{operator.RELEASE}", "-n", operator.NAMESPACE)
    live.connection.ask("test", "after-restart")
    after = _versions(live)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {f"OneRosterConnection/{live.connection.name}"}, (
        "the answer to the request, and nothing else"
    )


def test_the_operator_writes_status_and_nothing_else_of_the_connection(live: Live) -> None:
    body = json.loads(
        live.kubectl(
            *("get", "orc", live.connection.name, "-n", live.connection.namespace),
            *("-o", "json", "--show-managed-fields"),
        )
    )
    ours = [m for m in body["metadata"]["managedFields"] if m["manager"] == "oneroster-operator"]
    assert {m.get("subresource") for m in ours} == {"status"}
    assert "finalizers" not in body["metadata"]


def test_a_category_leaves_and_comes_back_without_losing_data(live: Live) -> None:
    live.sync()
    before = live.counts()
    fewer = [c for c in ALL if c != "SchoolAdmins"]
    live.connection.patch({"categories": fewer})
    name = f"{live.connection.name}-school-admins"
    eventually(live.connection.cron_jobs, lambda jobs: name not in jobs, "the CronJob is gone", seconds=20)
    live.connection.await_ready("Scheduled", seconds=90)
    assert live.counts() == before
    live.connection.patch({"categories": ALL})
    eventually(live.connection.cron_jobs, lambda jobs: name in jobs, "the CronJob is back", seconds=90)
    live.connection.await_ready("Scheduled", seconds=90)


def test_paused_is_confirmed_and_resumed(live: Live) -> None:
    live.connection.patch({"paused": True, "pauseReason": "winter break"})
    eventually(lambda: live.connection.condition("Paused"), lambda c: c[0] == "True", "paused", seconds=20)
    assert [c["spec"]["suspend"] for c in live.connection.cron_jobs().values()] == [True] * len(ALL)
    answer = live.sync()
    assert answer["outcome"] == "Refused"
    assert "winter break" in answer["message"]
    live.connection.patch({"paused": False, "pauseReason": None})
    live.connection.await_ready("Scheduled")
    assert [c["spec"]["suspend"] for c in live.connection.cron_jobs().values()] == [False] * len(ALL)


def test_a_hand_that_unsuspends_or_deletes_a_cron_job_is_undone(live: Live) -> None:
    name = f"{live.connection.name}-students"
    live.kubectl("delete", "cronjob", name, "-n", live.connection.namespace)
    eventually(live.connection.cron_jobs, lambda jobs: name in jobs, "the CronJob is back", seconds=20)
    patch = '{"spec": {"schedule": "0 0 1 1 *"}}'
    live.kubectl("patch", "cronjob", name, "-n", live.connection.namespace, "-p", patch)
    eventually(
        live.connection.cron_jobs, lambda jobs: jobs[name]["spec"]["schedule"] != "0 0 1 1 *", "undone", seconds=20
    )


def test_a_rotated_secret_is_noticed_within_ten_seconds(live: Live) -> None:
    namespace = live.connection.namespace
    good = live.server.credentials(namespace)
    wrong = {**good["stringData"], "clientSecret": "mistyped"}
    live.kubectl.apply(labelled_secret(good["metadata"]["name"], namespace, wrong))
    eventually(
        lambda: live.connection.condition("CredentialsValid"),
        lambda c: c == ("False", "InvalidCredentials"),
        "the wrong secret",
        seconds=10,
    )
    eventually(
        live.connection.cron_jobs,
        lambda jobs: all(c["spec"]["suspend"] for c in jobs.values()),
        "suspended",
        seconds=10,
    )
    live.kubectl.apply(good)
    live.connection.await_ready("Scheduled", seconds=20)


def test_an_outage_is_no_refusal(live: Live) -> None:
    live.server.change("begin-outage")
    try:
        live.connection.ask("test", "in-outage")
        assert live.connection.condition("CredentialsValid")[0] == "Unknown"
        assert live.connection.condition("Ready") == ("True", "Scheduled")
        assert [c["spec"]["suspend"] for c in live.connection.cron_jobs().values()] == [False] * len(ALL)
    finally:
        live.server.change("end-outage")
    live.connection.ask("test", "after-outage")
    assert live.connection.condition("CredentialsValid") == ("True", "Accepted")


def test_the_pods_are_restricted_and_have_no_token(live: Live) -> None:
    manifests = live.connection.cron_jobs()
    assert len(manifests) == len(ALL)
    for manifest in manifests.values():
        pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_deleting_the_connection_takes_its_children_and_no_data(apply: Apply) -> None:
    live = apply("gone", categories=["Students"], confirmed=True)
    live.connection.await_ready("Scheduled", seconds=120)
    live.sync()
    before = live.counts()
    assert before["Students"]["memberships"]
    live.kubectl("delete", "orc", live.connection.name, "-n", live.connection.namespace, "--timeout=30s")
    eventually(lambda: _versions(live), lambda left: not left, "the children are gone", seconds=60)
    assert live.counts() == before


def test_a_closed_school_is_told_and_stays_until_a_person_ignores_it(apply: Apply) -> None:
    live = apply("closing", categories=["Students"], confirmed=True)
    live.connection.await_ready("Scheduled", seconds=120)
    live.sync()
    closed = live.connection.linked()[0]
    live.server.change("close-school", "--school", closed)
    live.connection.ask("test", "look-again")
    eventually(
        lambda: live.connection.condition("SchoolsMatched"),
        lambda c: c == ("False", "SchoolsMissing"),
        "the closed school is told",
        seconds=20,
    )
    assert live.connection.condition("Ready") == ("True", "Scheduled")
    items = {i["sourcedId"]: i["link"] for i in live.connection.status()["schools"]["items"]}
    assert items[closed] == "Missing"
