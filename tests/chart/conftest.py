"""The API server with this tree's definition, as the tests of the API have it."""

from tests.api.conftest import api, definition

__all__ = ["api", "definition"]
