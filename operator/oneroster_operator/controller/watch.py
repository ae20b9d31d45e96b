"""Changes of the operator's children, seen by their metadata alone."""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import ClientError

from oneroster_operator.api import group
from oneroster_operator.controller.cluster import ApiError, Cluster

logger = logging.getLogger(__name__)

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 30.0


async def watch_children(
    cluster: Cluster,
    kind: str,
    namespace: str | None,
    changed: Callable[[str], None],
    missed: Callable[[], None],
) -> None:
    """Call `changed` with namespace/name of the connection whose child changed; runs until cancelled.

    `missed` is called where changes may have gone unseen, after a watch that could not go on where it ended.
    """
    delay = _FIRST_DELAY
    version = ""
    while True:
        try:
            if not version:
                version = await cluster.version_of(kind, namespace, group.CONNECTION_LABEL)
                missed()
            async for event in cluster.watch(kind, namespace, group.CONNECTION_LABEL, version):
                if event["type"] == "ERROR":
                    version = ""
                    break
                version = event["object"]["metadata"]["resourceVersion"]
                delay = _FIRST_DELAY
                if event["type"] != "BOOKMARK":
                    metadata = event["object"]["metadata"]
                    changed(f"{metadata['namespace']}/{metadata['labels'][group.CONNECTION_LABEL]}")
        except (ApiError, ClientError, OSError, TimeoutError, ValueError) as error:
            logger.warning(
                "watch of %ss ended: %s", kind, error if isinstance(error, ApiError) else type(error).__name__
            )
            version = ""
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
