"""Products as consumers meet them, each made of the switches of ``settings`` and ``quirks``.

Where no source says what a product does, it does here what the specification says.
"""

from dataclasses import replace

from tests.district import fields
from tests.district.settings import Login, Paging, Queries, Settings

PLAIN = Settings()
"""OneRoster 1.2 and nothing else."""

CLASSLINK = Settings(
    version="1.1",
    auth="oauth1",
    login=Login(signature_methods=frozenset({"HMAC-SHA1", "HMAC-SHA256"})),
    paging=Paging(maximum=10_000, count_header=True),
    queries=Queries(order_by="ignored"),
    permission_header=True,
    quirks=("everyone-private", "ids-underscored", "booleans-text", "blank-class-codes", "href-foreign"),
)
"""ClassLink Roster Server, asked directly, with "Unenrolled Users" shared (without: ``enrolled-users-only``).

Sources: developer.classlink.com/reference/{accessing-data,oneroster-api-request-limits}; support.classlink.com
360039037693; its own samples sign with HMAC-SHA256, the older .NET one with HMAC-SHA1.
Application ids and bearer tokens of its proxy are not simulated.
"""

INFINITE_CAMPUS = Settings(
    version="1.2",
    base_path="/campus/api/ims/oneroster/rostering/v1p2",
    token_path="/campus/oauth2/token",
    token_query="appName=learning-platform",
    paging=Paging(maximum=50_000),
    quirks=("current-year-only", "ids-numbers", "legacy-ids-in-metadata"),
)
"""Infinite Campus, OneRoster 1.2.

Sources: kb.infinitecampus.com/help/{guidelines-for-oneroster-api-consumers, oneroster-prerequisites,
oneroster---whats-new-in-12}.
"""

INFINITE_CAMPUS_1_1 = replace(
    INFINITE_CAMPUS,
    version="1.1",
    base_path="/campus/api/ims/oneroster/v1p1",
    quirks=("current-year-only", "enabled-accounts-only", "staff-as-administrators", "ids-prefixed"),
)
"""Infinite Campus, OneRoster 1.1: only people with an account; whoever does not teach is an administrator.

Sources: kb.infinitecampus.com/help/{oneroster-prerequisites, oneroster-11-data-models}.
"""

AERIES = Settings(
    version="1.1",
    base_path="/aeries/ims/oneroster/v1p1",
    token_path="/aeries/token",
    token_seconds=21_600,
    login=Login(scope="required", sticky_cookie=True),
    quirks=(
        "enrolled-students-only",
        "ids-zero-district",
        "null-texts",
        "null-references",
        "blank-elementary-titles",
        "href-relative",
        "single-org-as-school",
    ),
)
"""Aeries.

Sources: support.aeries.com 14000065677, 14000065667, 14000065678, 14000085077, 14000067156; Moodle's
``services/aeries.php`` for the single school's key.
"""

POWERSCHOOL = Settings(
    version="1.1",
    base_path="/ws/v1p1/ims/oneroster/v1p1",
    token_path="/oauth/access_token",
    login=Login(client="basic"),
    paging=Paging(maximum=100),
)
"""PowerSchool SIS: a low page maximum until the plugin's setting is raised.

Sources: support.classlink.com 360007232513; community.canvaslms.com ta-p/425643 (also for the path).
"""

SKYWARD = Settings(
    version="1.2",
    base_path="/ims/oneroster/v1p2",
    token_path="/OAuth/Token",
    paging=Paging(maximum=1000),
    queries=Queries(filter="refused"),
    quirks=("extension-roles",),
)
"""Skyward Qmlativ: a path without ``rostering``, extensions and filters that vary; this one refuses all filters.

Source: Tools4ever-NIM/NIM-System-REST-Skyward-OneRoster-v1.2.
"""

SYNERGY = Settings(
    version="1.1",
    token_path="/api/oauth2/token",
    login=Login(client="body", scope="refused", reply_lacks=frozenset({"scope", "expires_in"})),
)
"""Edupoint Synergy: id and secret in the body, and scoped requests for a token refused by some districts.

Sources: TCI's client (``client.rb``, ``connection.rb``); ed.link/docs/providers/synergy.
"""

EDFI = Settings(
    version="1.2",
    base_path="/tenant-1/2027/ims/oneroster/rostering/v1p2",
    token_path="/tenant-1/2027/oauth/token",
    paging=Paging(maximum=500, total="absent"),
    queries=Queries(
        filter_fields={
            "orgs": frozenset({"sourcedId", "status", "dateLastModified", "name", "type", "identifier"}),
            "users": frozenset({"sourcedId", "status", "dateLastModified", "roles.role", "email", "identifier"}),
            "enrollments": fields.ENROLLMENTS,
        }
    ),
    errors="plain-string",
    quirks=("one-user-per-school", "without-tombstones", "ids-hashed", "blank-usernames"),
)
"""Ed-Fi's OneRoster service: a tenant and a school year in the path, pages of 500 at most, no totals, no links.

Source: Ed-Fi-Alliance's OneRoster repository (``MAX_PAGE_SIZE``, ``authorizationHandler.js``, ``seedData``). Which
fields its filters take is not copied: the lists here are like it in kind.
"""

PROFILES: dict[str, Settings] = {
    "plain": PLAIN,
    "classlink": CLASSLINK,
    "infinite-campus": INFINITE_CAMPUS,
    "infinite-campus-1.1": INFINITE_CAMPUS_1_1,
    "aeries": AERIES,
    "powerschool": POWERSCHOOL,
    "skyward": SKYWARD,
    "synergy": SYNERGY,
    "edfi": EDFI,
}
