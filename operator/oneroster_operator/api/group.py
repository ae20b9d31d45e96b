"""Names under which the operator is known to Kubernetes: group, labels, annotations."""

GROUP = "oneroster.masteryprep.com"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "OneRosterConnection"
PLURAL = "onerosterconnections"
SINGULAR = "onerosterconnection"
SHORT_NAME = "orc"
API_CATEGORY = "oneroster"

FIELD_MANAGER = "oneroster-operator"
"""The one field manager of everything that the operator applies server-side."""

CREDENTIALS_LABEL = f"{GROUP}/credentials"
"""On a Secret, "true": its owner allows the operator to read it."""

CONNECTION_LABEL = f"{GROUP}/connection"
"""On a child: the name of the connection that it belongs to."""

CATEGORY_LABEL = f"{GROUP}/category"
"""On a CronJob and its Jobs: the one category that they sync."""

PURPOSE_LABEL = f"{GROUP}/purpose"
"""On a child: what it is for, one of `schedule`, `request`, `approve`, `preview`, `plan`."""

DIGEST_ANNOTATION = f"{GROUP}/digest"
"""On a child: a hash of what the operator wants it to be, so that a second pass writes nothing."""

NOT_BEFORE_ANNOTATION = f"{GROUP}/not-before"
"""On a CronJob: a slot older than this instant does not run."""

TOKEN_ANNOTATION = f"{GROUP}/token"
"""On the Job of a request or preview: what asked for it."""

TEST_REQUESTED_ANNOTATION = f"{GROUP}/test-requested-at"
SYNC_REQUESTED_ANNOTATION = f"{GROUP}/sync-requested-at"
PREVIEW_REQUESTED_ANNOTATION = f"{GROUP}/preview-requested-at"
APPROVE_ANNOTATION = f"{GROUP}/approve"
DISCARD_ANNOTATION = f"{GROUP}/discard"
"""Fingerprints of holds, with commas between them."""
