"""What a connection looks like once it is applied, and that the operator reads what is stored."""

import pytest

from oneroster_operator.api.resource import parse_status
from oneroster_operator.api.spec import ConnectionSpec, Frequency, SecretRef
from oneroster_operator.api.status import ConnectionStatus
from tests.api.conftest import Api
from tests.api.manifests import connection

pytestmark = pytest.mark.cluster


def test_a_connection_that_says_the_least(api: Api) -> None:
    manifest = connection()
    stored = api.would_store(manifest)
    assert stored["spec"] == {
        "districtId": "springfield-usd",
        "endpoint": {**manifest["spec"]["endpoint"], "version": "1.2"},
        "auth": manifest["spec"]["auth"],
        "platformRef": {"name": "oneroster-platform"},
        "schedule": {"timeZone": "Etc/UTC"},
        "sync": {"full": "Always"},
        "safety": {
            "mode": "Normal",
            "maxRemovedPercent": 10,
            "removedFloor": 20,
            "maxChangedPercent": 75,
            "maxNewAdmins": 5,
        },
        "confirmed": False,
        "paused": False,
    }
    assert stored["status"] == {"observedGeneration": -1}


def test_an_object_that_says_a_part_gets_the_rest(api: Api) -> None:
    stored = api.would_store(connection(schedule={"frequency": "Weekly"}, safety={"maxNewAdmins": 0}))
    assert stored["spec"]["schedule"] == {"frequency": "Weekly", "timeZone": "Etc/UTC"}
    assert stored["spec"]["safety"] == {
        "mode": "Normal",
        "maxRemovedPercent": 10,
        "removedFloor": 20,
        "maxChangedPercent": 75,
        "maxNewAdmins": 0,
    }


def test_the_models_have_the_same_defaults(api: Api) -> None:
    manifest = connection()
    assert ConnectionSpec.model_validate(api.would_store(manifest)["spec"]) == ConnectionSpec.model_validate(
        manifest["spec"]
    )
    assert parse_status(api.would_store(manifest)["status"]) == ConnectionStatus()


def test_everything_that_can_be_written_is_read(api: Api) -> None:
    manifest = connection(
        endpoint={
            "url": "https://sis.springfield.example:8443/ims/oneroster/v1p1",
            "version": "1.1",
            "caBundle": "-----BEGIN CERTIFICATE-----\nbm90IGEgcmVhbCBvbmU=\n-----END CERTIFICATE-----\n",
        },
        auth={"scopes": ["https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly"]},
        platformRef={"name": "platform"},
        schools={
            "districtOrg": "1",
            "assignments": [
                {"sourcedId": "0042", "action": "Link", "schoolId": "sch_lincoln_hs"},
                {"sourcedId": "0099", "action": "Ignore"},
            ],
        },
        categories=["Students", "TeacherAssignments", "ClassRosters", "SchoolAdmins", "DistrictAdmins"],
        schedule={
            "frequency": "Weekly",
            "window": {"start": "22:00", "end": "04:00"},
            "timeZone": "America/Chicago",
        },
        sync={"full": "Weekly"},
        safety={
            "mode": "AdditionsOnly",
            "maxRemovedPercent": 1,
            "removedFloor": 2,
            "maxChangedPercent": 3,
            "maxNewAdmins": 4,
        },
        confirmed=True,
        paused=True,
        pauseReason="summer holidays",
    )
    stored = api.would_store(manifest)["spec"]
    read = ConnectionSpec.model_validate(stored)
    assert stored == manifest["spec"]
    assert read.model_dump(mode="json", by_alias=True, exclude_none=True) == stored
    assert (read.schedule.frequency, read.platform_ref) == (Frequency.WEEKLY, SecretRef(name="platform"))


def test_cron_is_read(api: Api) -> None:
    stored = api.would_store(connection(schedule={"cron": "15 2 * * MON-FRI", "timeZone": "America/Chicago"}))
    read = ConnectionSpec.model_validate(stored["spec"])
    assert read.schedule.cron == "15 2 * * MON-FRI"
    assert read.schedule.frequency is None
