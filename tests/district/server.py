"""The HTTP face of a district: token endpoint and rostering service."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from tests.district import query
from tests.district.district import TOKEN_PATH, District, SeenRequest
from tests.district.errors import Refusal, error_body, status_info
from tests.district.listing import Collection
from tests.district.wire import Payload, References

_REFUSED_ALWAYS = "demographics"


def application(district: District) -> web.Application:
    app = web.Application()
    server = _Server(district)
    if district.settings.auth == "oauth2":
        app.router.add_post(TOKEN_PATH, server.token)
    app.router.add_get(f"{district.base_path}/{{rest:.*}}", server.rostering)
    app.router.add_route("*", "/{rest:.*}", server.elsewhere)
    return app


class _Server:
    def __init__(self, district: District) -> None:
        self._district = district

    async def token(self, request: web.Request) -> web.Response:
        if self._district.behaviour.outage:
            return self._respond(request, "token", _error(self._district, _outage()))
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        reply = self._district.tokens.issue(request.headers.get("Authorization"), form)
        return self._respond(request, "token", _json(reply.status, reply.body, reply.headers))

    async def rostering(self, request: web.Request) -> web.Response:
        path = request.raw_path.partition("?")[0]
        name, _, sourced_id = path.removeprefix(f"{self._district.base_path}/").partition("/")
        endpoint = f"{name}/{{sourcedId}}" if sourced_id else name
        try:
            with self._district.lock:
                response = self._answer(request, name, unquote(sourced_id))
        except Refusal as refusal:
            response = _error(self._district, refusal)
        return self._respond(request, endpoint, response)

    async def elsewhere(self, request: web.Request) -> web.Response:
        """Another version's path, or a method that rostering does not have."""
        within = request.path.startswith(f"{self._district.base_path}/") or request.path == TOKEN_PATH
        status = HTTPStatus.METHOD_NOT_ALLOWED if within else HTTPStatus.NOT_FOUND
        if self._district.behaviour.outage:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return self._respond(request, request.path, web.Response(status=status, text=status.phrase))

    def _respond(self, request: web.Request, endpoint: str, response: web.Response) -> web.Response:
        self._district.saw(SeenRequest(endpoint, dict(request.query), response.status))
        return response

    def _answer(self, request: web.Request, name: str, sourced_id: str) -> web.Response:
        """Outage before credentials before permission before content, so that each is told from the others."""
        district = self._district
        if district.behaviour.outage:
            raise _outage()
        self._authenticate(request)
        if name == _REFUSED_ALWAYS or name in district.behaviour.refused:
            raise Refusal(HTTPStatus.FORBIDDEN, "forbidden", f"{name} is not shared with this application")
        collection = district.collections.get(name)
        if collection is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", "no such collection")
        refer = References(f"{request.scheme}://{request.host}{district.base_path}")
        if sourced_id:
            return self._one(collection, sourced_id, refer)
        return self._page(name, collection, request.query, refer)

    def _authenticate(self, request: web.Request) -> None:
        authorization = request.headers.get("Authorization")
        if self._district.settings.auth == "oauth2":
            self._district.tokens.check(authorization)
        else:
            url = f"{request.scheme}://{request.host}{request.raw_path}"
            self._district.signatures.check(request.method, url, authorization)

    def _one(self, collection: Collection, sourced_id: str, refer: References) -> web.Response:
        population = self._district.population
        for row in collection.rows(population):
            if row.sourced_id == sourced_id:
                return _json(HTTPStatus.OK, {collection.single: collection.show(row, refer, population)})
        raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", f"no {collection.single} has this sourcedId")

    def _page(
        self, name: str, collection: Collection, parameters: Mapping[str, str], refer: References
    ) -> web.Response:
        district = self._district
        asked = query.parse(parameters, collection.fields)
        rows = district.selections.rows(name, collection, asked)
        size = min(asked.limit, district.behaviour.page_maximum or asked.limit)
        page = rows[asked.offset : asked.offset + size]
        body: Payload = {collection.plural: [collection.show(row, refer, district.population) for row in page]}
        if asked.unknown_sort is not None and district.settings.version == "1.1":
            description = f"no field {asked.unknown_sort} to sort by"
            body["statusInfoSet"] = [status_info("1.1", "invalid_sort_field", description, warning=True)]
        return _json(HTTPStatus.OK, body, {"X-Total-Count": str(len(rows))})


def _outage() -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "server_busy", "down for maintenance")


def _error(district: District, refusal: Refusal) -> web.Response:
    return _json(refusal.status, error_body(district.settings.version, refusal), refusal.headers)


def _json(status: HTTPStatus, body: Payload, headers: Mapping[str, str] | None = None) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)
