"""What the platform holds of a district, counted in its database, in the shape of the district's own account."""

from typing import Any

from tests.installation.platform import Platform

Counts = dict[str, dict[str, Any]]

_PER_SCHOOL = """
SELECT l.sourced_id, count(r.id) FROM roster.school_links l LEFT JOIN roster.{table} r
ON r.district_id = l.district_id AND r.school_id = l.school_id AND r.ended_at IS NULL {condition}
WHERE l.district_id = '{district}' GROUP BY l.sourced_id
"""
_OVER_ALL = "SELECT count(*) FROM roster.{table} WHERE district_id = '{district}' AND ended_at IS NULL {condition}"


def counted(platform: Platform, district: str) -> Counts:
    """Rows that have not ended, by category, kind and the district's school."""

    def per_school(table: str, condition: str = "") -> dict[str, int]:
        sql = _PER_SCHOOL.format(table=table, condition=condition, district=district)
        return {school: int(count) for school, count in platform.query(sql)}

    def over_all(table: str, condition: str = "") -> int:
        sql = _OVER_ALL.format(table=table, condition=condition, district=district)
        return int(platform.query(sql)[0][0])

    return {
        "Students": {"memberships": per_school("user_roles", "AND r.role = 'student'")},
        "TeacherAssignments": {
            "memberships": per_school("user_roles", "AND r.role = 'teacher'"),
            "enrollments": per_school("enrollments", "AND r.role = 'teacher'"),
        },
        "ClassRosters": {
            "classes": per_school("classes"),
            "enrollments": per_school("enrollments", "AND r.role = 'student'"),
            "courses": over_all("courses"),
            "academicSessions": over_all("academic_sessions"),
        },
        "SchoolAdmins": {"memberships": per_school("user_roles", "AND r.role = 'schoolAdmin'")},
        "DistrictAdmins": {"memberships": over_all("user_roles", "AND role = 'districtAdmin'")},
    }


def tuples_written(platform: Platform) -> int:
    """Rows inserted, changed or deleted in the roster tables since the server began (`pg_stat_user_tables`)."""
    sql = (
        "SELECT pg_stat_force_next_flush(), sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables "
        "WHERE schemaname = 'roster' AND relname NOT IN ('sync_runs', 'schema_migrations')"
    )
    return int(platform.query(sql)[0][1])
