"""Servers that cannot be asked for what changed, or not any more, and clocks that are off."""

import datetime as dt
from typing import Any

import pytest

from oneroster_operator.api.report import Outcome, Pull
from tests.district.settings import Paging, Queries, Settings
from tests.platform.databases import Database
from tests.sync.weekly import (
    DELTA,
    STUDENTS,
    enrollments,
    pulls,
    row,
    student,
    weekly,
)

pytestmark = pytest.mark.database


class TestServers:
    @pytest.mark.parametrize(
        ("queries", "told"),
        [
            (
                Queries(filter="ignored"),
                "The district's server passes over a filter by dateLastModified of users.",
            ),
            (
                Queries(filter_passes_over=frozenset({"dateLastModified"})),
                "The district's server passes over a filter by dateLastModified of users.",
            ),
            (Queries(filter="refused"), "The district's server does not tell which users changed: "),
            (
                Queries(filter_moved=dt.timedelta(days=3)),
                "The district's server leaves out users that changed when it is asked for them.",
            ),
        ],
    )
    async def test_that_cannot_tell_what_changed_are_asked_for_all_of_it(
        self, database: Database, queries: Queries, told: str
    ) -> None:
        async with weekly(database, Settings(queries=queries)) as w:
            await w.s.sync(STUDENTS)
            someone = student(w)
            w.remove(*enrollments(w, someone), someone)
            (record,) = await w.next_day(STUDENTS)
            assert (record.outcome, record.pull) == (Outcome.SUCCEEDED, Pull.FULL)
            assert record.pull_reason.startswith(told)
            assert record.removed == 1

    @pytest.mark.parametrize(
        "update",
        [
            {"queries": Queries(filter="refused")},
            {"paging": Paging(total_error=1)},
            {"paging": Paging(total="absent", links="repeated")},
        ],
    )
    async def test_that_can_no_longer_are_asked_for_all_of_it_in_the_same_run(
        self, database: Database, update: dict[str, Any]
    ) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            w.put(student(w), given_name="Ada")
            w.behave(**update)
            (record,) = await w.next_day(STUDENTS)
            assert record.pull is Pull.FULL
            assert record.pull_reason.startswith(("What changed is not proven", "Asked for what changed, "))
            assert row(w, "users", student(w))[4] == "Ada"

    async def test_that_refuse_the_credentials_are_not_asked_again(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            w.wait(days=1)
            w.s.district.controls.rotate_secret()
            tried = []
            for full in ("Always", "Weekly"):
                w.s.change(full=full)
                w.s.district.controls.forget_requests()
                (record,) = await w.s.sync(STUDENTS)
                assert (record.outcome, record.reason, record.pull) == (
                    Outcome.REFUSED,
                    "InvalidCredentials",
                    None,
                )
                tried.append(w.district.counts["token"])
            assert tried[0] == tried[1] > 0

    @pytest.mark.parametrize("hours", [-3, 3])
    async def test_whose_clock_is_off_lose_nothing(self, database: Database, hours: int) -> None:
        async with weekly(database, Settings(clock_offset=dt.timedelta(hours=hours))) as w:
            await w.s.sync()
            for name in ("Ada", "Eda"):
                w.wait(hours=1)
                w.put(student(w), given_name=name)
                w.wait(hours=1)
                assert pulls(await w.s.sync()) == [DELTA] * 5
                assert row(w, "users", student(w))[4] == name

    async def test_whose_clock_was_set_back_are_asked_for_all_of_it(self, database: Database) -> None:
        async with weekly(database) as w:
            await w.s.sync(STUDENTS)
            w.behave(clock_offset=dt.timedelta(days=-3))
            w.put(student(w), given_name="Ada")
            told = "The clock of the district's server was set back."
            assert pulls(await w.next_day(STUDENTS)) == [(Outcome.SUCCEEDED, Pull.FULL, told)]
            assert row(w, "users", student(w))[4] == "Ada"
            w.put(student(w), given_name="Eda")
            assert pulls(await w.next_day(STUDENTS)) == [DELTA]
            assert row(w, "users", student(w))[4] == "Eda"


async def test_an_answer_that_lacks_ids_is_not_relied_on(database: Database) -> None:
    async with weekly(database) as w:
        await w.s.sync(STUDENTS)
        w.put(student(w), given_name="Ada")
        w.put(student(w, 1), given_name="Eda")
        w.wait(days=1)

        def spoil(collection: str, records: list[Any], headers: dict[str, str]) -> None:
            if len(records) == 2 and records[0]["givenName"] == "Ada":
                del records[0]["sourcedId"]

        async with w.bent(spoil):
            (record,) = await w.s.sync(STUDENTS)
        assert record.pull is Pull.FULL
        assert "came without a usable sourcedId" in record.pull_reason
        assert row(w, "users", student(w))[4] == "Ada"
