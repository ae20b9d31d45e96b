"""What a test, or the control port, can do to a running district."""

from datetime import datetime, timedelta
from http import HTTPStatus

from tests.district import changes
from tests.district.behaviour import Failure, Where
from tests.district.changes import Leaving
from tests.district.district import District, new_secret
from tests.district.settings import HeavyStatus, RateLimit, RetryAfterForm


class Controls:
    """Every method gives one line that says what it did. Safe to call from any thread."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._last: datetime | None = None

    def _now(self) -> datetime:
        """Later than any change before, in the milliseconds that dateLastModified shows."""
        now = self._district.clock()
        if self._last is not None:
            now = max(now, self._last + timedelta(milliseconds=1))
        self._last = now
        return now

    def withdraw_student(
        self, school: str | None = None, student: str | None = None, leaving: Leaving = "absent"
    ) -> str:
        """A student (of ``school``, or this one) leaves the district, with all enrollments."""
        with self._district.lock:
            return changes.withdraw_student(
                self._district.population, self._now(), school=school, student=student, leaving=leaving
            )

    def add_student(self, school: str | None = None) -> str:
        """A student joins (at ``school``) and takes the classes of one who is there."""
        with self._district.lock:
            return changes.add_student(self._district.population, self._now(), school=school)

    def change_grade(self, grade: str, student: str | None = None) -> str:
        """A student moves to another grade, a CEDS code."""
        with self._district.lock:
            return changes.change_grade(self._district.population, self._now(), grade=grade, student=student)

    def rename_school(self, school: str, name: str) -> str:
        """The school with this sourcedId gets another name."""
        with self._district.lock:
            return changes.rename_school(self._district.population, self._now(), school=school, name=name)

    def add_school(self, name: str | None = None) -> str:
        """A school opens, with people and classes."""
        with self._district.lock:
            return changes.add_school(self._district.population, self._now(), name=name)

    def close_school(self, school: str, leaving: Leaving = "absent") -> str:
        """A school closes, and what belongs to it goes."""
        with self._district.lock:
            return changes.close_school(self._district.population, self._now(), school=school, leaving=leaving)

    def rotate_secret(self, secret: str | None = None) -> str:
        """Only the new secret is valid from now on, and no token that the old one obtained."""
        with self._district.lock:
            self._district.rotate(secret or new_secret())
        return "secret rotated, tokens withdrawn"

    def begin_outage(self) -> str:
        """Every request is answered with 503."""
        self._district.behaviour.outage = True
        return "outage: everything is answered with 503"

    def end_outage(self) -> str:
        """Requests are answered again."""
        self._district.behaviour.outage = False
        return "outage over"

    def refuse(self, collection: str) -> str:
        """A collection, say enrollments, is answered with 403."""
        self._district.require(collection)
        self._district.behaviour.refused.add(collection)
        return f"{collection} is answered with 403"

    def hide(self, collection: str) -> str:
        """A collection is answered with 404, as one whose module is not licensed."""
        self._district.require(collection)
        self._district.behaviour.unlicensed.add(collection)
        return f"{collection} is answered with 404"

    def permit(self, collection: str) -> str:
        """A refused or hidden collection is answered again."""
        self._district.require(collection)
        self._district.behaviour.refused.discard(collection)
        self._district.behaviour.unlicensed.discard(collection)
        return f"{collection} is answered again"

    def set_page_size(self, maximum: int | None = None) -> str:
        """A limit above ``maximum`` is clamped without a word; None takes every limit as it is."""
        if maximum is not None and maximum < 1:
            msg = f"a page holds at least 1 record, not {maximum}"
            raise ValueError(msg)
        self._district.behaviour.page_maximum = maximum
        return f"pages hold at most {maximum} records" if maximum else "pages hold as many records as asked for"

    def set_heavy(self, above: int | None = None, status: HeavyStatus = 502) -> str:
        """Pages of more than ``above`` rows fail as too heavy; None: no page does."""
        self._district.behaviour.heavy_above = above
        self._district.behaviour.heavy_status = status
        return f"pages above {above} rows are answered with {status}" if above else "no page is too heavy"

    def fail(self, status: int = 500, times: int = 1, where: Where = "roster") -> str:
        """The next requests are answered with ``status``."""
        if times < 1 or not 400 <= status <= 599:
            msg = f"a failure has a status from 400 to 599 and happens at least once, not {times} times {status}"
            raise ValueError(msg)
        self._district.behaviour.failure = Failure(HTTPStatus(status), times, where)
        return f"next {times} requests ({where}) are answered with {status}"

    def limit_rate(self, requests: int, retry_after: int = 1, form: RetryAfterForm = "seconds") -> str:
        """After so many rostering requests one gets 429, and the count starts afresh."""
        self._district.behaviour.rate_limit = RateLimit(requests, retry_after, form)
        self._district.behaviour.requests_since_429 = 0
        return f"429 after {requests} requests, to be tried again in {retry_after} s"

    def free_rate(self) -> str:
        """No request gets 429 any more."""
        self._district.behaviour.rate_limit = None
        return "no limit to requests"

    def slow_down(self, seconds: float) -> str:
        """Every answer waits so long; 0 ends it."""
        self._district.behaviour.slow_seconds = seconds
        return f"every answer waits {seconds} s"

    def cut(self, times: int = 1) -> str:
        """The next answers of the rostering service end in mid-body."""
        self._district.behaviour.cuts = times
        return f"next {times} answers end in mid-body"

    def show_login_page(self, where: Where = "everywhere") -> str:
        """Requests get a web page with status 200."""
        self._district.behaviour.login_page = where
        return f"a login page is shown ({where})"

    def hide_login_page(self) -> str:
        """Requests are answered again."""
        self._district.behaviour.login_page = None
        return "no login page is shown"

    def redirect(self, origin: str | None = None) -> str:
        """Every request is sent to this origin; None: none is."""
        self._district.behaviour.redirect = origin
        return f"every request is sent to {origin}" if origin else "no request is sent elsewhere"

    def change_permissions(self) -> str:
        """The district shares other things than before: ``x-perm-rev`` goes up where it is sent."""
        self._district.behaviour.permission_revision += 1
        return f"permissions are at revision {self._district.behaviour.permission_revision}"

    def forget_requests(self) -> str:
        """The record of requests and their counts start afresh."""
        self._district.requests.clear()
        self._district.counts.clear()
        return "request counts start from 0"
