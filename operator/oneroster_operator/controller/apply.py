"""Carry out a decision: only what differs is written."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from oneroster_operator.api.status import ConnectionStatus
from oneroster_operator.controller.cluster import Cluster, Manifest
from oneroster_operator.controller.decide import Decision
from oneroster_operator.controller.observed import Observed

_AMOUNTS = frozenset({"requests", "limits"})


async def apply_children(cluster: Cluster, observed: Observed, decision: Decision) -> None:
    """Plans before the CronJobs and Jobs that name them; deletions last. Raises `ApiError`."""
    live = {c.name: c.manifest for c in observed.cron_jobs if c.owned}
    for manifest in decision.apply:
        found = live.get(manifest["metadata"]["name"]) if manifest["kind"] == "CronJob" else None
        if found is None or not covers(found, manifest):
            await cluster.apply(manifest)
    for manifest in decision.create:
        await cluster.create(manifest)
    for kind, name in decision.delete:
        await cluster.delete(kind, observed.connection.namespace, name)


def covers(live: Any, wanted: Any) -> bool:
    """Whether the live object has everything that the wanted one says; the server adds defaults of its own.

    Lists must be of the same length, so that an item that somebody added is seen; owner references and other
    lists keep the order in which they were applied.
    """
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            key in live and (_same_amounts if key in _AMOUNTS else covers)(live[key], value)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(live) == len(wanted)
            and all(covers(a, b) for a, b in zip(live, wanted, strict=True))
        )
    return bool(live == wanted)


def _same_amounts(live: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """The server keeps quantities in its own spelling: 1024Mi as 1Gi, 0.1 as 100m."""
    return all(key in live and _amount(live[key]) == _amount(value) for key, value in wanted.items())


def _amount(quantity: str) -> Decimal:
    amount: Decimal = parse_quantity(quantity)  # type: ignore[no-untyped-call]
    return amount


def as_written(status: ConnectionStatus) -> Manifest:
    """The status as it stands in the object: what is empty is left out, a count of nothing is not."""
    written = _filled(status.model_dump(mode="json", by_alias=True, exclude_none=True))
    return written if isinstance(written, dict) else {}


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        parts = {key: _filled(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in ("", [], {})}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value
