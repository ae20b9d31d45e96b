"""What the platform should hold, in dictionaries: the rules of design and issue once more, without SQL or JSON."""

from tests.sync.model.platform import Order, Platform, Told

__all__ = ["Order", "Platform", "Told"]
