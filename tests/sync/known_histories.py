"""Histories that each tell of one thing, so that none of them is left to chance."""

from typing import Final

from oneroster_operator.api.category import Category
from tests.sync.cuts import Cut
from tests.sync.decisions import Accept, Approve, Days, Discard, Limit, Link, Release, Totals, Unlink
from tests.sync.happenings import CloseSchool, Edit, Join, Leave, Promote, Renumber, Roles, Spoil
from tests.sync.histories import Chapter, History, Step

ALL: Final = tuple(Category)
NARROW: Final = Limit(10, 0, 75, 0, additions_only=False)
WIDE: Final = Limit(30, 1, 75, 0, additions_only=False)
OPEN: Final = Limit(100, 0, 100, 5, additions_only=False)


def then(*before: Step, decision: Approve | Discard | Release | None = None, cut: Cut | None = None) -> Chapter:
    return Chapter(before, decision, ALL, cut)


def history(limit: Limit, *chapters: Chapter) -> History:
    return History("1.2", ALL, limit, chapters)


AIDES: Final = tuple(Roles(person, (("aide", 1, None, None),)) for person in range(3))
STUDENTS: Final = tuple(Roles(person, (("student", 1, None, None),)) for person in range(3))
ONE_LEAVES: Final = Leave(1, "absent")
THREE_LEAVE: Final = (ONE_LEAVES, ONE_LEAVES, ONE_LEAVES)
HEAD_OF_BOTH: Final = Roles(0, (("principal", 1, None, None), ("districtAdministrator", 0, None, None)))
AT_TWO_SCHOOLS: Final = Roles(3, (("student", 1, None, None), ("student", 2, None, None)))
AT_ONE_SCHOOL: Final = Roles(3, (("student", 1, None, None),))

KNOWN: Final = {
    "a slow drain is held, and a week later is none": history(
        Limit(40, 1, 75, 0, additions_only=False),
        *[then(ONE_LEAVES)] * 3,
        then(Days(8)),
        then(ONE_LEAVES),
    ),
    "a dismissal is not held with what is missing": history(
        OPEN,
        then(Accept(1000), Promote(1)),
        then(NARROW, Leave(8, "absent"), Roles(8, (("teacher", 1, None, None),))),
    ),
    "a held removal lets others come": history(NARROW, then(*AIDES, Join())),
    "a role ends with the day of the district": history(OPEN, then(Roles(1, (("student", 1, None, 1),)))),
    "rows of all schools but one are frozen": history(OPEN, then(Unlink(0), Unlink(0)), then()),
    "a school that is emptied is held, however few they were": history(
        Limit(10, 100, 75, 5, additions_only=False), then(CloseSchool(0, "absent"))
    ),
    "nothing goes for an unproven answer": history(OPEN, then(Totals(3), ONE_LEAVES), then(Totals(0))),
    "what few leave is never held": history(Limit(10, 20, 75, 0, additions_only=False), then(*THREE_LEAVE)),
    "an approval is good for once": history(
        NARROW, then(*AIDES), then(decision=Approve(0)), then(*STUDENTS), then(*AIDES), then()
    ),
    "what was discarded stays withheld": history(NARROW, then(*AIDES), then(decision=Discard(0)), then()),
    "a hold clears itself": history(NARROW, then(*AIDES), then(*STUDENTS), then(*AIDES)),
    "an unproven answer removes nothing and approves nothing": history(
        NARROW, then(*AIDES), then(Totals(3), decision=Approve(0)), then(Totals(0))
    ),
    "what was let go is no drain": history(OPEN, then(*THREE_LEAVE), then(WIDE, *THREE_LEAVE)),
    "additions only": history(
        Limit(10, 0, 75, 0, additions_only=True), then(Edit(2, "01", enabled=False), ONE_LEAVES)
    ),
    "the preview's admins may come": history(NARROW, then(Accept(1000), Promote(1))),
    "new admins are held until they are approved": history(NARROW, then(Promote(1)), then(decision=Approve(0))),
    "a head of a school and of the district": history(OPEN, then(HEAD_OF_BOTH)),
    "so is the lower of the two in 1.1": History("1.1", ALL, OPEN, (then(HEAD_OF_BOTH),)),
    "rows of a school that is not linked are frozen": history(OPEN, then(Unlink(0), *THREE_LEAVE), then()),
    "what a school had before it was linked anew is no peak": history(
        WIDE, then(Link(1, 4), Link(0, 1)), then(ONE_LEAVES)
    ),
    "approved people come with a role or not at all": history(
        Limit(10, 0, 75, 5, additions_only=False),
        Chapter((Promote(1),), None, (Category.SCHOOL_ADMINS, Category.STUDENTS)),
        then(Link(0, 1), decision=Approve(0)),
    ),
    "a correction of links takes no role away": history(
        OPEN, then(AT_TWO_SCHOOLS), then(AT_ONE_SCHOOL), Chapter((Link(0, 1),), None, (Category.DISTRICT_ADMINS,))
    ),
    "an enrollment waits for its user for 14 days": history(OPEN, then(*AIDES), then(Days(8)), then(Days(8))),
    "who cannot be read stays": history(
        OPEN, then(Spoil("users", 0), Spoil("classes", 0), Spoil("enrollments", 0))
    ),
    "all ids are others": history(WIDE, then(Renumber()), then(decision=Approve(0))),
    "what was released comes back when it runs again": history(
        OPEN, Chapter((), Release(Category.CLASS_ROSTERS), (Category.STUDENTS,)), then()
    ),
    "a lost session": history(OPEN, then(*THREE_LEAVE, cut=Cut("lost", 120))),
    "a killed run": history(OPEN, then(*THREE_LEAVE, cut=Cut("killed", 200)), then()),
}
