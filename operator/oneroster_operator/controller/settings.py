"""What the installation decides; the chart sets it in the Deployment's environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from oneroster_operator.oneroster.addresses import Networks


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
    allowed_networks: Networks = ()
    """Private, link-local and loopback networks that districts may be in; sorted, so that only a change counts."""
    cluster: str = ""
    """uid of the cluster, by which the platform tells connections of the same name apart; known once connected."""
    workers: int = 8
    """Connections that are reconciled at the same time."""


class SettingInvalid(Exception):
    """The environment lacks something that the chart sets, or has a value that cannot be used."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings in the environment; raises `SettingInvalid`."""
    image = environment.get("SYNC_IMAGE")
    if not image:
        raise SettingInvalid("SYNC_IMAGE is not set: it names the image of the sync pods; the chart sets it")
    defaults = Settings(image=image)
    return Settings(
        image=image,
        image_pull_policy=environment.get("SYNC_IMAGE_PULL_POLICY") or defaults.image_pull_policy,
        support=environment.get("SUPPORT_CONTACT") or defaults.support,
        memory_limit=environment.get("SYNC_MEMORY_LIMIT") or defaults.memory_limit,
        cpu_request=environment.get("SYNC_CPU_REQUEST") or defaults.cpu_request,
        namespaces=tuple(n for n in environment.get("WATCH_NAMESPACES", "").split(",") if n),
        allowed_networks=_networks(environment.get("ALLOWED_NETWORKS", "")),
        workers=int(environment.get("WORKERS") or defaults.workers),
    )


def _networks(text: str) -> Networks:
    try:
        networks = {ip_network(part.strip()) for part in text.split(",") if part.strip()}
    except ValueError as error:
        raise SettingInvalid(
            f"ALLOWED_NETWORKS has a value that is no network: {error}. Correct the chart's allowedNetworks; an "
            "entry is a CIDR such as 10.96.0.0/16"
        ) from None
    return tuple(sorted(networks, key=lambda network: (network.version, network)))
