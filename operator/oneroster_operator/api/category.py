"""The kinds of data a district can be asked for, in the order in which they sync."""

from enum import StrEnum


class Category(StrEnum):
    """A kind of data that a district can be asked for. A district's categories sync in the order of the enum."""

    STUDENTS = "Students"
    TEACHER_ASSIGNMENTS = "TeacherAssignments"
    CLASS_ROSTERS = "ClassRosters"
    SCHOOL_ADMINS = "SchoolAdmins"
    DISTRICT_ADMINS = "DistrictAdmins"

    @property
    def suffix(self) -> str:
        """What stands behind the connection's name in the name of the category's CronJob."""
        return _SUFFIXES[self]

    @property
    def grants_admin(self) -> bool:
        """Whether the category gives people an administrator's rights."""
        return self in {Category.SCHOOL_ADMINS, Category.DISTRICT_ADMINS}

    @property
    def role(self) -> str | None:
        """The role that the category gives people on the platform (`roster.user_roles`); ClassRosters none."""
        return _ROLES.get(self)


_SUFFIXES = {
    Category.STUDENTS: "students",
    Category.TEACHER_ASSIGNMENTS: "teachers",
    Category.CLASS_ROSTERS: "rosters",
    Category.SCHOOL_ADMINS: "school-admins",
    Category.DISTRICT_ADMINS: "district-admins",
}
_ROLES = {
    Category.STUDENTS: "student",
    Category.TEACHER_ASSIGNMENTS: "teacher",
    Category.SCHOOL_ADMINS: "schoolAdmin",
    Category.DISTRICT_ADMINS: "districtAdmin",
}


def in_order(categories: "list[Category] | tuple[Category, ...] | set[Category]") -> list[Category]:
    """The given categories, each once, in the order in which they run."""
    chosen = set(categories)
    return [category for category in Category if category in chosen]
