"""What an answer other than 200 means, in words for the person who can mend it."""

import email.utils
from typing import Final

from yarl import URL

from oneroster_operator.oneroster.errors import Malformed, Refused, RefusedReason, Stage
from oneroster_operator.oneroster.exchange import Reply, place
from oneroster_operator.oneroster.status_info import reported_failure

CLOCKS_MAY_DIFFER: Final = 300.0
"""Seconds; what servers of OAuth 1 commonly allow a timestamp to be off."""
_NO_CLOCK: Final = 365 * 86400.0
"""A Date so far off comes from no clock."""

_ADVICE: Final[dict[int, tuple[RefusedReason, str]]] = {
    400: ("BadRequest", "does not accept the request (400): the district's provider should look at it."),
    403: (
        "Forbidden",
        "is forbidden to us (403): the district should share it, grant the roster scopes and admit our address.",
    ),
    404: (
        "NotFound",
        "is not there (404): check the address, and with the district that it shares and licenses this.",
    ),
}


def require_ok(reply: Reply, url: URL, name: str, stage: Stage) -> None:
    """Raise `Refused` (or `Malformed`) unless `reply` is a 200 that is not a web page.

    `name` is how a person calls the URL ("endpoint URL", "token URL"); 401 is the business of the authentication.
    """
    where = place(url)
    if reply.status == 200:
        if is_web_page(reply):
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
    if stage == "token" and reply.status in {404, 405}:
        message = (
            f"{where} is no token endpoint ({reply.status}): correct the token URL; where the district has none, "
            "its service may know OAuth 1 alone."
        )
        raise Refused("NotFound", message, stage)
    reason, advice = _ADVICE.get(
        reply.status,
        ("RequestRefused", f"refuses the request ({reply.status}): the district's provider should look at it."),
    )
    minor = reported_failure(reply.body)
    code = f" Its code minor is {minor}." if minor else ""
    raise Refused(reason, f"{where} {advice}{code}", stage)


def clock_skew(reply: Reply, now: float) -> str:
    """What to say after "the server refuses us (401), and" where its clock (its Date) and ours differ so much
    that it may be the cause; empty where they do not."""
    try:
        ahead = email.utils.parsedate_to_datetime(reply.headers.get("Date", "")).timestamp() - now
    except (ValueError, OverflowError):
        return ""
    if not CLOCKS_MAY_DIFFER < abs(ahead) < _NO_CLOCK:
        return ""
    minutes = round(abs(ahead) / 60)
    return (
        f"its clock is {minutes:,} minutes {'ahead of' if ahead > 0 else 'behind'} ours: the side whose clock is "
        "wrong should set it, the district's server or the cluster's nodes."
    )


def is_web_page(reply: Reply) -> bool:
    """Whether HTML (or XML) came in place of JSON, whatever its type is said to be."""
    return reply.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _target(reply: Reply, url: URL) -> str:
    """Host and port alone: sessions and tokens are in paths as often as in queries."""
    try:
        target = url.join(URL(reply.headers.get("Location", "")))
        host = f"{target.host}:{target.explicit_port}" if target.explicit_port else target.host
    except ValueError:
        return ""
    return f" to {host[:200]}" if host else ""
