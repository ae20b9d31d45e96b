"""Texts that have a form: what the API server takes, and the sentence with which it refuses the rest."""

from typing import Annotated, Any

from pydantic import Field

from oneroster_operator.api.schema import matching, rules


def https_url(example: str, *further: tuple[str, str]) -> dict[str, Any]:
    """The rules of an https URL, for `json_schema_extra`; `further` are rules of this one."""
    return rules(
        (
            "self.startsWith('https://') && isURL(self) && url(self).getHostname() != '' && !self.contains(' ')",
            f"must be an https URL, such as {example}",
        ),
        (
            "!isURL(self) || url(self).getPort() == '' || int(url(self).getPort()) <= 65535",
            "must have a port of at most 65535, or none, which is 443",
        ),
        *further,
    )


SecretName = Annotated[
    str,
    matching(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "must be the name of a Secret: lower-case letters, digits, - and ., such as springfield-oneroster",
        max_length=253,
    ),
]


Scope = Annotated[
    str,
    matching(
        r"^[!#-\[\]-~]+$",
        "must be one scope, without spaces, quotes or backslashes; each scope is an item of its own",
        max_length=256,
    ),
]
"""A scope-token of RFC 6749, section 3.3."""


TimeOfDay = Annotated[
    str,
    matching(
        r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        'must be HH:MM from "00:00" to "23:59", in quotes, such as "01:30"',
        max_length=5,
    ),
]


def _cron_field(value: str) -> str:
    item = rf"(\*|{value}(-{value})?)(/[1-9][0-9]?)?"
    return f"{item}(,{item})*"


_CRON = " ".join(
    (
        _cron_field("[0-5]?[0-9]"),
        _cron_field("([01]?[0-9]|2[0-3])"),
        _cron_field("(0?[1-9]|[12][0-9]|3[01])"),
        _cron_field("(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"),
        _cron_field("([0-6]|sun|mon|tue|wed|thu|fri|sat)"),
    )
)

Cron = Annotated[
    str,
    matching(
        f"^(?i:{_CRON})$",
        "must be the five fields minute, hour, day of month, month, day of week (0 to 6, 0 is Sunday), such as "
        '"15 2 * * *"; the time zone belongs in schedule.timeZone',
        max_length=100,
    ),
]
"""What Kubernetes' CronJob takes, without its extensions (`@daily`, `TZ=`, `?`)."""


TimeZone = Annotated[
    str,
    Field(
        max_length=64,
        json_schema_extra=rules(
            (
                # getHours fails for a zone that the API server does not know. It takes "", "Local" and "-06:00",
                # which a CronJob does not.
                (
                    "!(self in ['', 'Local']) && !self.contains(':') && "
                    "timestamp('2000-01-01T00:00:00Z').getHours(self) >= 0"
                ),
                "must be the IANA name of a time zone, such as America/Chicago",
            )
        ),
    ),
]
