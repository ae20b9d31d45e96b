"""Histories of a district: what happens, and then a run, chapter by chapter."""

from dataclasses import dataclass

from hypothesis import strategies as st

from oneroster_operator.api.category import Category
from tests.district.fields import Version
from tests.sync.cuts import Cut
from tests.sync.decisions import (
    Accept,
    Approve,
    Clamp,
    Days,
    Discard,
    Limit,
    Link,
    Refuse,
    Release,
    Totals,
    Unlink,
)
from tests.sync.happenings import (
    CloseSchool,
    Drop,
    Edit,
    Join,
    Lack,
    Leave,
    Mend,
    MoveClass,
    OpenSchool,
    OtherRole,
    Period,
    Promote,
    Reenroll,
    Rename,
    Renumber,
    Return,
    Roles,
    Spoil,
)

Step = (
    Leave | Return | Join | Edit | Roles | Period | Reenroll | OtherRole | MoveClass | Drop | OpenSchool
    | CloseSchool | Rename | Promote | Renumber | Lack | Spoil | Mend
    | Link | Unlink | Limit | Accept | Approve | Discard | Days | Refuse | Clamp | Totals
)  # fmt: skip


@dataclass(frozen=True)
class Chapter:
    """What happens, what a person decides, and then a run of these categories, which may be broken off."""

    before: tuple[Step, ...]
    decision: Approve | Discard | Release | None
    run: tuple[Category, ...]
    cut: Cut | None = None


@dataclass(frozen=True)
class History:
    """It begins with a run of these categories that nothing holds, and goes on within limits."""

    version: Version
    first: tuple[Category, ...]
    limit: Limit
    chapters: tuple[Chapter, ...]


_numbers = st.integers(0, 40)
_how = st.sampled_from(["absent", "tobedeleted"])
_offsets = st.none() | st.integers(-1, 2)
_names = st.sampled_from(
    ["student", "teacher", "principal", "siteAdministrator", "districtAdministrator", "aide", "guardian"]
)
_role = st.tuples(_names, st.integers(0, 5), _offsets, _offsets)
_rosters = ["classes", "courses", "academic_sessions"]
_kinds = ["users", "enrollments", *_rosters]
_limits = st.builds(
    Limit,
    st.sampled_from([10, 30, 100, 0]),
    st.sampled_from([0, 1, 3, 20]),
    st.sampled_from([75, 20, 100]),
    st.sampled_from([5, 0, 1]),
    st.sampled_from([False, False, False, True]),
)
_changes: st.SearchStrategy[Step] = st.one_of(
    st.builds(Leave, _numbers, _how),
    st.builds(Return, _numbers),
    st.builds(Join),
    st.builds(Edit, _numbers, st.sampled_from(["01", "12"]), st.booleans()),
    st.builds(Roles, _numbers, st.lists(_role, min_size=1, max_size=3).map(tuple)),
    st.builds(Period, _numbers, _offsets, _offsets),
    st.builds(Reenroll, _numbers, _numbers, _numbers),
    st.builds(OtherRole, _numbers),
    st.builds(MoveClass, _numbers, st.integers(0, 3)),
    st.builds(Drop, st.sampled_from(_rosters), _numbers, _how),
    st.builds(OpenSchool),
    st.builds(CloseSchool, st.integers(0, 3), _how),
)
_upheavals: st.SearchStrategy[Step] = st.one_of(
    st.builds(Lack, st.sampled_from(_kinds), st.sampled_from([2, 1, 5])),
    st.builds(Mend),
    st.builds(Spoil, st.sampled_from(_kinds), _numbers),
    st.builds(Rename, st.sampled_from([1, 2, 5]), st.sampled_from(["North", "South"])),
    st.builds(Promote, st.sampled_from([1, 3])),
    st.builds(Renumber),
    st.builds(Totals, st.sampled_from([0, 3])),
    st.builds(Refuse, st.frozensets(st.sampled_from(["users", "enrollments", "classes"]), max_size=1)),
    st.builds(Clamp, st.sampled_from([None, 20, 40])),
)
_decisions: st.SearchStrategy[Step] = st.one_of(
    _limits,
    st.builds(Accept, st.sampled_from([0, 2, 1000])),
    st.builds(Link, st.integers(0, 3), st.integers(0, 5)),
    st.builds(Unlink, st.integers(0, 3)),
    st.builds(Days, st.sampled_from([1, 2, 4, 8, 15])),
)
_steps = st.one_of(_changes, _changes, _decisions, _upheavals)
_all = tuple(Category)
_runs = st.just(_all) | st.permutations(_all).map(lambda order: tuple(order[:2]))
_decision = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.builds(Approve, st.integers(0, 3)),
    st.builds(Approve, st.integers(0, 3)),
    st.builds(Discard, st.integers(0, 3)),
    st.builds(Release, st.sampled_from(_all)),
)
_cuts = st.one_of(
    *[st.none()] * 5, st.builds(Cut, st.sampled_from(["killed", "stopped", "lost"]), st.integers(1, 360))
)
_chapters = st.builds(Chapter, st.lists(_steps, max_size=6).map(tuple), _decision, _runs, _cuts)
HISTORIES = st.builds(
    History,
    st.sampled_from(["1.2", "1.2", "1.1"]),
    _runs,
    _limits,
    st.lists(_chapters, min_size=1, max_size=10).map(tuple),
)
