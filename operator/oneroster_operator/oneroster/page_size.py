"""How many rows to ask for: fewer where a page is too heavy for a server, more again where it was only tired."""

from typing import Final

LEAST_LIMIT: Final = 25
"""Pages are not halved below this."""
REST: Final = 10
"""After so many pages that passed a larger one is tried again."""


class PageSize:
    """Rows a page. A size that was too heavy twice is not tried a third time."""

    def __init__(self, wanted: int) -> None:
        self.now = wanted
        self._most = wanted
        self._heavy: set[int] = set()
        self._passed = 0

    def halve(self) -> None:
        """A page of this size did not come."""
        smaller = max(LEAST_LIMIT, self.now // 2)
        if self.now in self._heavy:
            self._most = smaller
        self._heavy.add(self.now)
        self.now = smaller
        self._passed = 0

    def passed(self) -> None:
        """A page came."""
        self._passed += 1
        if self._passed >= REST and self.now < self._most:
            self.now = min(self._most, self.now * 2)
            self._passed = 0
