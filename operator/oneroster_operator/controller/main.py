"""The operator's process."""

import logging
import os
import sys

import kopf

from oneroster_operator.api import group
from oneroster_operator.controller.handlers import register
from oneroster_operator.controller.operator import Operator
from oneroster_operator.controller.settings import SettingInvalid, from_environment

LIVENESS = "http://0.0.0.0:8080/healthz"


def main() -> None:
    """Run until told to stop. Everything is set by the environment; see `Settings`."""
    try:
        settings = from_environment(os.environ)
    except SettingInvalid as error:
        sys.exit(f"oneroster-operator: {error}")
    registry = kopf.OperatorRegistry()
    register(registry, Operator(settings))
    kopf.configure(verbose=False)
    for chatty in ("kopf.objects", "kopf.activities.probe", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    kopf.run(
        registry=registry,
        standalone=True,
        # Otherwise kopf asks for the user's name, and the pod's user has none.
        identity=group.FIELD_MANAGER,  # type: ignore[arg-type]
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        liveness_endpoint=LIVENESS,
    )
