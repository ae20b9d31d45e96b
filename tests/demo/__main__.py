"""`make demo`. Ends with exit code 1 when any step is not as it says; leaves the cluster up."""

import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.cluster import choose
from tests.cluster.progress import Progress
from tests.cluster.provider import ClusterError
from tests.demo.story import Story
from tests.installation import images, namespaces, operator, roster
from tests.installation.connection import Connection
from tests.installation.district import NAMESPACE as SIS
from tests.installation.district import District, Server
from tests.installation.kubectl import CommandFailed, Kubectl
from tests.installation.platform import NAMESPACE as PLATFORM
from tests.installation.platform import Platform, labelled_secret

NAMESPACE = "districts"
DISTRICT = "springfield-usd"
CATEGORIES = ["Students", "TeacherAssignments", "ClassRosters", "SchoolAdmins", "DistrictAdmins"]


class Demo:
    """The steps, in order."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._story = Story(kubectl)
        self._platform = Platform(kubectl)
        self._server = Server(kubectl, District("springfield"))
        self._connection = Connection(kubectl, NAMESPACE, "springfield")

    def run(self) -> int:
        """Tell the whole story; 0 when all of it was true."""
        try:
            self._install()
            self._apply()
            self._review()
            self._choose()
            self._confirm()
            self._sync()
            self._a_student_leaves()
            self._pause()
            self._rotate()
        except CommandFailed as error:
            self._story.fail(error)
            return 1
        self._end()
        return 0

    def _install(self) -> None:
        story = self._story
        story.step("The operator is installed by its chart; a platform and a district's server are there")
        story.say(f"what an earlier demo left in the namespaces {NAMESPACE}, {SIS} and {PLATFORM} goes first")
        namespaces.delete(self._kubectl, NAMESPACE, SIS, PLATFORM)
        networks = operator.service_networks(self._kubectl)
        story.say(f"allowedNetworks={','.join(networks)}: the simulated district is on the cluster's own network")
        print(f"$ {shlex.join(operator.command(networks))}", flush=True)
        operator.install(self._kubectl, networks)
        story.say(f"in {PLATFORM}: PostgreSQL, and the roster tables by manifests/platform-migrate.yaml")
        self._platform.install()
        story.say(f"in {SIS}: the district's OneRoster server, whose schools the platform knows but for one")
        story.say(f"oneroster-platform grant --district {DISTRICT} lets the two logins at the district's rows")
        self._server.install()
        self._platform.add_district(DISTRICT, self._server.platform_schools())
        namespaces.ensure(self._kubectl, NAMESPACE)
        story.show("get", "pods", "-A", "-l", "app in (platform-db, springfield)")
        story.show("get", "pods", "-n", operator.NAMESPACE)

    def _apply(self) -> None:
        story, connection = self._story, self._connection
        story.step("Secrets and a OneRosterConnection are applied; the credentials are tested")
        story.apply(self._platform.secret(NAMESPACE), self._server.credentials(NAMESPACE))
        schedule = {
            "frequency": "Daily",
            "window": {"start": "01:00", "end": "05:00"},
            "timeZone": "America/Chicago",
        }
        story.apply(self._server.connection(NAMESPACE, DISTRICT, schedule=schedule))
        story.wait(
            lambda: connection.condition("CredentialsValid"), lambda c: c[0] == "True", "CredentialsValid is True"
        )
        connection.await_ready("AwaitingCategories")
        story.show("get", "orc", "-n", NAMESPACE)

    def _review(self) -> None:
        story, connection = self._story, self._connection
        story.step("Ten of twelve schools match by themselves; one needs review, one the platform does not have")
        out = self._show_path(
            r'{range .status.schools.items[?(@.link=="Open")]}'
            r'{.sourcedId}{"\t"}{.name}{"\t"}{.candidates[*].schoolId}{"\n"}{end}'
        )
        review = next(line.split("\t") for line in out.splitlines() if line.split("\t")[2])
        missing = next(line.split("\t") for line in out.splitlines() if not line.split("\t")[2])
        school_id = review[2].split()[0]
        story.say(f"{review[1]} is {school_id} on the platform; {missing[1]} is not there and is left out for now")
        assignments = [
            {"sourcedId": review[0], "action": "Link", "schoolId": school_id},
            {"sourcedId": missing[0], "action": "Ignore"},
        ]
        self._show_patch({"schools": {"assignments": assignments}})
        story.wait(
            lambda: connection.condition("SchoolsMatched"), lambda c: c[0] == "True", "SchoolsMatched is True"
        )
        story.show("get", "orc", "-n", NAMESPACE)

    def _choose(self) -> None:
        story, connection = self._story, self._connection
        story.step("Categories are chosen; a dry run in a pod says what each would bring")
        self._show_patch({"categories": CATEGORIES})
        connection.await_ready("AwaitingConfirmation", seconds=120)
        self._show_path(
            r"{range .status.preview.categories[*]}"
            r'{.name}{"\t"}{.total}{"\t"}{"new admins: "}{.newAdmins}{"\n"}{end}'
        )
        story.say("what each would hold: people; of ClassRosters the enrollments, of the admins their roles")
        story.show("get", "orc", "-n", NAMESPACE)
        story.check(not connection.cron_jobs(), "nothing is scheduled before spec.confirmed")
        story.check(
            self._platform.query("SELECT count(*) FROM roster.users") == [["0"]],
            "the preview has written no roster",
        )

    def _confirm(self) -> None:
        story, connection = self._story, self._connection
        story.step("Confirmed: one CronJob for each category, spread over the window")
        self._show_patch({"confirmed": True})
        connection.await_ready("Scheduled")
        story.show("get", "cronjobs", "-n", NAMESPACE)
        story.show("get", "orc", "-n", NAMESPACE)
        story.check(len(connection.cron_jobs()) == len(CATEGORIES), "there are five CronJobs")

    def _sync(self) -> None:
        story = self._story
        story.step("Sync now, asked by annotation: pods bring all five categories")
        self._show_sync("first")
        self._show_path(
            r'{range .status.categories[*]}{.name}{"\t"}{.lastRun.outcome}{"\tcreated "}{.lastRun.created}'
            r'{"\tchanged "}{.lastRun.changed}{"\tremoved "}{.lastRun.removed}{"\n"}{end}'
        )
        story.say(
            "created counts rows of all roster tables: people, roles, sessions, courses, classes, enrollments"
        )
        story.say("the platform's roster, by school:")
        print(self._platform.table(_ROSTER), end="", flush=True)
        self._check_counts()

    def _a_student_leaves(self) -> None:
        story = self._story
        story.step("A student leaves; the second sync ends that student's rows and writes nothing else")
        before = roster.tuples_written(self._platform)
        story.say(f"in the district: {self._server.change('withdraw-student')}")
        self._show_sync("second")
        ended = self._platform.query(
            "SELECT (SELECT count(*) FROM roster.user_roles WHERE ended_at IS NOT NULL), "
            "(SELECT count(*) FROM roster.enrollments WHERE ended_at IS NOT NULL), "
            "(SELECT count(*) FROM roster.users WHERE NOT active)"
        )[0]
        written = roster.tuples_written(self._platform) - before
        story.check(ended[0] == "1" and ended[2] == "1", f"one membership ended, with {ended[1]} enrollments")
        story.check(written == sum(map(int, ended)), f"rows written in all: {written}, which are just these")
        self._check_counts()
        before = roster.tuples_written(self._platform)
        self._show_sync("third")
        story.check(roster.tuples_written(self._platform) == before, "a sync over unchanged data writes 0 rows")

    def _pause(self) -> None:
        story, connection = self._story, self._connection
        story.step("Paused, and resumed")
        self._show_patch({"paused": True, "pauseReason": "winter break"})
        story.wait(lambda: connection.condition("Paused"), lambda c: c == ("True", "Paused"), "Paused is True")
        story.show("get", "cronjobs", "-n", NAMESPACE)
        story.show("get", "orc", "-n", NAMESPACE)
        self._show_patch({"paused": False, "pauseReason": None})
        connection.await_ready("Scheduled")
        story.check(
            not any(c["spec"]["suspend"] for c in connection.cron_jobs().values()),
            "no CronJob is suspended any more",
        )

    def _rotate(self) -> None:
        story, connection = self._story, self._connection
        story.step("The Secret is rotated to a wrong value, and mended")
        good = self._server.credentials(NAMESPACE)
        wrong = labelled_secret(
            "springfield-oneroster", NAMESPACE, {**good["stringData"], "clientSecret": "mistyped"}
        )
        story.say("somebody mistypes the clientSecret")
        story.apply(wrong)
        story.wait(
            lambda: connection.condition("CredentialsValid"),
            lambda c: c[0] == "False",
            "CredentialsValid is False",
            seconds=10,
        )
        story.wait(
            connection.cron_jobs,
            lambda jobs: all(c["spec"]["suspend"] for c in jobs.values()),
            "all CronJobs suspended",
        )
        story.show("get", "orc", "-n", NAMESPACE)
        self._show_path(r'{.status.conditions[?(@.type=="CredentialsValid")].message}{"\n"}')
        story.say("and puts it right")
        story.apply(good)
        story.wait(
            lambda: connection.condition("Ready"), lambda c: c == ("True", "Scheduled"), "Ready is True again"
        )
        story.show("get", "orc", "-n", NAMESPACE)
        # By the order in which they were written: their times have whole seconds.
        order = "--sort-by=.metadata.resourceVersion"
        kind = "involvedObject.kind=OneRosterConnection"
        story.show("get", "events", "-n", NAMESPACE, order, "--field-selector", kind)

    def _end(self) -> None:
        print(
            f"\nAll steps were as they say, {self._story.seconds:.0f} s. The cluster stays up. What to try next:\n"
            '  eval "$(.venv/bin/python -m tests.cluster env)"     # kubectl and its kubeconfig\n'
            f"  kubectl -n {NAMESPACE} describe orc springfield\n"
            f"  kubectl explain orc.spec.schedule\n"
            f"  kubectl -n {SIS} exec deploy/springfield -- python -m tests.district control --help\n"
            f"  kubectl -n {NAMESPACE} annotate --overwrite orc springfield "
            'oneroster.masteryprep.com/sync-requested-at="$(date +%s)"\n'
            "  make demo-down                                      # stop it and undo what it changed"
        )

    def _show_path(self, path: str) -> str:
        return self._story.show("get", "orc", "springfield", "-n", NAMESPACE, "-o", f"jsonpath={path}")

    def _show_patch(self, spec: dict[str, object]) -> None:
        patch = json.dumps({"spec": spec})
        self._story.show("patch", "orc", "springfield", "-n", NAMESPACE, "--type=merge", "-p", patch)

    def _show_sync(self, token: str) -> None:
        annotation = f"oneroster.masteryprep.com/sync-requested-at={token}"
        self._story.show("annotate", "orc", "springfield", "-n", NAMESPACE, "--overwrite", annotation)
        answer = self._connection.ask("sync", token, seconds=180)
        self._story.check(answer["outcome"] == "Done", f"sync {token}: {answer['outcome']}: {answer['message']}")

    def _check_counts(self) -> None:
        theirs = self._server.ask("expected", "--linked", *self._connection.linked())
        ours = roster.counted(self._platform, DISTRICT)
        self._story.check(ours == theirs, "rows per category and school equal the district's own count")


_ROSTER = """
SELECT s.name AS school,
    count(*) FILTER (WHERE r.role = 'student') AS students,
    count(*) FILTER (WHERE r.role = 'teacher') AS teachers,
    count(*) FILTER (WHERE r.role = 'schoolAdmin') AS admins,
    (SELECT count(*) FROM roster.classes c WHERE c.school_id = s.id AND c.ended_at IS NULL) AS classes,
    (SELECT count(*) FROM roster.enrollments e WHERE e.school_id = s.id AND e.ended_at IS NULL) AS enrollments
FROM public.schools s LEFT JOIN roster.user_roles r ON r.school_id = s.id AND r.ended_at IS NULL
GROUP BY s.id, s.name ORDER BY s.name
"""


def main() -> int:
    """Set everything up and run the demo."""
    progress = Progress()
    try:
        images.in_pods(images.OPERATOR)  # so that a registry that is not named is told before anything is built
        with ThreadPoolExecutor() as pool:
            building = pool.submit(images.build)
            choose.cluster(progress).up()
            building.result()
        images.load()
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return Demo(Kubectl()).run()


if __name__ == "__main__":
    sys.exit(main())
