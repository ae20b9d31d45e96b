"""Invented names: people, places, schools. Every list was written for this simulation."""

from random import Random

GIVEN_NAMES = (
    "Aaliyah", "Abena", "Adrián", "Aiko", "Alice", "Amara", "Anaïs", "Andre", "Anika", "Arjun", "Astrid",
    "Bao", "Beatriz", "Benjamin", "Björn", "Camila", "Carter", "Chloé", "Chidi", "Clara", "Daniel",
    "Darnell", "Delia", "Diego", "Eleni", "Elijah", "Emma", "Esperanza", "Ethan", "Fatima", "Felix",
    "Fiona", "Gabriel", "Giulia", "Grace", "Hana", "Hassan", "Hazel", "Héctor", "Ibrahim", "Imani", "Ines",
    "Isaac", "Ivy", "Jamal", "Jasmine", "José", "Joy", "Kai", "Kwame", "Layla", "Leif", "Leilani", "Liam",
    "Linh", "Lucía", "Malik", "Mara", "Mei", "Miriam", "Nadia", "Naomi", "Nguyễn", "Nico", "Noah",
    "Oleksandr", "Olivia", "Omar", "Paloma", "Pavel", "Priya", "Quinn", "Rafael", "Renée", "Rosa", "Rowan",
    "Sadie", "Samir", "Seán", "Siobhán", "Sofía", "Tariq", "Theo", "Tomás", "Uma", "Valentina", "Vikram",
    "Willow", "Xochitl", "Yara", "Yusuf", "Zainab", "Zoë", "De'Andre",
)  # fmt: skip

FAMILY_NAMES = (
    "Abbott", "Adeyemi", "Aguilar", "Álvarez", "Banerjee", "Barrow", "Begay", "Bennett", "Brooks",
    "Castillo", "Chen", "Choi", "Cruz", "D'Angelo", "Dąbrowski", "Delgado", "Dubois", "Ellison", "Estrada",
    "Fischer", "Flores", "Foster", "García", "Gibbs", "Gupta", "Hale", "Hansen", "Harlow", "Hernández",
    "Hoang", "Hughes", "Ibáñez", "Ivanova", "Jackson", "Jiménez", "Johansson", "Kaur", "Keane", "Kim",
    "Kowalski", "Lam", "Larsen", "Lewis", "López", "Lovell", "MacLeod", "Marsh", "Martínez", "Mbeki",
    "Mendoza", "Moore", "Müller", "Nakamura", "Nash", "Nguyen", "Núñez", "O'Brien", "O'Connor", "Okafor",
    "Ortiz", "Park", "Patel", "Peña", "Pham", "Price", "Quiñones", "Ramírez", "Reed", "Reyes", "Rossi",
    "Saito", "Sánchez", "Schmidt", "Shah", "Silva", "Singh", "Smith-Jones", "Soto", "St. Clair", "Strand",
    "Sullivan", "Tanaka", "Thao", "Torres", "Tran", "Underwood", "Vang", "Vargas", "Vasquez", "Walker",
    "Webb", "Whitehorse", "Wójcik", "Xiong", "Yazzie", "Young", "Zamora", "Zhang", "van der Berg",
    "de la Cruz",
)  # fmt: skip

NAMESAKES = {
    "Lincoln": "Abraham Lincoln",
    "Roosevelt": "Eleanor Roosevelt",
    "Carver": "George Washington Carver",
    "Chávez": "César Chávez",
    "Tubman": "Harriet Tubman",
    "Douglass": "Frederick Douglass",
    "Earhart": "Amelia Earhart",
    "Banneker": "Benjamin Banneker",
    "Curie": "Marie Curie",
    "Addams": "Jane Addams",
    "Bethune": "Mary McLeod Bethune",
    "Einstein": "Albert Einstein",
    "Jackson": "Mary Jackson",
    "Wheatley": "Phillis Wheatley",
    "Mitchell": "Maria Mitchell",
}
"""Family name as a school carries it -> the person's full name, as another list of schools may write it."""

_LANDSCAPES = (
    "Cedar", "Willow", "Maple", "Prairie", "Granite", "Silver", "Eagle", "Meadow", "River", "Copper",
    "Juniper", "Cottonwood", "Heron", "Sandstone", "Orchard", "Canyon", "Lake", "Fox", "Aspen", "Birch",
    "Blue", "Clear", "Coyote", "Dogwood", "Elk", "Falcon", "Hickory", "Iron", "Laurel", "Mill", "North",
    "Oak", "Pine", "Quail", "Rock", "Sage", "South", "Stone", "Summit", "Walnut",
)  # fmt: skip
_FEATURES = (
    "Ridge", "Creek", "Grove", "View", "Valley", "Springs", "Hollow", "Park", "Heights", "Bend", "Crossing",
    "Point", "Glen", "Field", "Hills", "Bluff", "Run", "Mesa", "Falls", "Landing", "Trail", "Brook",
    "Meadows", "Harbor", "Terrace", "Knoll", "Pass", "Haven", "Ford", "Mountain", "Lake", "Woods", "Vista",
    "Gate", "Bridge", "Island", "Shore", "Plains", "Spring", "Cove",
)  # fmt: skip
_PARTICULAR_PLACES = (
    "Peña Blanca",
    "O'Neill Road",
    "St. Brendan's Park",
    "Señora Vista",
    "Two Rivers",
    "Old Post Road",
)


def stems(rng: Random) -> list[str]:
    """All that a school can be called after, once each: namesakes and places by turns, then the other places."""
    namesakes = list(NAMESAKES)
    rng.shuffle(namesakes)
    landscapes = [f"{first} {second}" for first in _LANDSCAPES for second in _FEATURES if first != second]
    rng.shuffle(landscapes)
    places = [*_PARTICULAR_PLACES, *landscapes]
    mixed = [stem for pair in zip(namesakes, places, strict=False) for stem in pair]
    return mixed + places[len(namesakes) :]


def person(rng: Random) -> tuple[str, str]:
    """A given and a family name."""
    return rng.choice(GIVEN_NAMES), rng.choice(FAMILY_NAMES)
