"""What kopf is told to watch: every event only puts keys on the queue."""

from typing import Any

import kopf

from oneroster_operator.api import group
from oneroster_operator.controller.operator import DefinitionMissing, Operator


def register(registry: kopf.OperatorRegistry, operator: Operator) -> None:
    """Declare the handlers of this operator."""

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings)
        try:
            await operator.start()
        except DefinitionMissing as error:
            raise kopf.PermanentError(str(error)) from None

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        await operator.stop()

    @kopf.on.probe(id="tasks", registry=registry, errors=kopf.ErrorsMode.PERMANENT)
    async def tasks(**_: Any) -> str:
        if not operator.alive():
            raise kopf.PermanentError("a task of the operator has ended")
        return "running"

    @kopf.on.event(group.GROUP, group.VERSION, group.PLURAL, registry=registry)
    async def connection(
        event: kopf.RawEvent, namespace: str | None, name: str | None, spec: kopf.Spec, **_: Any
    ) -> None:
        key = f"{namespace}/{name}"
        if event["type"] == "DELETED":
            operator.connection_deleted(key)
            return
        names = {
            spec.get("auth", {}).get("secretRef", {}).get("name", ""),
            spec.get("platformRef", {}).get("name", ""),
        }
        operator.connection_changed(key, {f"{namespace}/{secret}" for secret in names})

    @kopf.on.event("v1", "secrets", labels={group.CREDENTIALS_LABEL: "true"}, registry=registry)
    async def secret(namespace: str | None, name: str | None, **_: Any) -> None:
        operator.secret_changed(f"{namespace}/{name}")


def configure(settings: kopf.OperatorSettings) -> None:
    """Kopf without marks on the objects, and only our Secrets in memory."""
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.persistence.finalizer = f"{group.GROUP}/finalizer"
    settings.watching.chunk_size = 500
    settings.watching.label_selectors["v1", "secrets"] = f"{group.CREDENTIALS_LABEL}=true"
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 10
