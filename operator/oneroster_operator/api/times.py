"""Instants as Kubernetes writes them."""

import datetime as dt


def rfc3339(instant: dt.datetime) -> str:
    """The instant in UTC and whole seconds, as metav1.Time has it: 2026-11-24T07:13:00Z."""
    return instant.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def instant(text: str) -> dt.datetime:
    """The instant that `rfc3339` or the API server wrote."""
    return dt.datetime.fromisoformat(text)
