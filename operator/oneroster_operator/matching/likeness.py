"""How alike the names of a district's school and of a platform's are, from 0 to 100.

Words are aligned, and weighed by what they tell and by how few of the district's schools have them. What is left
over on either side counts against it, and some of it says that it is another school: a level, a programme, a
direction.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from rapidfuzz.distance import Indel

from oneroster_operator.matching.alignment import align
from oneroster_operator.matching.names import Name
from oneroster_operator.matching.vocabulary import Sort, sort_of

_COMMONNESS = 0.6
"""How much of a word's weight goes where all schools of the district have it."""
_OF_ALL_LETTERS = 0.03
"""Share of the likeness of all letters, which decides between what words cannot tell apart."""
_DISTRICTS_WORD = 1.2
"""A word that only the district's name has weighs so much more than one that only the platform's has."""
_MAYBE_CUT = 0.3
"""Part of its weight for a word that the other name may have lost at its end, or that is itself cut."""
_OTHER_LEVEL, _OTHER_DIRECTION = 0.5, 0.92
_NOT_A_HIGH_SCHOOL, _OTHER_PROGRAMME, _MORE_PROGRAMME = 0.97, 0.9, 0.95
_CODE_DIGITS = 2
_IN_FULL = 45
"""Names of so many letters say what a school teaches, and leave out that it is a high school."""


class Likeness:
    """Compares names of one district; `platform` are all schools of the platform in it: they tell what is rare."""

    def __init__(self, platform: Iterable[Name]) -> None:
        names = list(platform)
        self._schools = len(names)
        self._having = Counter(word for name in names for word in set(name.words))

    def score(self, school: Name, candidate: Name) -> float:
        """From 0 to 100; `school` is the district's, `candidate` the platform's."""
        found = align(school.words, candidate.words, self._weight)
        left = [i for i in range(len(school.words)) if i not in found.ours]
        right = [j for j in range(len(candidate.words)) if j not in found.theirs]
        end = max(found.theirs) if school.cut and found.theirs else len(candidate.words)
        said = [j for j in right if j <= end]
        matched = sum(self._weight(school.words[i]) for i in found.ours)
        matched += sum(self._weight(candidate.words[j]) for j in found.theirs)
        alone = _DISTRICTS_WORD * self._alone(school, found.ours, left, said, candidate)
        alone += self._alone(candidate, found.theirs, said, left, school)
        alone += sum(_MAYBE_CUT * self._rarity(w) * sort_of(w).alone for w in candidate.words[end + 1 :])
        alone -= self._cut_itself(candidate, right, end)
        total = matched + alone
        score = 100 * found.mass / total if total else 0.0
        mine, theirs = [school.words[i] for i in left], [candidate.words[j] for j in said]
        score *= _of_one_school(school, candidate, mine, theirs)
        letters = 100 * Indel.normalized_similarity(school.text, candidate.text)
        return (1 - _OF_ALL_LETTERS) * score + _OF_ALL_LETTERS * letters

    def _rarity(self, word: str) -> float:
        if self._schools <= 1:
            return 1.0
        rare = math.log((self._schools + 1) / max(1, self._having[word])) / math.log(self._schools + 1)
        return 1 - _COMMONNESS + _COMMONNESS * rare

    def _weight(self, word: str) -> float:
        return sort_of(word).matched * self._rarity(word)

    def _alone(
        self, name: Name, used: AbstractSet[int], places: Sequence[int], others: Sequence[int], other: Name
    ) -> float:
        """Weight of the words at `places`, which this name has alone; at `others` the other has its own."""
        called = min((i for i in used if sort_of(name.words[i]) is Sort.NAME), default=None)
        if any(sort_of(other.words[j]) is Sort.NAME for j in others):
            called = None
        numbered = any(word.isdigit() for word in other.words)
        return sum(
            _sort_at(name.words, i, called, numbered=numbered).alone * self._rarity(name.words[i]) for i in places
        )

    def _cut_itself(self, candidate: Name, right: Sequence[int], end: int) -> float:
        last = len(candidate.words) - 1
        if not candidate.broken or last not in right:
            return 0.0
        whole = _MAYBE_CUT if last > end else 1.0
        return (
            (1 - _MAYBE_CUT) * whole * sort_of(candidate.words[last]).alone * self._rarity(candidate.words[last])
        )


def _sort_at(words: Sequence[str], place: int, called: int | None, *, numbered: bool) -> Sort:
    """What an unmatched word tells where it stands; `called` is the place of the first name that both have."""
    sort = sort_of(words[place])
    if sort is Sort.NUMBER and place == len(words) - 1 and len(words[place]) >= _CODE_DIGITS and not numbered:
        return Sort.CODE
    if called is not None and place < called and sort in {Sort.NAME, Sort.INITIAL}:
        return Sort.GIVEN
    return sort


def _of_one_school(school: Name, candidate: Name, left: Sequence[str], right: Sequence[str]) -> float:
    """A factor below 1 for each sign that the names are those of two schools."""
    factor = 1.0
    if school.levels and candidate.levels and not school.levels & candidate.levels:
        factor *= _OTHER_LEVEL
    if _any(right, Sort.PROGRAMME):
        factor *= _OTHER_PROGRAMME if "high" in school.levels else _MORE_PROGRAMME
    if _any(left, Sort.PROGRAMME):
        factor *= _MORE_PROGRAMME
    if (
        "high" in school.words
        and "high" not in candidate.words
        and not school.cut
        and len(candidate.text) < _IN_FULL
    ):
        factor *= _NOT_A_HIGH_SCHOOL
    if _any([*left, *right], Sort.DIRECTION):
        factor *= _OTHER_DIRECTION
    return factor


def _any(words: Iterable[str], sort: Sort) -> bool:
    return any(sort_of(word) is sort for word in words)
