"""One simulated district: its population, its set-up, its credentials, and a record of what it was asked."""

import secrets
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.district.listing import collections
from tests.district.oauth1 import Signatures
from tests.district.oauth2 import Tokens
from tests.district.payloads_v1p1 import BASE_PATH as BASE_PATH_1_1
from tests.district.payloads_v1p2 import BASE_PATH as BASE_PATH_1_2
from tests.district.population import Population
from tests.district.records import CANARY
from tests.district.selection import Selections
from tests.district.settings import Behaviour, Settings

TOKEN_PATH = "/oauth/token"
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
        self.behaviour = Behaviour()
        self.client_secret = client_secret or new_secret()
        self.clock = clock
        self.lock = threading.RLock()
        self.base_path = BASE_PATH_1_1 if settings.version == "1.1" else BASE_PATH_1_2
        self.collections = collections(settings.version)
        self.selections = Selections(population)
        self.tokens = Tokens(settings, self.client_secret, clock)
        self.signatures = Signatures(settings.client_id, self.client_secret, clock)
        self.requests: deque[SeenRequest] = deque(maxlen=_REMEMBERED_REQUESTS)
        self.counts: Counter[str] = Counter()

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
