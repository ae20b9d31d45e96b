"""What an answer other than 200 means, in words for the person who can mend it."""

import httpx

from oneroster_operator.oneroster.errors import Malformed, Refused, RefusedReason, Stage
from oneroster_operator.oneroster.exchange import Reply, place

_ADVICE: dict[int, tuple[RefusedReason, str]] = {
    400: ("BadRequest", "does not accept the request (400): the district's provider should look at it."),
    403: (
        "Forbidden",
        "is forbidden to us (403): the district should share it, grant the roster scopes and admit our address.",
    ),
    404: (
        "NotFound",
        "is not there (404): check the path, and with the district that its OneRoster service is on.",
    ),
}


def require_ok(reply: Reply, url: httpx.URL, name: str, stage: Stage) -> None:
    """Raise `Refused` (or `Malformed`) unless `reply` is a 200 that is not a web page.

    `name` is how a person calls the URL ("endpoint URL", "token URL"); 401 is the business of the authentication.
    """
    where = place(url)
    if reply.status == 200:
        if _is_web_page(reply):
            message = f"{where} sends a web page in place of JSON: correct the {name}, it may be a login page's."
            raise Refused("NotJSON", message, stage)
        return
    if 300 <= reply.status < 400:
        message = f"{where} redirects{_target(reply, url)}, and we follow no redirects: correct the {name}."
        raise Refused("Redirected", message, stage)
    if reply.status < 300:
        raise Malformed("UnexpectedShape", f"{where} answers {reply.status}, where only 200 can bring data.")
    if reply.status == 403 and "insufficient_scope" in reply.headers.get("WWW-Authenticate", ""):
        message = (
            f"{where} wants a scope that we were not granted (403): the district should grant the roster scopes."
        )
        raise Refused("InsufficientScope", message, stage)
    reason, advice = _ADVICE.get(
        reply.status,
        ("RequestRefused", f"refuses the request ({reply.status}): the district's provider should look at it."),
    )
    raise Refused(reason, f"{where} {advice}", stage)


def _is_web_page(reply: Reply) -> bool:
    return reply.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _target(reply: Reply, url: httpx.URL) -> str:
    """Host and port alone: sessions and tokens are in paths as often as in queries."""
    try:
        host = url.join(reply.headers.get("Location", "")).netloc.decode("ascii")
    except (httpx.InvalidURL, UnicodeDecodeError):
        return ""
    return f" to {host[:200]}" if host else ""
