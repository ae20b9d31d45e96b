"""From the first apply to rows in the database."""

import pytest

from tests.e2e.conftest import ALL, Apply
from tests.installation import roster
from tests.installation.kubectl import eventually

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(("version", "auth"), [("1.2", "OAuth2"), ("1.1", "OAuth1")])
def test_a_district_goes_live(apply: Apply, version: str, auth: str) -> None:
    live = apply(f"golden{version.replace('.', '')}", version, auth)
    connection = live.connection
    connection.await_ready("AwaitingCategories")
    assert connection.condition("SchoolsMatched") == ("False", "NeedsReview")
    assert connection.status()["summary"]["schools"] == "10/12"
    credentials = connection.status()["credentials"]
    assert credentials["authentication"].startswith(auth)
    assert bool(credentials.get("grantedScopes")) == (auth == "OAuth2")

    connection.patch({"categories": ALL})
    connection.await_ready("AwaitingConfirmation", seconds=120)
    assert connection.cron_jobs() == {}, "nothing is scheduled before spec.confirmed"
    previewed = {c["name"]: c["total"] for c in connection.status()["preview"]["categories"]}
    assert set(previewed) == set(ALL)
    assert live.sync()["outcome"] == "Refused", "not before it is confirmed"

    connection.patch({"confirmed": True})
    connection.await_ready("Scheduled")
    assert len(connection.cron_jobs()) == len(ALL)
    assert live.platform.query(f"SELECT count(*) FROM roster.users WHERE district_id = '{live.district_id}'") == [
        ["0"]
    ], "confirming writes nothing by itself"

    assert live.sync()["outcome"] == "Done"
    held = live.counts()
    assert held == live.expected()
    assert previewed["Students"] == sum(held["Students"]["memberships"].values())

    before = roster.tuples_written(live.platform)
    assert live.sync()["outcome"] == "Done"
    assert roster.tuples_written(live.platform) == before, "a second run over unchanged data writes nothing"
    runs = live.platform.query(
        f"SELECT created + changed + removed FROM roster.sync_runs WHERE district_id = '{live.district_id}' "
        "AND NOT dry_run ORDER BY id DESC LIMIT 5"
    )
    assert runs == [["0"]] * 5


def test_confirmed_in_git_from_the_first_waits_for_schools_and_preview(apply: Apply) -> None:
    live = apply("gitops", categories=["Students"], confirmed=True)
    live.connection.await_ready("Scheduled", seconds=120)
    status = live.connection.status()
    assert status["preview"]["outcome"] == "Succeeded"
    assert status["confirmedTime"] >= status["preview"]["time"]
    assert status["confirmedTime"] == status["firstConfirmedTime"]


def test_a_cron_job_fires_and_its_run_comes_into_status(apply: Apply) -> None:
    live = apply("cron", categories=["Students"], schedule={"cron": "*/1 * * * *"}, confirmed=True)
    live.connection.await_ready("Scheduled", seconds=120)
    entry = eventually(
        lambda: live.connection.status()["categories"][0],
        lambda c: c.get("lastRun", {}).get("outcome") == "Succeeded",
        "a scheduled run in status",
        seconds=150,
    )
    assert entry["lastRun"]["created"] > 0
    assert live.connection.condition("LastSyncSucceeded") == ("True", "Succeeded")
    assert live.counts()["Students"] == live.expected()["Students"]
    live.connection.patch({"paused": True})
