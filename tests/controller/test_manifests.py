"""The connection's children, as Kubernetes and a cluster with restricted Pod Security will take them."""

import datetime as dt
import json
import re
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from oneroster_operator.api import group
from oneroster_operator.api.category import Category
from oneroster_operator.api.plan import Plan, decode_plan
from oneroster_operator.controller import manifests
from oneroster_operator.controller.manifests import Manifest
from tests.controller.build import NAME, NAMESPACE, SETTINGS, STUDENTS, UID, connection, plan

LONGEST = "district-of-the-longest-name-allowed"
TOKEN = "2026-11-24T15:00:00Z"


def cron_job(category: Category = STUDENTS, *, name: str = NAME, **changes: Any) -> Manifest:
    given: dict[str, Any] = {
        "plan": "springfield-plan-0123456789",
        "run_seconds": 3600,
        "schedule": "15 2 * * *",
        "suspend": False,
        "not_before": "2026-11-24T15:00:00Z",
    }
    return manifests.cron_job(connection(name=name), category, SETTINGS, **given | changes)


def job(purpose: str = "request", *, name: str = NAME, token: str = TOKEN) -> Manifest:
    return manifests.job(connection(name=name), SETTINGS, purpose=purpose, token=token, plan=plan())


def pod_specs() -> list[Manifest]:
    return [
        cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        job("request")["spec"]["template"]["spec"],
        job("preview")["spec"]["template"]["spec"],
    ]


def all_children(name: str = NAME) -> list[Manifest]:
    return [
        *(cron_job(category, name=name) for category in Category),
        job("request", name=name),
        job("preview", name=name),
        manifests.plan_config_map(connection(name=name), plan()),
    ]


class TestNames:
    def test_the_longest_connection_has_children_with_names_that_kubernetes_takes(self) -> None:
        assert len(LONGEST) == 36
        for manifest in all_children(LONGEST):
            most = 52 if manifest["kind"] == "CronJob" else 63
            assert len(manifest["metadata"]["name"]) <= most
            for value in manifest["metadata"]["labels"].values():
                assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value)

    def test_cron_jobs_are_named_after_what_they_bring(self) -> None:
        assert [cron_job(category)["metadata"]["name"] for category in Category] == [
            "springfield-students",
            "springfield-teachers",
            "springfield-rosters",
            "springfield-school-admins",
            "springfield-district-admins",
        ]

    def test_another_plan_has_another_name_and_the_same_one_the_same(self) -> None:
        assert manifests.plan_name(NAME, plan()) == manifests.plan_name(NAME, plan())
        assert manifests.plan_name(NAME, plan()) != manifests.plan_name(NAME, plan(run_seconds=3601))

    def test_another_token_or_purpose_has_another_job(self) -> None:
        names = {manifests.job_name(NAME, p, t) for p in ("request", "preview") for t in ("a", "b")}
        assert len(names) == 4

    @pytest.mark.parametrize("token", ["x" * 64, "../../etc", "Ünïcödé", "a b\nc"])
    def test_a_token_never_shows_in_a_name(self, token: str) -> None:
        made = job(token=token)["metadata"]
        assert re.fullmatch(r"springfield-sync-[0-9a-f]{10}", made["name"])
        assert made["annotations"][group.TOKEN_ANNOTATION] == token


class TestOwnership:
    def test_each_child_is_the_connections_and_goes_with_it(self) -> None:
        for manifest in all_children():
            (owner,) = manifest["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == (
                group.KIND,
                NAME,
                UID,
                True,
            )
            assert manifest["metadata"]["namespace"] == NAMESPACE

    def test_each_is_found_by_its_labels(self) -> None:
        purposes = [m["metadata"]["labels"][group.PURPOSE_LABEL] for m in all_children()]
        assert purposes == ["schedule"] * 5 + ["request", "preview", "plan"]
        assert {m["metadata"]["labels"][group.CONNECTION_LABEL] for m in all_children()} == {NAME}

    def test_nothing_of_the_parents_annotations_is_copied(self) -> None:
        annotated = connection(annotations={"argocd.argoproj.io/tracking-id": "x", "note": "x"})
        assert "annotations" not in manifests.plan_config_map(annotated, plan())["metadata"]

    def test_a_cron_jobs_jobs_and_pods_carry_the_category(self) -> None:
        template = cron_job()["spec"]["jobTemplate"]
        for labels in (template["metadata"]["labels"], template["spec"]["template"]["metadata"]["labels"]):
            assert labels[group.CATEGORY_LABEL] == "Students"


