"""What the installation decides; the chart sets it in the Deployment's environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The same for every connection of this operator."""

    image: str
    """Of the sync pods; the operator's own."""
    image_pull_policy: str = "IfNotPresent"
    support: str = "the platform's support"
    """Where to turn with what the platform does not have, as it stands in a message."""
    memory_limit: str = "256Mi"
    cpu_request: str = "100m"
    namespaces: tuple[str, ...] = ()
    """Watched namespaces; none means all."""
    workers: int = 8
    """Connections that are reconciled at the same time."""


class SettingMissing(Exception):
    """The environment lacks something that the chart sets."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings in the environment; raises `SettingMissing`."""
    image = environment.get("SYNC_IMAGE")
    if not image:
        raise SettingMissing("SYNC_IMAGE is not set: it names the image of the sync pods; the chart sets it")
    defaults = Settings(image=image)
    return Settings(
        image=image,
        image_pull_policy=environment.get("SYNC_IMAGE_PULL_POLICY") or defaults.image_pull_policy,
        support=environment.get("SUPPORT_CONTACT") or defaults.support,
        memory_limit=environment.get("SYNC_MEMORY_LIMIT") or defaults.memory_limit,
        cpu_request=environment.get("SYNC_CPU_REQUEST") or defaults.cpu_request,
        namespaces=tuple(n for n in environment.get("WATCH_NAMESPACES", "").split(",") if n),
        workers=int(environment.get("WORKERS") or defaults.workers),
    )
