"""One simulated district: its population, its set-up, its credentials, and a record of what it was asked."""

import secrets
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from tests.district.behaviour import Behaviour
from tests.district.listing import collections
from tests.district.oauth1 import Signatures
from tests.district.oauth2 import Tokens
from tests.district.payloads_v1p1 import BASE_PATH as BASE_PATH_1_1
from tests.district.payloads_v1p2 import BASE_PATH as BASE_PATH_1_2
from tests.district.population import Population
from tests.district.quirks import viewed
from tests.district.records import CANARY
from tests.district.selection import Selections
from tests.district.settings import Settings

TOKEN_PATH = Settings().token_path
"""Where the token endpoint is unless the settings say otherwise."""
_REMEMBERED_REQUESTS = 50_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """``endpoint``: ``users``, ``users/{sourcedId}``, ``token``, or the whole path of what is neither."""

    endpoint: str
    query: dict[str, str]
    status: int


class District:
    """``lock`` is held by whoever reads or changes the population: controls may come from another thread."""

    def __init__(
        self,
        population: Population,
        settings: Settings,
        client_secret: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.population = population
        self.settings = settings
        self.behaviour = Behaviour.of(settings)
        self.client_secret = client_secret or new_secret()
        self._true_clock = clock
        self.lock = threading.RLock()
        self.base_path = settings.base_path or (BASE_PATH_1_1 if settings.version == "1.1" else BASE_PATH_1_2)
        self.collections = collections(settings.version)
        shuffle = Random(population.origin.seed) if settings.paging.reshuffled else None
        self.selections = Selections(settings.queries, shuffle=shuffle)
        self.tokens = Tokens(settings, self.client_secret, self.clock)
        methods = settings.login.signature_methods
        self.signatures = Signatures(settings.client_id, self.client_secret, self.clock, methods)
        self._shown: tuple[int, Population] | None = None
        self.requests: deque[SeenRequest] = deque(maxlen=_REMEMBERED_REQUESTS)
        self.counts: Counter[str] = Counter()

    def clock(self) -> datetime:
        """The time by the server's own clock, wrong by what the settings say."""
        return self._true_clock() + self.settings.clock_offset

    @property
    def shown(self) -> Population:
        """The population as this server lists it, which is what a consumer should come to hold."""
        revision = self.population.revision
        if self._shown is None or self._shown[0] != revision:
            self._shown = revision, viewed(self.settings.quirks, self.population)
        return self._shown[1]

    def rotate(self, client_secret: str) -> None:
        """Takes a new secret; tokens that the old one obtained are worth nothing any more."""
        self.client_secret = client_secret
        self.tokens.rotate(client_secret)
        self.signatures.rotate(client_secret)

    def require(self, collection: str) -> None:
        """Raises LookupError unless the version has such a collection."""
        if collection not in self.collections:
            msg = f"no collection {collection}; there are {', '.join(self.collections)}"
            raise LookupError(msg)

    def saw(self, request: SeenRequest) -> None:
        self.requests.append(request)
        self.counts[request.endpoint] += 1


def new_secret() -> str:
    return f"{CANARY}-secret-{secrets.token_urlsafe(18)}"
