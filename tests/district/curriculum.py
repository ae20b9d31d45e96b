"""What is taught at which grade. Grades are CEDS codes."""

from dataclasses import dataclass

from tests.district.records import Level

GRADES: dict[Level, tuple[str, ...]] = {
    "elementary": ("KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
    "k8": ("KG", "01", "02", "03", "04", "05", "06", "07", "08"),
    "virtual": ("09", "10", "11", "12"),
}
_PRIMARY_GRADES = frozenset(GRADES["elementary"])
_MATHEMATICS = {"09": "Algebra I", "10": "Geometry", "11": "Algebra II", "12": "Statistics"}


@dataclass(frozen=True, slots=True)
class Subject:
    """``pattern``: homeroom (whole year, with a teacher of its own), yearly, or semester (one class in each)."""

    code: str
    title: str
    subject: str
    pattern: str


def subjects(grade: str) -> tuple[Subject, ...]:
    """The subjects that every student of a grade takes."""
    if grade in _PRIMARY_GRADES:
        name = "Kindergarten" if grade == "KG" else f"Grade {int(grade)}"
        return (
            Subject(f"HR{grade}", name, "General", "homeroom"),
            Subject(f"MUS{grade}", f"Music, {name}", "Music", "yearly"),
            Subject(f"PED{grade}", f"Physical Education, {name}", "Physical Education", "yearly"),
        )
    number = int(grade)
    return (
        Subject(f"ENG{grade}", f"English {number}", "English Language Arts", "yearly"),
        Subject(f"MAT{grade}", _MATHEMATICS.get(grade, f"Mathematics {number}"), "Mathematics", "yearly"),
        Subject(f"SCI{grade}", f"Science {number}", "Science", "yearly"),
        Subject(f"SOC{grade}", f"Social Studies {number}", "Social Studies", "yearly"),
        Subject(f"ART{grade}", f"Teachers' Choice: Art & Design {number}", "Fine Arts", "semester"),
    )