class TestCronJob:
    def test_a_run_never_meets_another_and_never_starts_late(self) -> None:
        spec = cron_job()["spec"]
        assert spec["concurrencyPolicy"] == "Forbid"
        assert spec["startingDeadlineSeconds"] == 600
        assert spec["timeZone"] == "America/Chicago"
        assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0

    def test_the_pod_is_told_before_which_slot_it_does_nothing(self) -> None:
        manifest = cron_job(not_before="2026-11-24T15:00:00Z")
        (container,) = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["--category", "Students", "--not-before", "2026-11-24T15:00:00Z"]
        assert manifest["metadata"]["annotations"] == {group.NOT_BEFORE_ANNOTATION: "2026-11-24T15:00:00Z"}

    def test_the_installations_networks_are_arguments_and_no_part_of_the_plan(self) -> None:
        allowed = replace(SETTINGS, allowed_networks=(ip_network("10.20.0.0/16"), ip_network("fd00:12::/64")))
        made = manifests.job(connection(), allowed, purpose="request", token=TOKEN, plan=plan())
        (container,) = made["spec"]["template"]["spec"]["containers"]
        networks = ["--allowed-network", "10.20.0.0/16", "--allowed-network", "fd00:12::/64"]
        assert container["args"] == [
            *job("request")["spec"]["template"]["spec"]["containers"][0]["args"],
            *networks,
        ]
        assert manifests.categories_in(made["spec"]) == ("Students", "ClassRosters")
        assert manifests.plan_in(made["spec"]) == manifests.plan_in(job("request")["spec"])

    def test_the_plan_it_uses_can_be_read_back(self) -> None:
        assert manifests.used_plan(cron_job(plan="p")) == "p"
        assert manifests.plan_in(job()["spec"]) == manifests.plan_name(NAME, plan())
        assert manifests.plan_in({"template": {"spec": {}}}) == ""


class TestJob:
    def test_a_request_runs_all_categories_in_order_whatever_the_slot(self) -> None:
        (container,) = job("request")["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["--category", "Students", "--category", "ClassRosters"]

    def test_a_preview_writes_nothing(self) -> None:
        (container,) = job("preview")["spec"]["template"]["spec"]["containers"]
        assert container["args"][-1] == "--dry-run"

    def test_it_goes_by_itself_a_day_after_its_end(self) -> None:
        assert job()["spec"]["ttlSecondsAfterFinished"] == 86400


class TestPlan:
    def test_it_is_immutable_and_read_as_written(self) -> None:
        manifest = manifests.plan_config_map(connection(), plan())
        assert manifest["immutable"] is True
        assert decode_plan(manifest["data"]["plan.json"], Plan) == plan()


class TestPods:
    @pytest.mark.parametrize("spec", pod_specs())
    def test_they_satisfy_restricted_pod_security(self, spec: Manifest) -> None:
        """Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is True
            assert "privileged" not in context
        assert {key for volume in spec["volumes"] for key in volume} <= {"name", "configMap", "secret"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)

    @pytest.mark.parametrize("spec", pod_specs())
    def test_they_have_no_permission_in_the_cluster(self, spec: Manifest) -> None:
        assert spec["automountServiceAccountToken"] is False
        assert "serviceAccountName" not in spec

    @pytest.mark.parametrize("spec", pod_specs())
    def test_a_missing_secret_does_not_hang_them(self, spec: Manifest) -> None:
        sources = [volume.get("secret") or volume.get("configMap") for volume in spec["volumes"]]
        assert [source["optional"] for source in sources] == [True, True, True]

    @pytest.mark.parametrize("spec", pod_specs())
    def test_they_get_the_keys_they_need_as_files_and_no_other(self, spec: Manifest) -> None:
        secrets = {v["secret"]["secretName"]: v["secret"]["items"] for v in spec["volumes"] if "secret" in v}
        keys = {name: [item["key"] for item in items] for name, items in secrets.items()}
        assert keys == {
            "springfield-oneroster": ["clientId", "clientSecret", "allowedHosts"],
            "oneroster-platform": ["syncUrl"],
        }
        (container,) = spec["containers"]
        assert all(mount["readOnly"] for mount in container["volumeMounts"])
        assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in spec["volumes"]}

    @pytest.mark.parametrize("manifest", all_children(), ids=lambda m: f"{m['kind']} {m['metadata']['name']}")
    def test_no_manifest_draws_a_secret_into_environment_or_arguments(self, manifest: Manifest) -> None:
        text = json.dumps(manifest)
        assert "secretKeyRef" not in text
        assert "envFrom" not in text
        assert "operatorUrl" not in text

    def test_memory_has_a_limit_and_cpu_has_none(self) -> None:
        (container,) = pod_specs()[0]["containers"]
        assert container["resources"]["limits"] == {"memory": "256Mi"}


class TestDeadlines:
    @pytest.mark.parametrize("run_seconds", [600, 3420, 86220])
    def test_the_run_ends_by_itself_before_its_pod_and_that_before_its_job(self, run_seconds: int) -> None:
        spec = cron_job(run_seconds=run_seconds)["spec"]["jobTemplate"]["spec"]
        pod = spec["template"]["spec"]["activeDeadlineSeconds"]
        assert run_seconds < pod < spec["activeDeadlineSeconds"]

    @pytest.mark.parametrize("window", [None, 1, 60, 240, 1439])
    @pytest.mark.parametrize("hours", [1, 24, 168])
    def test_waiting_leaves_time_to_run_and_all_of_it_ends_before_the_next_run(
        self, window: int | None, hours: int
    ) -> None:
        interval = dt.timedelta(hours=hours)
        run_seconds, wait = manifests.time_limits(window, interval)
        assert 0 < wait <= run_seconds / 2 or run_seconds - wait >= 2 * 3600
        assert run_seconds + manifests.JOB_GRACE < interval.total_seconds()

    def test_the_lock_is_waited_for_until_the_windows_end(self) -> None:
        assert manifests.time_limits(240, dt.timedelta(days=1)) == (6 * 3600, 4 * 3600)
        assert manifests.time_limits(None, dt.timedelta(days=1)) == (9000, 1800)
