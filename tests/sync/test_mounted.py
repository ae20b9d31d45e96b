"""What the pod finds mounted, or does not."""

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Endpoint, Limits, Plan, encode_plan
from oneroster_operator.api.report import Outcome
from oneroster_operator.oneroster import OAuth1, OAuth2
from oneroster_operator.sync.mounted import (
    Access,
    Config,
    Unusable,
    credentials_directory,
    platform_directory,
    read_access,
    read_plan,
)

OAUTH2 = Endpoint(
    "https://sis.example/v1p2", "1.2", "OAuth2", token_url="https://sis.example/token", scopes=("a",)
)
PLAN = Plan(
    connection="districts/springfield",
    district_id="springfield-usd",
    endpoint=OAUTH2,
    links={"1": "sch_1"},
    categories=(Category.STUDENTS,),
    limits=Limits(10, 20, 75, 5),
    time_zone="America/Chicago",
    run_seconds=60,
    lock_wait_seconds=30,
)

NETWORK = ip_network("10.96.0.0/16")


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    for file, value in (
        ("plan.json", encode_plan(PLAN)),
        ("credentials/clientId", "platform"),
        ("credentials/clientSecret", "s3cret +/%\n"),
        ("platform/syncUrl", "postgresql://sync:pw@db/platform\n"),
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(value)
    return tmp_path


def endpoint(**fields: Any) -> Plan:
    return msgspec.structs.replace(PLAN, endpoint=msgspec.structs.replace(OAUTH2, **fields))


def access(mounts: Path, plan: Plan) -> Access:
    return read_access(plan, mounts / "credentials", mounts / "platform", (NETWORK,))


def refusal(mounts: Path, plan: Plan = PLAN) -> Unusable:
    with pytest.raises(Unusable) as raised:
        access(mounts, plan)
    return raised.value


def test_all_is_read_and_the_line_end_is_no_part_of_a_secret(mounts: Path) -> None:
    plan, zone = read_plan(mounts / "plan.json")
    assert plan == Config(**msgspec.structs.asdict(PLAN))
    assert zone.key == "America/Chicago"
    read = access(mounts, plan)
    assert read.credentials == OAuth2("platform", "s3cret +/%", "https://sis.example/token", ("a",))
    assert read.sync_url == "postgresql://sync:pw@db/platform"
    assert read.allowed_networks == (NETWORK,)


@pytest.mark.parametrize(
    ("text", "hosts"), [("sis.example, Token.Example\n", {"sis.example", "token.example"}), ("", set())]
)
def test_the_hosts_that_credentials_are_pinned_to_are_theirs(mounts: Path, text: str, hosts: set[str]) -> None:
    assert access(mounts, PLAN).credentials.allowed_hosts is None
    (mounts / "credentials/allowedHosts").write_text(text)
    assert access(mounts, PLAN).credentials.allowed_hosts == frozenset(hosts)
    oauth1 = endpoint(auth_type="OAuth1", token_url=None)
    assert access(mounts, oauth1).credentials.allowed_hosts == frozenset(hosts)


def test_a_pin_that_cannot_be_read_is_no_leave_to_go_anywhere(mounts: Path) -> None:
    (mounts / "credentials/allowedHosts").write_bytes(b"\xff")
    assert refusal(mounts).reason == "SecretKeyUnusable"


def test_oauth1_needs_no_token_url(mounts: Path) -> None:
    plan = endpoint(version="1.1", auth_type="OAuth1", token_url=None)
    assert access(mounts, plan).credentials == OAuth1("platform", "s3cret +/%")


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("credentials/clientId", "credentials Secret"),
        ("credentials/clientSecret", "credentials Secret"),
        ("platform/syncUrl", "platform Secret"),
    ],
)
@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_text(" \n")])
def test_a_key_that_is_missing_or_empty_is_named(mounts: Path, key: str, secret: str, spoil: Any) -> None:
    spoil(mounts / key)
    unusable = refusal(mounts)
    assert (unusable.outcome, unusable.reason) == (Outcome.FAILED, "SecretKeyMissing")
    assert key.rpartition("/")[2] in unusable.message
    assert secret in unusable.message


def test_a_key_that_is_no_text_is_named(mounts: Path) -> None:
    (mounts / "credentials/clientSecret").write_bytes(b"\xff\xfe")
    assert refusal(mounts).reason == "SecretKeyUnusable"


def test_a_plan_that_is_gone_is_one_that_was_replaced(mounts: Path) -> None:
    with pytest.raises(Unusable) as raised:
        read_plan(mounts / "no-plan.json")
    assert (raised.value.outcome, raised.value.reason) == (Outcome.SKIPPED, "PlanMissing")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", json.dumps({"connection": 1}), encode_plan(PLAN).replace("links", "lynx")]
)
def test_a_plan_that_cannot_be_read_says_so_and_not_what_is_in_it(mounts: Path, text: str) -> None:
    (mounts / "plan.json").write_text(text)
    with pytest.raises(Unusable) as raised:
        read_plan(mounts / "plan.json")
    assert (raised.value.outcome, raised.value.reason) == (Outcome.FAILED, "PlanUnusable")
    assert "lynx" not in raised.value.message


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_time_zone_that_there_is_not_is_named(mounts: Path, zone: str) -> None:
    (mounts / "plan.json").write_text(encode_plan(msgspec.structs.replace(PLAN, time_zone=zone)))
    with pytest.raises(Unusable, match="time zone"):
        read_plan(mounts / "plan.json")


@pytest.mark.parametrize("fields", [{"version": "2.0"}, {"auth_type": "Basic"}, {"token_url": None}])
def test_an_endpoint_that_nobody_can_use_is_refused(mounts: Path, fields: dict[str, Any]) -> None:
    assert refusal(mounts, endpoint(**fields)).reason == "PlanUnusable"


def test_a_plan_may_say_where_its_secrets_are_and_an_option_goes_before_it(mounts: Path) -> None:
    file = mounts / "plan.json"
    plan, _ = read_plan(file)
    assert credentials_directory(None, file, plan) == Path("/etc/oneroster/credentials")
    assert platform_directory(None, file, plan) == Path("/etc/oneroster/platform")
    here = json.loads(encode_plan(PLAN)) | {"credentials": "credentials", "platform": "/elsewhere"}
    file.write_text(json.dumps(here))
    plan, _ = read_plan(file)
    assert credentials_directory(None, file, plan) == mounts / "credentials"
    assert platform_directory(None, file, plan) == Path("/elsewhere")
    assert credentials_directory(Path("given"), file, plan) == platform_directory(Path("given"), file, plan)


def test_a_plan_that_was_written_by_hand_is_told_where_it_is_wrong(mounts: Path) -> None:
    wrong = json.loads(encode_plan(PLAN)) | {"credential": "typo"}
    (mounts / "plan.json").write_text(json.dumps(wrong))
    with pytest.raises(Unusable) as raised:
        read_plan(mounts / "plan.json")
    assert "unknown field `credential`" in str(raised.value.__cause__)


def test_the_plan_of_the_readme_is_one(mounts: Path) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    file = mounts / "plan.json"
    file.write_text(readme.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0])
    plan, _ = read_plan(file)
    assert credentials_directory(None, file, plan) == mounts / "secrets/district"
    assert plan.categories == (Category.STUDENTS,)
