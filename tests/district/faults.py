"""What a request meets instead of its answer, or on the answer's way, as a district's ``behaviour`` has it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp import web

from tests.district.behaviour import Where
from tests.district.district import District
from tests.district.errors import Refusal
from tests.district.replies import Reply
from tests.district.settings import RateLimit

_LOGIN_PAGE = (
    "<!DOCTYPE html><title>Sign in</title><form method=post><input name=user><input name=password></form>"
)


def meets(district: District, where: Where, raw_path: str) -> Reply | None:
    """A fault that needs no look at the request's credentials; None where there is none. Raises Refusal."""
    behaviour = district.behaviour
    if behaviour.outage:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "server_busy", "down for maintenance")
    if behaviour.redirect is not None:
        return Reply(HTTPStatus.FOUND, "", {"Location": behaviour.redirect + raw_path}, content_type="text/html")
    if behaviour.login_page in (where, "everywhere"):
        return Reply(HTTPStatus.OK, _LOGIN_PAGE, content_type="text/html")
    _fail(district, where)
    if where == "roster":
        _limit_rate(district)
    return None


def _fail(district: District, where: Where) -> None:
    failure = district.behaviour.failure
    if failure is None or failure.where not in (where, "everywhere"):
        return
    left = replace(failure, times=failure.times - 1)
    district.behaviour.failure = left if left.times else None
    raise Refusal(failure.status, "internal_server_error", "something went wrong here")


def _limit_rate(district: District) -> None:
    behaviour = district.behaviour
    if behaviour.rate_limit is None:
        return
    if behaviour.requests_since_429 < behaviour.rate_limit.requests:
        behaviour.requests_since_429 += 1
        return
    behaviour.requests_since_429 = 0
    headers = {"Retry-After": _retry_after(district, behaviour.rate_limit)}
    raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "server_busy", "too many requests", headers)


def _retry_after(district: District, limit: RateLimit) -> str:
    if limit.form == "seconds":
        return str(limit.retry_after)
    return format_datetime(district.clock() + timedelta(seconds=limit.retry_after), usegmt=True)


async def slow_down(district: District) -> None:
    if district.behaviour.slow_seconds:
        await asyncio.sleep(district.behaviour.slow_seconds)


async def cut(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Sends the head and half of the body, and closes the connection."""
    body = response.body
    assert isinstance(body, bytes)
    begun = web.StreamResponse(status=response.status, headers=response.headers)
    begun.content_length = len(body)
    await begun.prepare(request)
    await begun.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return begun
