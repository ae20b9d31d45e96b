"""One invented person."""

import unicodedata
from datetime import datetime
from functools import lru_cache
from random import Random

from tests.district import names
from tests.district.records import Role, User

_LETTERS_THAT_DO_NOT_DECOMPOSE = str.maketrans({"ł": "l", "ø": "o", "đ": "d"})


@lru_cache(maxsize=1024)
def ascii_letters(name: str) -> str:
    """``name`` as usernames and platform ids spell it: lower-case ASCII letters and digits."""
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS_THAT_DO_NOT_DECOMPOSE))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())


def invent(
    rng: Random,
    sourced_id: str,
    roles: tuple[Role, ...],
    modified: datetime,
    domain: str,
    *,
    identifier: str | None = None,
    master_identifier: str | None = None,
    grades: tuple[str, ...] = (),
    agents: tuple[str, ...] = (),
) -> User:
    """A person whose username and e-mail address are unique because ``sourced_id`` is."""
    given, family = names.person(rng)
    username = f"{ascii_letters(given)[:1]}{ascii_letters(family)}.{sourced_id.lower()}"
    return User(
        sourced_id=sourced_id,
        modified=modified,
        username=username,
        given_name=given,
        family_name=family,
        middle_name=rng.choice(names.GIVEN_NAMES) if rng.random() < 0.1 else None,
        preferred_given_name=rng.choice(names.GIVEN_NAMES) if rng.random() < 0.05 else None,
        roles=roles,
        identifier=identifier,
        master_identifier=master_identifier,
        email=f"{username}@{domain}" if rng.random() < 0.95 else None,
        grades=grades,
        agents=agents,
        private=rng.random() < 0.2,
    )
