"""The school year around a given day: semesters, trimesters and grading periods."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tests.district.records import AcademicSession, SessionType


@dataclass(frozen=True, slots=True)
class Calendar:
    """A year from 1 July to 1 July, so that every day of the calendar falls into term time."""

    last_year: AcademicSession
    year: AcademicSession
    semesters: tuple[AcademicSession, AcademicSession]
    trimesters: tuple[AcademicSession, AcademicSession, AcademicSession]
    quarters: tuple[AcademicSession, ...]

    @property
    def sessions(self) -> tuple[AcademicSession, ...]:
        return (self.last_year, self.year, *self.semesters, *self.trimesters, *self.quarters)


def calendar_around(today: date) -> Calendar:
    """The sessions of the school year that ``today`` lies in, and last year's, which nothing uses any more."""
    ends = today.year + 1 if today.month >= 7 else today.year
    begins = ends - 1
    modified = datetime.combine(today - timedelta(days=120), time(6), UTC)

    def session(
        suffix: str, title: str, kind: SessionType, begin: date, end: date, parent: str | None = None
    ) -> AcademicSession:
        return AcademicSession(
            sourced_id=f"SY{ends}{suffix}",
            modified=modified,
            title=title,
            type=kind,
            begin=begin,
            end=end,
            school_year=ends,
            parent=parent,
        )

    july, next_july, january = date(begins, 7, 1), date(ends, 7, 1), date(ends, 1, 1)
    year = session("", f"{begins}-{ends} School Year", "schoolYear", july, next_july)
    autumn = session("-S1", f"Semester 1 {begins}-{ends}", "semester", july, january, year.sourced_id)
    spring = session("-S2", f"Semester 2 {begins}-{ends}", "semester", january, next_july, year.sourced_id)
    borders = (july, date(begins, 11, 1), date(ends, 3, 1), next_july)
    first, second, third = (
        session(f"-T{n}", f"Trimester {n} {begins}-{ends}", "term", borders[n - 1], borders[n], year.sourced_id)
        for n in (1, 2, 3)
    )
    marks = (july, date(begins, 10, 1), january, date(ends, 4, 1), next_july)
    quarters = tuple(
        session(f"-Q{n}", f"Quarter {n}", "gradingPeriod", marks[n - 1], marks[n], half.sourced_id)
        for n, half in ((1, autumn), (2, autumn), (3, spring), (4, spring))
    )
    last_year = AcademicSession(
        sourced_id=f"SY{begins}",
        modified=modified,
        title=f"{begins - 1}-{begins} School Year",
        type="schoolYear",
        begin=date(begins - 1, 7, 1),
        end=july,
        school_year=begins,
    )
    return Calendar(last_year, year, (autumn, spring), (first, second, third), quarters)
