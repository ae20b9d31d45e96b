"""The Kubernetes API, as far as the operator uses it: a few verbs on plain manifests."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

from aiohttp import ClientError
from kubernetes.aio.client import ApiClient, ApiException
from kubernetes.aio.config import load_config

from oneroster_operator.api import group

Manifest = dict[str, Any]

_PATHS = {
    "ConfigMap": ("/api/v1", "configmaps"),
    "Secret": ("/api/v1", "secrets"),
    "Pod": ("/api/v1", "pods"),
    "Event": ("/api/v1", "events"),
    "Namespace": ("/api/v1", "namespaces"),
    "CronJob": ("/apis/batch/v1", "cronjobs"),
    "Job": ("/apis/batch/v1", "jobs"),
    group.KIND: (f"/apis/{group.API_VERSION}", group.PLURAL),
}
_METADATA_ONLY = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1,application/json"
_SECONDS = 30


class ApiError(Exception):
    """The API server refused a request, or was not to be had (`status` 0). The message says what it said."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Cluster:
    """One API server and one field manager."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    async def connect(cls) -> Self:
        """By the kubeconfig at hand, or from within a pod by its service account."""
        await load_config()  # type: ignore[no-untyped-call]
        return cls(ApiClient())

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()  # type: ignore[no-untyped-call]

    async def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """The object, or None where there is none."""
        try:
            return await self._request("GET", _path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def uid(self) -> str:
        """What tells this cluster from others: the uid of its namespace kube-system, which lives as long as it."""
        manifest = await self._request("GET", _path("Namespace", None, "kube-system"))
        uid: str = manifest["metadata"]["uid"]
        return uid

    async def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, metadata_only: bool = False
    ) -> list[Manifest]:
        """All objects of the namespace with these labels."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        accept = _METADATA_ONLY.format(list="List") if metadata_only else "application/json"
        answer = await self._request(
            "GET", _path(kind, namespace), query={"labelSelector": selector}, accept=accept
        )
        items: list[Manifest] = answer["items"] or []
        return items

    async def apply(self, manifest: Manifest) -> Manifest:
        """Server-side apply: what the manifest says is ours, whoever wrote it before."""
        metadata = manifest["metadata"]
        return await self._request(
            "PATCH",
            _path(manifest["kind"], metadata["namespace"], metadata["name"]),
            query={"fieldManager": group.FIELD_MANAGER, "force": "true"},
            body=manifest,
            content_type="application/apply-patch+yaml",
        )

    async def create(self, manifest: Manifest) -> None:
        """Create the object; one of the same name that is there already stays as it is."""
        try:
            await self._request(
                "POST",
                _path(manifest["kind"], manifest["metadata"]["namespace"]),
                query={"fieldManager": group.FIELD_MANAGER},
                body=manifest,
            )
        except ApiError as error:
            if error.status != 409:
                raise

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete the object and what it owns; one that is gone already is fine."""
        try:
            await self._request("DELETE", _path(kind, namespace, name), query={"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != 404:
                raise

    async def put_status(self, namespace: str, name: str, uid: str, status: Manifest) -> None:
        """Replace the connection's status, if it is still the object with this uid and not gone."""
        patch = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": "/status", "value": status},
        ]
        try:
            await self._request(
                "PATCH",
                f"{_path(group.KIND, namespace, name)}/status",
                query={"fieldManager": group.FIELD_MANAGER},
                body=patch,
                content_type="application/json-patch+json",
            )
        except ApiError as error:
            if error.status != 404:
                raise

    async def watch(self, kind: str, namespace: str | None, labels: str, version: str) -> AsyncIterator[Manifest]:
        """Metadata of what changes after the resource version, until the server ends the watch."""
        response = await self._send(
            "GET",
            _path(kind, namespace),
            query={
                "labelSelector": labels,
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": version,
                "timeoutSeconds": "300",
            },
            accept=_METADATA_ONLY.format(list=""),
            seconds=330,
        )
        async with response:
            async for line in response.content:
                yield json.loads(line)

    async def version_of(self, kind: str, namespace: str | None, labels: str) -> str:
        """The resource version from which a watch goes on."""
        answer = await self._request(
            "GET",
            _path(kind, namespace),
            query={"labelSelector": labels, "limit": "1"},
            accept=_METADATA_ONLY.format(list="List"),
        )
        version: str = answer["metadata"]["resourceVersion"]
        return version

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Manifest:
        response = await self._send(method, path, query=query, body=body, content_type=content_type, accept=accept)
        try:
            async with response:
                answer: Manifest = json.loads(await response.read())
        except (ClientError, OSError, TimeoutError) as error:
            raise ApiError(0, f"the API server broke off: {type(error).__name__}") from None
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        seconds: int = _SECONDS,
    ) -> Any:
        """The response, its body unread. Raises `ApiError`."""
        request = await self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": accept, "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = await self._client.call_api(*request, _request_timeout=seconds)
        except ApiException as error:
            raise ApiError(error.status or 0, str(error.reason)) from None
        except (ClientError, OSError, TimeoutError) as error:
            raise ApiError(0, f"the API server did not answer: {type(error).__name__}") from None
        if not 200 <= answer.status <= 299:
            raise ApiError(answer.status, _said(await answer.response.read()))
        return answer.response


def _said(body: bytes) -> str:
    """The message of a metav1.Status."""
    try:
        return str(json.loads(body).get("message", ""))
    except ValueError:
        return "the API server answered with something else than a Status"


def _path(kind: str, namespace: str | None, name: str | None = None) -> str:
    root, plural = _PATHS[kind]
    where = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{where}/{plural}{f'/{name}' if name else ''}"
