"""The HTTP face of a district: token endpoint and rostering service."""

from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from tests.district import faults, roster
from tests.district.behaviour import Where
from tests.district.district import District, SeenRequest
from tests.district.errors import Refusal, styled_body
from tests.district.oauth2 import NODE_COOKIE
from tests.district.replies import Reply


def application(district: District) -> web.Application:
    app = web.Application()
    server = _Server(district)
    if district.settings.auth == "oauth2":
        app.router.add_post(district.settings.token_path, server.token)
    app.router.add_get(f"{district.base_path}/{{rest:.*}}", server.rostering)
    app.router.add_route("*", "/{rest:.*}", server.elsewhere)
    return app


class _Server:
    def __init__(self, district: District) -> None:
        self._district = district

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            fault = self._meets("token", request)
            authorization = request.headers.get("Authorization")
            reply = fault or self._district.tokens.issue(authorization, form, request.raw_path.partition("?")[2])
        except Refusal as refusal:
            reply = self._refused(refusal)
        await faults.slow_down(self._district)
        return self._respond(request, "token", reply)

    async def rostering(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        name, _, sourced_id = path.removeprefix(f"{self._district.base_path}/").partition("/")
        endpoint = f"{name}/{{sourcedId}}" if sourced_id else name
        try:
            with self._district.lock:
                fault = self._meets("roster", request)
                reply = fault or self._answer(request, name, unquote(sourced_id))
        except Refusal as refusal:
            reply = self._refused(refusal)
        await faults.slow_down(self._district)
        response = self._respond(request, endpoint, reply)
        if self._district.behaviour.cuts:
            self._district.behaviour.cuts -= 1
            return await faults.cut(request, response)
        return response

    async def elsewhere(self, request: web.Request) -> web.StreamResponse:
        """Another version's path, or a method that rostering does not have."""
        district = self._district
        within = request.path.startswith(f"{district.base_path}/") or request.path == district.settings.token_path
        status = HTTPStatus.METHOD_NOT_ALLOWED if within else HTTPStatus.NOT_FOUND
        if district.behaviour.outage:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return self._respond(request, request.path, Reply(status, status.phrase, content_type="text/plain"))

    def _meets(self, where: Where, request: web.Request) -> Reply | None:
        return faults.meets(self._district, where, request.raw_path)

    def _answer(self, request: web.Request, name: str, sourced_id: str) -> Reply:
        """Faults before credentials before permission before content, so that each is told from the others."""
        origin = f"{request.scheme}://{request.host}"
        url = origin + request.raw_path
        authorization = request.headers.get("Authorization")
        if self._district.settings.auth == "oauth2":
            self._district.tokens.check(authorization, request.cookies.get(NODE_COOKIE))
        else:
            self._district.signatures.check(request.method, url, authorization)
        return roster.answer(self._district, roster.Asked(name, sourced_id, origin, url, dict(request.query)))

    def _refused(self, refusal: Refusal) -> Reply:
        settings = self._district.settings
        content = styled_body(settings.errors, settings.version, refusal)
        kind = "text/plain" if isinstance(content, str) else "application/json"
        return Reply(refusal.status, content, refusal.headers, content_type=kind)

    def _respond(self, request: web.Request, endpoint: str, reply: Reply) -> web.Response:
        district = self._district
        district.saw(SeenRequest(endpoint, dict(request.query), reply.status))
        headers = reply.headers | {"Date": format_datetime(district.clock(), usegmt=True)}
        if district.settings.permission_header:
            headers["x-perm-rev"] = str(district.behaviour.permission_revision)
        response = web.Response(status=reply.status, body=reply.body, headers=headers)
        response.content_type = reply.content_type
        response.charset = "utf-8"
        for name, value in reply.cookies.items():
            response.set_cookie(name, value)
        return response
